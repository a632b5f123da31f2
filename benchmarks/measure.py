"""Clocks and ratios: everything that is compared runs in turn in one process, and the ratio of each round is what counts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU seconds of this process, and seconds on the clock."""

    cpu: float
    wall: float


class Ratio(NamedTuple):
    """The middle one of the rounds' ratios, and the least and greatest."""

    median: float
    least: float
    most: float


def once(work: Callable[[], object]) -> Cost:
    """What one call costs. Garbage of what ran before is collected first; the collector stays on, as in production."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def in_turn(
    sides: Mapping[str, Callable[[], object]], rounds: int, prepare: Mapping[str, Callable[[], object]] | None = None
) -> dict[str, list[Cost]]:
    """Each side once a round, A B C, B C A, ...: what disturbs the machine for a while disturbs all of them.

    An unmeasured round comes first, for what is loaded on first use. `prepare` runs before a side's turn and isn't measured.
    """
    names = list(sides)
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for n in range(rounds + 1):
        at = n % len(names)
        for name in names[at:] + names[:at]:
            if prepare is not None and name in prepare:
                prepare[name]()
            cost = once(sides[name])
            if n:
                costs[name].append(cost)
    return costs


def ratio(costs: Mapping[str, Sequence[Cost]], one: str, other: str) -> Ratio:
    """CPU of `one` over CPU of `other`, round by round."""
    found = [a.cpu / b.cpu for a, b in zip(costs[one], costs[other], strict=True)]
    return Ratio(median(found), min(found), max(found))


def middle(costs: Sequence[Cost]) -> Cost:
    """The median CPU and the median wall time."""
    return Cost(median(c.cpu for c in costs), median(c.wall for c in costs))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]
