"""The learning curve: how well a model does from so many labels, and roughly what more would buy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.domain.pack import Pack
from triage.errors import ModelError
from triage.message import Message
from triage.tags.groups import grouped_folds
from triage.tags.intervals import Resampler, percentile
from triage.tags.learn import How
from triage.tags.model import Cutter
from triage.tags.prepare import Prepared, Progress
from triage.tags.train import FOLDS, fit_categories, prepared_rows

SIZES = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
"""Numbers of labels that are tried, as far as there are so many; then all."""
AHEAD = (2, 4)
"""How many times the labels there are the extrapolation looks ahead."""

Ints = NDArray[np.int64]


class Point(NamedTuple):
    """What `labels` labels come to: macro-F1 and accuracy on texts that were held back, with a 95% interval of each, and how many of the
    labels' kinds so few texts hold, on average over the folds. `low` and `high` are None, and `guessed` True, for what is extrapolated."""

    labels: int
    macro_f1: float
    low: float | None
    high: float | None
    accuracy: float
    kinds: float
    guessed: bool = False


def learning_curve(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    pack: Pack | None = None,
    sizes: Sequence[int] = SIZES,
    seed: int = 0,
    progress: Progress | None = None,
    segmenter: Cutter | None = None,
) -> tuple[list[Point], list[Message]]:
    """Points of the curve, the extrapolated ones last, and warnings about rows left out.

    For each size a model learns from so many rows, drawn at random from four folds of five, and judges the fifth, each fold in turn;
    near-duplicates stand in one fold. Intervals are by a bootstrap over groups of near-duplicates of the judged rows: they say how
    sure the figure is for these texts, not how much another draw of labels would differ.

    Raises UsageError, ModelError (too few labels for one point).
    """
    prepared = prepared_rows(texts, labels, pack, segmenter, progress)
    names = tuple(sorted(set(prepared.labels)))
    right = np.array([names.index(label) for label in prepared.labels], dtype=np.int64)
    folds = np.array(grouped_folds(prepared.groups, prepared.labels, FOLDS, seed), dtype=np.int64)
    most = int(min((folds != k).sum() for k in range(FOLDS)))
    tried = [n for n in sorted(set(sizes)) if n < most] + [most]
    random = np.random.Generator(np.random.PCG64(seed))
    orders = [random.permutation(np.flatnonzero(folds != k)) for k in range(FOLDS)]
    points = []
    for done, size in enumerate(tried):
        if progress is not None:
            progress("curve", done, len(tried))
        point = _point(prepared, right, len(names), folds, orders, size, seed)
        if point is not None:
            points.append(point)
    if not points:
        raise ModelError(
            Message(
                f"画不出学习曲线：{len(right)} 行可用的标注太少", f"no learning curve: {len(right)} usable labels are too few"
            ),
            Message("至少标注几十条", "label some dozens at least"),
        )
    return [*points, *extrapolated(points)], prepared.warnings


def _point(
    prepared: Prepared, right: Ints, kinds: int, folds: Ints, orders: Sequence[Ints], size: int, seed: int
) -> Point | None:
    """One size, all folds; None where some fold's draw holds fewer than two kinds of labels or no word twice."""
    said, seen = np.empty(len(right), dtype=np.int64), []
    for k, order in enumerate(orders):
        drawn, held = np.sort(order[:size]), np.flatnonzero(folds == k)
        present = np.unique(right[drawn])
        if len(present) < 2:
            return None
        seen.append(len(present))
        chosen = [prepared.tokens[i] for i in drawn]
        try:
            groups = [prepared.groups[i] for i in drawn]
            model = fit_categories(chosen, right[drawn], groups, list(map(str, range(kinds))), np.ones(len(drawn)), How(2, seed))
        except ModelError:
            return None
        scores, _ = model.scores([prepared.tokens[i] for i in held])
        said[held] = np.array([int(x) for x in model.labels])[scores.argmax(axis=1)]
    every = np.arange(kinds)
    is_it, says = right[:, None] == every, said[:, None] == every
    columns = np.concatenate([is_it & says, is_it, says], axis=1).astype(np.float64)
    whole, draws = Resampler(_numbered(prepared.groups), seed=seed).totals(columns)
    bounds = percentile(_macro(draws, kinds))
    return Point(
        size,
        round(float(_macro(whole[None, :], kinds)[0]), 4),
        None if bounds is None else bounds.low,
        None if bounds is None else bounds.high,
        round(float((right == said).mean()), 4),
        round(float(np.mean(seen)), 1),
    )


def _macro(sums: NDArray[np.float64], kinds: int) -> NDArray[np.float64]:
    """Macro-F1 over the labels that occur, from sums of (right, is, says) per label."""
    both, is_it, says = sums[:, :kinds], sums[:, kinds : 2 * kinds], sums[:, 2 * kinds :]
    f1 = np.where(is_it > 0, 2 * both / np.maximum(is_it + says, 1e-9), np.nan)
    return np.asarray(np.nanmean(f1, axis=1))


def _numbered(groups: Sequence[int]) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in groups]


def extrapolated(points: Sequence[Point]) -> list[Point]:
    """Points ahead by a power law, macro-F1 = a - b n^-c with c from 0.1 to 1 and least squares, weighing later points more. A guess: it
    supposes that further labels are like those there are. None from fewer than three points, or where the curve doesn't rise."""
    if len(points) < 3:
        return []
    sizes = np.array([p.labels for p in points], dtype=np.float64)
    values = np.array([p.macro_f1 for p in points])
    weights = np.sqrt(np.arange(1, len(points) + 1))
    best: tuple[float, float, float, float] | None = None
    for c in np.linspace(0.1, 1.0, 19):
        design = np.column_stack([np.ones(len(sizes)), -(sizes ** -float(c))])
        (a, b), *_ = np.linalg.lstsq(design * weights[:, None], values * weights, rcond=None)
        loss = float(np.square((design @ (a, b) - values) * weights).sum())
        if a <= 1 and b > 0 and (best is None or loss < best[0]):
            best = (loss, float(a), float(b), float(c))
    if best is None:
        return []
    _, a, b, c = best
    last = points[-1]
    ahead = [last.labels * times for times in AHEAD]
    return [Point(n, round(max(last.macro_f1, a - b * n**-c), 4), None, None, 0.0, 0.0, True) for n in ahead]


def as_rows(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Points for JSON and CSV; what isn't known is null."""
    return [
        {
            "labels": p.labels,
            "macro_f1": p.macro_f1,
            "low": p.low,
            "high": p.high,
            "accuracy": None if p.guessed else p.accuracy,
            "kinds": None if p.guessed else p.kinds,
            "extrapolated": p.guessed,
        }
        for p in points
    ]
