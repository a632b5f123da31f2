"""Makes confidence mean something: fits, on rows that a model hasn't seen, how steeply scores turn into probabilities and when to abstain."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LENGTHS = (0, 4, 8, 16, 32, 64)
"""Lower bounds of the length classes, in known distinct words. Short texts get steepness of their own: a text of two words looks surer than it is."""

TARGET = 0.9
"""Share of answered rows that should be right, where nothing else is asked for."""
FLOOR = 0.5
"""No answer below this confidence, whatever the target: it would be more likely wrong than right."""
MIN_COVERAGE = 0.3
"""A threshold that leaves less than this share answered isn't worth having; then FLOOR alone counts."""
MIN_ROWS = 40
"""Rows that a length class needs for a steepness of its own; else it is fitted together with all others."""


def softmax(scores: Floats) -> Floats:
    """Probabilities of each row."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def log_loss(chances: Floats, right: NDArray[np.int64]) -> float:
    """Mean of -ln of the probability given to the right label (not below 1e-6)."""
    if not len(right):
        return 0.0
    return float(-np.log(np.maximum(chances[np.arange(len(right)), right], 1e-6)).mean())


def fit_steepness(margins: Floats, right: NDArray[np.int64]) -> float:
    """The factor on the margins with the least log loss: by golden section on its logarithm, 0.05 to 50."""
    low, high = np.log(0.05), np.log(50.0)
    ratio = (np.sqrt(5) - 1) / 2

    def loss(x: float) -> float:
        return log_loss(softmax(margins * np.exp(x)), right)

    a, b = high - ratio * (high - low), low + ratio * (high - low)
    at_a, at_b = loss(a), loss(b)
    for _ in range(30):
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - ratio * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + ratio * (high - low)
            at_b = loss(b)
    return float(np.exp((low + high) / 2))


def fit_by_length(margins: Floats, known: NDArray[np.int64], right: NDArray[np.int64], whole: NDArray[np.bool_]) -> Floats:
    """One steepness per length class. `whole` marks rows that are whole texts; excerpts speak only where whole texts are few."""
    overall = fit_steepness(margins[whole], right[whole])
    classes = np.searchsorted(LENGTHS, known, side="right") - 1
    out = np.full(len(LENGTHS), overall)
    for i in range(len(LENGTHS)):
        inside = classes == i
        chosen = inside & whole
        if chosen.sum() < MIN_ROWS:
            chosen = inside
        if chosen.sum() >= MIN_ROWS:
            out[i] = fit_steepness(margins[chosen], right[chosen])
    return out


def steepen(margins: Floats, known: NDArray[np.int64], steepness: Floats) -> Floats:
    """Probabilities from margins, each row by its length class."""
    return softmax(margins * steepness[np.searchsorted(LENGTHS, known, side="right") - 1][:, None])


CURVE_ROWS = 300
"""Rows that it takes to bend the confidence; with fewer it stays as the softmax has it."""
Curve = tuple[float, float, float]
STRAIGHT: Curve = (1.0, 1.0, 0.0)
"""The curve that leaves a confidence as it is."""


def fit_curve(confidence: Floats, hit: NDArray[np.bool_]) -> Curve:
    """How a confidence bends into the share that is right: beta calibration (Kull, Silva Filho, Flach 2017), a rising curve with
    logit = a ln p - b ln(1 - p) + c. Softmax of margins alone is too timid about hard texts and too sure of easy ones."""
    if len(hit) < CURVE_ROWS or hit.all() or not hit.any():
        return STRAIGHT
    from sklearn.linear_model import LogisticRegression

    p = np.clip(confidence, 1e-4, 1 - 1e-4)
    both = np.stack([np.log(p), -np.log(1 - p)], axis=1)
    found = LogisticRegression(C=1e3).fit(both, hit)
    a, b = found.coef_[0].tolist()
    if min(a, b) < 0:
        found = LogisticRegression(C=1e3).fit(both.sum(axis=1, keepdims=True), hit)
        a = b = float(found.coef_[0][0])
    return (a, b, float(found.intercept_[0])) if a >= 0 else STRAIGHT


def bend(confidence: Floats, curve: Curve) -> Floats:
    """Confidences after a curve."""
    if curve == STRAIGHT:
        return confidence.copy()
    p = np.clip(confidence, 1e-4, 1 - 1e-4)
    return np.asarray(1 / (1 + np.exp(-(curve[0] * np.log(p) - curve[1] * np.log(1 - p) + curve[2]))))


def bend_best(chances: Floats, curve: Curve) -> Floats:
    """Chances with the best one of each row after a curve; the others share what is left as before."""
    best = chances.argmax(axis=1)
    old = chances.max(axis=1)
    new = bend(old, curve)
    out: Floats = chances * ((1 - new) / np.maximum(1 - old, 1e-9))[:, None]
    out[np.arange(len(out)), best] = new
    return out


def curve_table(curve: Curve) -> NDArray[np.int16]:
    """A curve in ten-thousandths, for 0 to 10000 of them."""
    bent = np.rint(bend(np.arange(10001) / 10000, curve) * 10000)
    out: NDArray[np.int16] = np.maximum.accumulate(bent).astype(np.int16)
    return out


def ece(confidence: Floats, hit: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error: mean distance of confidence from the share that is right, over `bins` bins of equal mass."""
    if not len(confidence):
        return 0.0
    order = np.argsort(confidence, kind="stable")
    total = 0.0
    for part in np.array_split(order, min(bins, len(order))):
        total += len(part) * abs(float(confidence[part].mean()) - float(hit[part].mean()))
    return total / len(confidence)


class Threshold(NamedTuple):
    """Abstain below `below`. `reached`: whether TARGET was reached on rows the model hadn't seen, answering `coverage` of them."""

    below: float
    reached: bool
    coverage: float
    precision: float


def choose_threshold(
    confidence: Floats, hit: NDArray[np.bool_], given: float | None = None, hit_rate: float = TARGET
) -> Threshold:
    """The lowest threshold from FLOOR up, in hundredths, at which `hit_rate` of the answered rows are right; FLOOR if there is none.

    With `given`, that threshold, and whether it reaches `hit_rate`.
    """

    def at(below: float) -> tuple[float, float]:
        answered = confidence >= below
        return float(answered.mean()), float(hit[answered].mean()) if answered.any() else 0.0

    if given is not None:
        coverage, precision = at(given)
        return Threshold(given, precision >= hit_rate, coverage, precision)
    for step in range(int(FLOOR * 100), 100):
        coverage, precision = at(step / 100)
        if coverage < MIN_COVERAGE:
            break
        if precision >= hit_rate:
            return Threshold(step / 100, True, coverage, precision)
    return Threshold(FLOOR, False, *at(FLOOR))


PRECISION = {"intent": 0.85, "requests": 0.85, "risks": 0.8, "emotion": 0.8}
"""Share of the values named that should be right, label by label. Risks are named more readily: one missed costs more than one too many."""
LEAST = {"intent": 0.5, "requests": 0.5, "risks": 0.3, "emotion": 0.5}
"""No value of these types is named below this probability."""
NEVER = 2.0
"""The threshold of a label that no threshold makes good enough: more than any probability."""
MIN_NAMED = 8
"""Rows that must have been named for their precision to count."""


def fit_logistic(margins: Floats, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the log-odds with the least log loss, by Newton's steps; targets are drawn in a little, after Platt (1999).

    A slope that would fall is 0: then margins say nothing.
    """
    yes, no = float(right.sum()), float((~right).sum())
    target = np.where(right, (yes + 1) / (yes + 2), 1 / (no + 2))
    slope, offset = 0.0, float(np.log((yes + 1) / (no + 1)))
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(slope * margins + offset, -30, 30)))
        weight = np.maximum(chance * (1 - chance), 1e-9)
        gap = chance - target
        a, b, c = float((weight * margins * margins).sum()) + 1e-6, float((weight * margins).sum()), float(weight.sum()) + 1e-6
        down, down_offset = float((gap * margins).sum()), float(gap.sum())
        determinant = a * c - b * b
        if determinant < 1e-12:
            break
        move, move_offset = (c * down - b * down_offset) / determinant, (a * down_offset - b * down) / determinant
        longest = max(abs(move), abs(move_offset))
        damp = min(1.0, 4.0 / longest) if longest else 1.0
        slope, offset = slope - damp * move, offset - damp * move_offset
        if longest < 1e-8:
            break
    return (slope, offset) if slope > 0 else (0.0, float(np.log((yes + 1) / (no + 1))))


def choose_limits(chances: Floats, right: NDArray[np.bool_], kind: str, precision: float | None = None) -> list[float]:
    """Per label the lowest threshold, in hundredths, at which `precision` (PRECISION if not given) of the rows named are right; NEVER where there
    is none."""
    wanted = PRECISION[kind] if precision is None else precision
    out = []
    for label in range(chances.shape[1]):
        found = NEVER
        for step in range(int(LEAST[kind] * 100), 100):
            named = chances[:, label] >= step / 100
            if named.sum() < MIN_NAMED:
                break
            if right[named, label].mean() >= wanted:
                found = step / 100
                break
        out.append(found)
    return out


def several_summary(chances: Floats, right: NDArray[np.bool_], labels: tuple[str, ...], below: list[float]) -> dict[str, Any]:
    """Precision, recall, F1 and rows of each label of a several-valued type at its threshold; over all labels: micro figures and ECE."""
    said = chances >= np.array(below)

    def figures(named: NDArray[np.bool_], is_it: NDArray[np.bool_]) -> dict[str, float]:
        both = float((named & is_it).sum())
        return {
            "precision": round(both / max(1, int(named.sum())), 4), "recall": round(both / max(1, int(is_it.sum())), 4),
            "f1": round(2 * both / max(1, int(named.sum() + is_it.sum())), 4), "support": int(is_it.sum()),
        }  # fmt: skip

    return {
        "rows": len(right),
        **figures(said, right),
        "ece": round(ece(chances.ravel(), right.ravel()), 4),
        "per_label": {label: figures(said[:, i], right[:, i]) for i, label in enumerate(labels)},
    }


def summary(chances: Floats, right: NDArray[np.int64], labels: tuple[str, ...], answered: NDArray[np.bool_]) -> dict[str, Any]:
    """The figures of `triage evaluate`, from probabilities, right labels (numbers; -1 for one the model doesn't have) and who was answered."""
    best = chances.argmax(axis=1)
    confidence, hit = chances.max(axis=1), best == right
    per_label: dict[str, dict[str, float]] = {}
    for number in sorted(set(right.tolist()) - {-1}):
        is_it, said = right == number, best == number
        both = float((is_it & said).sum())
        precision, recall = both / max(1, said.sum()), both / max(1, is_it.sum())
        f1 = 2 * both / max(1, is_it.sum() + said.sum())
        per_label[labels[number]] = {
            "precision": round(float(precision), 4), "recall": round(float(recall), 4), "f1": round(float(f1), 4), "support": int(is_it.sum()),
        }  # fmt: skip
    rows = len(right)
    return {
        "rows": rows,
        "accuracy": round(float(hit.mean()), 4) if rows else 0.0,
        "macro_f1": round(float(np.mean([x["f1"] for x in per_label.values()])), 4) if per_label else 0.0,
        "ece": round(ece(confidence, hit), 4),
        "log_loss": round(log_loss(np.where((right >= 0)[:, None], chances, 0.0), right), 4),
        "coverage": round(float(answered.mean()), 4) if rows else 0.0,
        "accuracy_answered": round(float(hit[answered].mean()), 4) if answered.any() else 0.0,
        "per_label": per_label,
    }
