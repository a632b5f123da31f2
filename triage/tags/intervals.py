"""Confidence intervals by a bootstrap over groups of near-duplicate rows: copies of one complaint are one observation, not ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 1000
LEVEL = 0.95
_CELLS = 4_000_000
"""Weights drawn at a time; it bounds memory to 32 MB."""


class Interval(NamedTuple):
    """From `low` to `high` with confidence LEVEL."""

    low: float
    high: float


class Resampler:
    """Draws groups with replacement, the same way each time: equal seeds give equal intervals, and two models the same draws.

    groups   a number per row, from 0 without gaps; rows of one group are drawn together
    """

    def __init__(self, groups: Sequence[int], draws: int = DRAWS, seed: int = 0) -> None:
        self.groups = np.asarray(groups, dtype=np.int64)
        self.count = int(self.groups.max()) + 1 if len(self.groups) else 0
        self.draws = draws
        self.seed = seed

    def totals(self, columns: Floats) -> tuple[Floats, Floats]:
        """Sums of the columns (rows x k): over all rows (k), and over the rows of each draw (draws x k)."""
        by_group = np.zeros((self.count, columns.shape[1]))
        for k in range(columns.shape[1]):
            by_group[:, k] = np.bincount(self.groups, weights=columns[:, k], minlength=self.count)
        return by_group.sum(axis=0), np.concatenate([w @ by_group for w in self._weights()] or [np.zeros((0, columns.shape[1]))])

    def _weights(self) -> Iterator[Floats]:
        """How often each group is drawn: blocks of draws x groups."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        block = max(1, _CELLS // max(1, self.count))
        for start in range(0, self.draws, block):
            draws = min(block, self.draws - start)
            picked = random.integers(0, self.count, size=(draws, self.count))
            picked += np.arange(0, draws * self.count, self.count)[:, None]
            yield np.bincount(picked.ravel(), minlength=draws * self.count).reshape(draws, self.count).astype(np.float64)


def percentile(values: Floats) -> Interval | None:
    """The middle LEVEL of the draws, those left out in which the figure has no value (nan); None where it never has one."""
    good = values[np.isfinite(values)]
    if not len(good):
        return None
    low, high = np.quantile(good, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(round(float(low), 4), round(float(high), 4))


def share(draws: Floats, value: float, groups: int) -> Interval | None:
    """Interval of a share. Where all draws agree, because all rows were right or all wrong, resampling would call it certain;
    then the exact (Clopper-Pearson) bound for as many independent observations as there are groups: 1 - (1-LEVEL)/2 to the 1/n."""
    found = percentile(draws)
    if found is None or found.low < found.high or groups == 0:
        return found
    slack = 1 - ((1 - LEVEL) / 2) ** (1 / groups)
    if value >= 1:
        return Interval(round(1 - slack, 4), 1.0)
    if value <= 0:
        return Interval(0.0, round(slack, 4))
    return found


def as_json(found: Interval | None) -> Any:
    """[low, high], or null."""
    return None if found is None else [found.low, found.high]
