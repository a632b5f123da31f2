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
