"""One tag type to be learnt: what is right of which rows, what models that haven't seen a row say of it, and what that calibrates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.tags.calibrate import (
    LENGTHS,
    STRAIGHT,
    TARGET,
    Curve,
    Floats,
    Threshold,
    bend_best,
    choose_limits,
    choose_threshold,
    curve_table,
    fit_by_length,
    fit_curve,
    fit_logistic,
    several_summary,
    steepen,
    summary,
)
from triage.tags.heads import SEVERAL, UNIT

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
ABSENT = -30.0
"""Margin of a label that a fold hadn't a text of."""
NONE = Threshold(0.5, False, 0.0, 0.0)
MIN_KNOWN = 2
"""Fewer known words than this, and the model abstains."""


@dataclass(slots=True)
class Lesson:
    """A tag type and what is known of n rows.

    names    labels, sorted
    right    n x labels, what to learn
    taught   n; False where nothing is known of a row
    goal     n x labels, what to measure and calibrate against; `right`, as a rule
    """

    kind: str
    names: tuple[str, ...]
    right: Bools
    taught: Bools
    goal: Bools

    @property
    def several(self) -> bool:
        """Whether a text may have several values."""
        return self.kind in SEVERAL


@dataclass(slots=True)
class Unseen:
    """What models said of texts that they hadn't seen, for one lesson: margins (n x labels), known words, whole text or excerpt, what is right,
    fold."""

    margins: Floats
    known: Ints
    whole: Bools
    goal: Bools
    fold: Ints

    @classmethod
    def join(cls, parts: Sequence[Unseen]) -> Unseen:
        """Several parts as one."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


@dataclass(slots=True)
class Calibrated:
    """How a lesson's scores become probabilities, when they are answers, and how good they are on rows that neither learning nor calibration saw.

    steepness   per length class
    curve       of a single-valued type: what becomes of the best label's chance
    slopes, offsets   per label of a several-valued type: log-odds are slope * margin + offset
    below       least probability of an answer: of the category one number, of other types one per label
    """

    steepness: Floats
    curve: Curve
    slopes: Floats
    offsets: Floats
    below: float | list[float]
    threshold: Threshold | None
    metrics: dict[str, Any]
    chances: Floats
    """Of the whole texts."""


def calibrate(lesson: Lesson, seen: Unseen, hit_rate: float | None = None, below: float | None = None) -> Calibrated:
    """Fit the calibration of a lesson; `hit_rate`: the share of its answers that should be right (TARGET, or PRECISION of its type, if not given),
    `below`: or a given threshold. Figures are of whole texts; each fold's probabilities come from a calibration that hasn't seen it."""
    return _several(lesson, seen, hit_rate) if lesson.several else _single(lesson, seen, hit_rate, below)


def _single(lesson: Lesson, seen: Unseen, hit_rate: float | None, below: float | None) -> Calibrated:
    right = seen.goal.argmax(axis=1)
    chances = np.empty_like(seen.margins)
    for k in np.unique(seen.fold).tolist():
        held = seen.fold == k
        steepness, curve = _fit_single(seen, right, ~held)
        chances[held] = bend_best(steepen(seen.margins[held], seen.known[held], steepness), curve)
    whole = chances[seen.whole]
    confidence, hit = whole.max(axis=1), whole.argmax(axis=1) == right[seen.whole]
    enough = seen.known[seen.whole] >= MIN_KNOWN
    threshold, limits = None, np.zeros(len(lesson.names))
    answers = np.where(np.arange(len(limits)) == whole.argmax(axis=1)[:, None], whole, 0.0) * enough[:, None]
    if lesson.kind == "category":
        threshold = choose_threshold(confidence[enough], hit[enough], below, TARGET if hit_rate is None else hit_rate) if enough.any() else NONE
        limits += threshold.below
    else:
        limits += choose_limits(answers, seen.goal[seen.whole], lesson.kind, hit_rate)
    metrics = summary(whole, right[seen.whole], lesson.names, enough & (confidence >= limits[whole.argmax(axis=1)]))
    if lesson.kind != "category":
        metrics["at_threshold"] = several_summary(answers, seen.goal[seen.whole], lesson.names, limits.tolist())["per_label"]
    steepness, curve = _fit_single(seen, right, np.ones(len(right), dtype=bool))
    labels = len(lesson.names)
    return Calibrated(steepness, curve, np.ones(labels), np.zeros(labels), threshold.below if threshold else limits.tolist(), threshold, metrics, whole)


def _fit_single(seen: Unseen, right: Ints, rows: Bools) -> tuple[Floats, Curve]:
    """Steepness per length class, then the curve of what it leaves."""
    margins, known, right, whole = seen.margins[rows], seen.known[rows], right[rows], seen.whole[rows]
    steepness = fit_by_length(margins, known, right, whole)
    chances = steepen(margins[whole], known[whole], steepness)
    return steepness, fit_curve(chances.max(axis=1), chances.argmax(axis=1) == right[whole])


def _several(lesson: Lesson, seen: Unseen, hit_rate: float | None) -> Calibrated:
    margins, goal, fold = seen.margins[seen.whole], seen.goal[seen.whole], seen.fold[seen.whole]
    labels = len(lesson.names)
    chances = np.zeros(margins.shape)
    for k in np.unique(fold).tolist():
        held = fold == k
        for i in range(labels):
            slope, offset = fit_logistic(margins[~held, i], goal[~held, i])
            chances[held, i] = 1 / (1 + np.exp(-np.clip(slope * margins[held, i] + offset, -30, 30)))
    fitted = [fit_logistic(margins[:, i], goal[:, i]) for i in range(labels)]
    below = choose_limits(chances, goal, lesson.kind, hit_rate)
    metrics = several_summary(chances, goal, lesson.names, below)
    slopes, offsets = np.array([a for a, _ in fitted]), np.array([b for _, b in fitted])
    return Calibrated(np.ones(len(LENGTHS)), STRAIGHT, slopes, offsets, below, None, metrics, chances)


def fold_in(arrays: dict[str, NDArray[Any]], lessons: Sequence[Lesson], calibrated: Sequence[Calibrated]) -> None:
    """Put the calibration of all lessons into the arrays of a model."""
    first = 0
    factors, intercepts = arrays["factors"].astype(np.float64), arrays["intercepts"].astype(np.float64)
    for number, (lesson, found) in enumerate(zip(lessons, calibrated, strict=True)):
        columns = slice(first, first + len(lesson.names))
        arrays["steepness"][number] = np.rint(found.steepness * UNIT)
        arrays["curves"][number] = curve_table(found.curve)
        factors[columns] *= found.slopes
        intercepts[columns] = intercepts[columns] * found.slopes + found.offsets * UNIT
        first += len(lesson.names)
    arrays["factors"] = np.maximum(np.rint(factors), 1).astype(np.int32)
    arrays["intercepts"] = np.rint(intercepts).astype(np.int32)
