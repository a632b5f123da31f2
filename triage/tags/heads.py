"""The answers of a model by tag type: which columns of its scores belong to a type, how they become probabilities, what is said of them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNIT = 1024
"""Scores are whole numbers of 1/1024 (natural logarithm units)."""

SINGLE = ("category", "intent", "emotion")
"""Tag types of which a text has one value."""
SEVERAL = ("requests", "risks")
"""Tag types of which a text may have several values, or none."""
TYPES = ("category", "intent", "requests", "risks", "emotion")
"""All tag types, in the order of their columns."""

Scores = NDArray[np.int64]


class Head(NamedTuple):
    """One tag type of a model.

    kind     "category", "intent", ...
    labels   the values it can answer, sorted; one column each
    first    its first column
    below    the least probability of an answer: of the category one for all labels, of other types that of each label, in their order
    """

    kind: str
    labels: tuple[str, ...]
    first: int
    below: tuple[float, ...]

    @property
    def columns(self) -> slice:
        """Its columns among those of all types."""
        return slice(self.first, self.first + len(self.labels))


def heads_of(listed: list[dict[str, Any]]) -> tuple[Head, ...]:
    """The heads that a manifest lists, in the order of their columns."""
    out, first = [], 0
    for entry in listed:
        below = entry["below"]
        out.append(Head(entry["type"], tuple(entry["labels"]), first, tuple(below) if isinstance(below, list) else (below,)))
        first += len(entry["labels"])
    return tuple(out)


@cache
def exponentials() -> NDArray[np.int64]:
    """2**40 * exp(-k / UNIT) for k = 0, 1, ... until it is 0: by whole-number steps, so equal on every machine."""
    step = 1151796154276904951  # round(2**60 * exp(-1/1024))
    values, value = [], 1 << 100
    while value >> 60:
        values.append(value >> 60)
        value = value * step >> 60
    values.append(0)
    return np.array(values, dtype=np.int64)


def shares(scores: Scores, best: Scores) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What each label of a single-valued type weighs beside the best one (2**40), and the sum of each row."""
    table = exponentials()
    weights = table.take(np.minimum(best[:, None] - scores, len(table) - 1))
    return weights, weights.sum(axis=1)


def points(weights: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shares of the total in ten-thousandths, rounded half up."""
    return (weights * 20000 + total) // (total * 2)


def limit(below: float) -> int:
    """The least score of a label of a several-valued type whose probability 1 / (1 + exp(-score)), in four decimals, is `below` or more."""
    table = exponentials()
    one = table[0]
    down = points(table, table + one)  # of scores 0, -1, -2, ...
    up = points(np.broadcast_to(one, table.shape), table + one)  # of scores 0, 1, 2, ...
    wanted = round(below * 10000)
    if down[0] >= wanted:
        return -int(np.flatnonzero(down >= wanted)[-1])
    reached = np.flatnonzero(up >= wanted)
    return int(reached[0]) if len(reached) else 1 << 40
