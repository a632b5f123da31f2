"""Figures of one tag type with their confidence intervals, from what was answered and what is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.tags.answers import Answers
from triage.tags.calibrate import Floats
from triage.tags.intervals import Resampler, as_json, percentile, share

BINS = 15
"""Bins of equal mass for the calibration error and the calibration plot."""
LEAST = 1e-6
"""Least probability in the log loss."""
STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)
"""Shares of rows, the most confident first, at which the coverage curve is given."""
_NULL_DRAWS = 200

Bools = NDArray[np.bool_]


class Columns(NamedTuple):
    """Columns of sums by name: each row's contribution. Every figure is made of sums, so that a draw is a weighted sum."""

    values: Floats
    at: dict[str, slice]


def figures(answers: Answers, right: Bools, resampler: Resampler) -> dict[str, Any]:
    """Figures of `answers` against `right` (n x m; one True a row for a single-valued type), with intervals at 95%.

    rows, groups       rows, and groups of near-duplicates among them: what the intervals count as observations
    accuracy           single: best guess right, also where abstained; several: all values right and none too many
    macro_f1           mean over labels that occur in `right`; a row on which the tagger abstains counts with its best guess
    micro_f1           several: over all values together
    ece                calibration error in 15 bins of equal mass: mean distance of confidence from the share that is right
    ece_if_calibrated  [mean, 95th percentile] of what a perfectly calibrated tagger of these confidences would show by chance
    log_loss           mean of -ln of the right label's probability (several: of all yes/no answers); at least 1e-6 is assumed
    brier              single: sum over labels of squared distance, 0 to 2; several: mean of all yes/no answers, 0 to 1
    coverage, accuracy_answered   rows on which it doesn't abstain, and how many of those are right
    per_label          precision, recall, f1, support
    calibration        bins: rows (several: answers), mean confidence, share right, its interval
    curve              the most confident share of rows: coverage, accuracy, its interval, least confidence
    intervals          of each figure: [low, high] or null; per_label alike

    Where the tagger gives no probabilities, what needs them is left out.
    """
    columns, bounds = _columns(answers, right)
    whole, drawn = resampler.totals(columns.values)
    groups, at = resampler.count, columns.at
    present = whole[at["support"]] > 0
    out: dict[str, Any] = {"rows": len(right), "groups": groups}
    intervals: dict[str, Any] = {}
    for name, estimate in _estimates(answers, whole, drawn, at).items():
        known = bool(np.isfinite(estimate.value))
        out[name] = round(estimate.value, 4) if known else 0.0
        found = share(estimate.draws, estimate.value, groups) if estimate.of_share else percentile(estimate.draws)
        intervals[name] = as_json(found) if known else None
    if answers.graded:
        out["ece_if_calibrated"] = chance_ece(_pairs(answers, right)[0], seed=resampler.seed)
        out["calibration"] = _calibration(whole, drawn, at, groups)
        if not answers.several:
            out["curve"] = _curve(whole, drawn, at, groups, bounds)
    out["per_label"], intervals["per_label"] = _per_label(answers.labels, present, whole, drawn, at, groups)
    out["intervals"] = intervals
    return out


class Estimate(NamedTuple):
    """A figure on all rows, and on the rows of each draw (nan where it has no value)."""

    value: float
    draws: Floats
    of_share: bool = False


def estimates(answers: Answers, right: Bools, resampler: Resampler) -> dict[str, Estimate]:
    """The figures over all labels, with their draws: to be averaged or set against those of another tagger, draw by draw."""
    columns, _ = _columns(answers, right)
    return _estimates(answers, *resampler.totals(columns.values), columns.at)


def _estimates(answers: Answers, whole: Floats, drawn: Floats, at: dict[str, slice]) -> dict[str, Estimate]:
    out: dict[str, Estimate] = {}
    for name, over, under, of_share in (
        ("accuracy", "hit", "rows", True), ("coverage", "answered", "rows", True), ("accuracy_answered", "hit_answered", "answered", True),
        ("log_loss", "loss", "rows", False), ("brier", "square", "rows", False),
    ):  # fmt: skip
        if over in at:
            with np.errstate(invalid="ignore", divide="ignore"):
                value, draws = whole[at[over]] / whole[at[under]], drawn[:, at[over]] / drawn[:, at[under]]
            out[name] = Estimate(float(value[0]), draws[:, 0], of_share)
    sums: dict[str, Sums] = {"macro_f1": _macro(whole[at["support"]] > 0)}
    if answers.several:
        sums["micro_f1"] = _micro
    if answers.graded:
        sums["ece"] = _ece
    for name, of in sums.items():
        out[name] = Estimate(float(of(whole[None, :], at)[0]), of(drawn, at), name != "ece")
    return out


def _columns(answers: Answers, right: Bools) -> tuple[Columns, list[float]]:
    """Every row's contribution to every sum; and the least confidence at each step of the coverage curve."""
    said, several = answers.said, answers.several
    rows = len(right)
    hit = np.asarray((said == right).all(axis=1) if several else (said & right).any(axis=1))
    parts: dict[str, NDArray[Any]] = {
        "rows": np.ones(rows), "hit": hit, "answered": answers.answered, "hit_answered": hit & answers.answered,
        "both": said & right, "said": said, "support": right,
    }  # fmt: skip
    bounds: list[float] = []
    if answers.graded:
        chances = answers.chances
        if several:
            of_right = np.where(right, chances, 1 - chances)
            parts["loss"] = -np.log(np.maximum(of_right, LEAST)).mean(axis=1)
            parts["square"] = np.square(chances - right).mean(axis=1)
        else:
            parts["loss"] = -np.log(np.maximum((chances * right).sum(axis=1), LEAST))
            parts["square"] = np.square(chances - right).sum(axis=1)
        confidence, good, owner = _pairs(answers, right)
        bins = equal_mass(confidence)
        size = int(bins.max()) + 1 if len(bins) else 0
        cells = owner * size + bins
        for name, weights in (("bin_n", None), ("bin_confidence", confidence), ("bin_right", good.astype(np.float64))):
            parts[name] = np.bincount(cells, weights=weights, minlength=rows * size).reshape(rows, size)
        if not several:
            order = np.argsort(-confidence, kind="stable")
            inside = np.zeros((rows, len(STEPS)), dtype=bool)
            for i, step in enumerate(STEPS):
                top = order[: max(1, round(step * rows))]
                inside[top, i] = True
                bounds.append(float(confidence[top[-1]]))
            parts["inside"], parts["hit_inside"] = inside, inside & hit[:, None]
    at, start = {}, 0
    for name, part in parts.items():
        width = 1 if part.ndim == 1 else part.shape[1]
        at[name] = slice(start, start + width)
        start += width
    values = np.empty((rows, start))
    for name, part in parts.items():
        values[:, at[name]] = part.reshape(rows, -1)
    return Columns(values, at), bounds


def _pairs(answers: Answers, right: Bools) -> tuple[Floats, Bools, NDArray[np.int64]]:
    """What confidence is about: the best guess of each row, or each value of each row. Confidence, whether right, row."""
    rows, labels = right.shape
    if answers.several:
        return answers.chances.ravel(), right.ravel(), np.repeat(np.arange(rows), labels)
    confidence = (answers.chances * answers.said).sum(axis=1)
    return confidence, np.asarray((answers.said & right).any(axis=1)), np.arange(rows, dtype=np.int64)


def equal_mass(confidence: Floats, bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each value: `bins` of equal mass by rank, equal values in the order of rows (as `calibrate.ece` does)."""
    out = np.zeros(len(confidence), dtype=np.int64)
    order = np.argsort(confidence, kind="stable")
    for number, part in enumerate(np.array_split(order, min(bins, len(order)) or 1)):
        out[part] = number
    return out


def chance_ece(confidence: Floats, seed: int = 0, draws: int = _NULL_DRAWS) -> list[float]:
    """[mean, 95th percentile] of the calibration error of answers that are right exactly as often as their confidence says."""
    if not len(confidence):
        return [0.0, 0.0]
    random = np.random.Generator(np.random.PCG64(seed))
    bins = equal_mass(confidence)
    expected = np.bincount(bins, weights=confidence)
    found = []
    for _ in range(draws):
        hits = np.bincount(bins, weights=random.random(len(confidence)) < confidence)
        found.append(np.abs(hits - expected).sum() / len(confidence))
    return [round(float(np.mean(found)), 4), round(float(np.quantile(found, 0.95)), 4)]


Sums = Callable[[Floats, dict[str, slice]], Floats]


def f1(sums: Floats, at: dict[str, slice]) -> Floats:
    """F1 of each label; nan where the label isn't among the right ones of the draw."""
    said, support = sums[:, at["said"]], sums[:, at["support"]]
    return np.where(support > 0, 2 * sums[:, at["both"]] / np.maximum(1, said + support), np.nan)


def _macro(present: Bools) -> Sums:
    def macro(sums: Floats, at: dict[str, slice]) -> Floats:
        each = f1(sums, at)[:, present]
        known = np.isfinite(each)
        return np.asarray(np.where(known, each, 0.0).sum(axis=1) / np.maximum(1, known.sum(axis=1)))

    return macro


def _micro(sums: Floats, at: dict[str, slice]) -> Floats:
    both, said, support = (sums[:, at[name]].sum(axis=1) for name in ("both", "said", "support"))
    return np.asarray(2 * both / np.maximum(1, said + support))


def _ece(sums: Floats, at: dict[str, slice]) -> Floats:
    apart = np.abs(sums[:, at["bin_confidence"]] - sums[:, at["bin_right"]]).sum(axis=1)
    return np.asarray(apart / np.maximum(1, sums[:, at["bin_n"]].sum(axis=1)))


def _calibration(whole: Floats, drawn: Floats, at: dict[str, slice], groups: int) -> list[dict[str, Any]]:
    n, right = whole[at["bin_n"]], whole[at["bin_right"]]
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = drawn[:, at["bin_right"]] / drawn[:, at["bin_n"]]
    return [
        {
            "rows": int(n[i]), "confidence": round(float(whole[at["bin_confidence"]][i] / n[i]), 4), "right": round(float(right[i] / n[i]), 4),
            "interval": as_json(share(draws[:, i], float(right[i] / n[i]), min(groups, int(n[i])))),
        }
        for i in range(len(n))
    ]  # fmt: skip


def _curve(whole: Floats, drawn: Floats, at: dict[str, slice], groups: int, bounds: list[float]) -> list[dict[str, Any]]:
    inside, hit = whole[at["inside"]], whole[at["hit_inside"]]
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = drawn[:, at["hit_inside"]] / drawn[:, at["inside"]]
    return [
        {
            "coverage": step, "accuracy": round(float(hit[i] / inside[i]), 4), "confidence": round(bounds[i], 4),
            "interval": as_json(share(draws[:, i], float(hit[i] / inside[i]), min(groups, int(inside[i])))),
        }
        for i, step in enumerate(STEPS)
    ]  # fmt: skip


def _per_label(
    labels: tuple[str, ...], present: Bools, whole: Floats, drawn: Floats, at: dict[str, slice], groups: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    def of(sums: Floats, i: int) -> tuple[Floats, Floats, Floats]:
        both, said, support = (sums[:, at[name].start + i] for name in ("both", "said", "support"))
        with np.errstate(invalid="ignore", divide="ignore"):
            precision, recall = both / said, both / support
            return precision, recall, np.where(support > 0, 2 * both / np.maximum(1, said + support), np.nan)

    values, intervals = {}, {}
    names = ("precision", "recall", "f1")
    for i in np.flatnonzero(present).tolist():
        point, draws = of(whole[None, :], i), of(drawn, i)
        numbers = {name: round(float(np.nan_to_num(value[0])), 4) for name, value in zip(names, point, strict=True)}
        support, said = int(whole[at["support"].start + i]), int(whole[at["said"].start + i])
        values[labels[i]] = {**numbers, "support": support}
        intervals[labels[i]] = {
            name: as_json(share(draw, numbers[name], min(groups, {"precision": said, "recall": support}.get(name, max(said, support)))))
            for name, draw in zip(names, draws, strict=True)
        }
    return values, intervals
