"""Which texts' labels would teach most: those in doubt, costly to get wrong, and unlike each other and what is labelled already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from triage.tags.calibrate import Floats
from triage.tags.selftrain import features_of

POOL = 8
"""For each text to pick, so many of the most worthwhile are looked at for diversity and cost."""
LARGEST = 20_000
"""Texts looked at; of a longer dump so many are taken evenly."""
COSTLY = 0.5
"""What a decision that would differ in everything adds to the worth of a text, as a share of its doubt."""


class Pick(NamedTuple):
    """One text to label. `row` in the dump; `doubt` 0 (sure) to 1 (two categories equally likely); `cost` 0 to 1: how much the decision
    would change under the second guess."""

    row: int
    doubt: float
    cost: float


def doubt_of(chances: Floats) -> Floats:
    """One minus the distance of the likeliest class from the second."""
    top = np.sort(chances, axis=1)
    return np.asarray(1 - (top[:, -1] - top[:, -2]))


def pick(
    tokens: Sequence[list[str]],
    groups: Sequence[int],
    chances: Floats,
    wanted: int,
    *,
    labelled: Sequence[int] = (),
    costs: Callable[[Sequence[int]], Floats] | None = None,
) -> list[Pick]:
    """At most `wanted` texts, the most worthwhile first.

    groups     near-duplicates share a number: of those one is picked, and none of a text that is labelled
    chances    texts x classes, calibrated as well as can be
    labelled   rows that people have labelled: what is like them is worth less
    costs      asked once, about some rows: what a mistake there would cost, 0 to 1

    Greedy: worth is doubt x (1 + COSTLY cost), times one minus the likeness to the closest picked or labelled text.
    """
    taken = {groups[row] for row in labelled}
    first: dict[int, int] = {}
    for row, group in enumerate(groups):
        if tokens[row] and group not in taken:
            first.setdefault(group, row)
    rows = np.array(sorted(first.values()), dtype=np.int64)
    if not len(rows) or wanted < 1:
        return []
    if len(rows) > LARGEST:
        rows = rows[np.linspace(0, len(rows) - 1, LARGEST).astype(np.int64)]
    known = np.array(sorted(set(labelled)), dtype=np.int64)
    together = [*rows.tolist(), *known.tolist()]
    features = _unit(features_of([list(tokens[i]) for i in together], list(range(len(together)))))
    doubt = doubt_of(chances[rows])
    pool = np.argsort(-doubt, kind="stable")[: max(POOL * wanted, 200)]
    cost = np.zeros(len(pool)) if costs is None else np.clip(costs(rows[pool].tolist()), 0.0, 1.0)
    worth = doubt[pool] * (1 + COSTLY * cost)
    vectors = features[pool]
    near = np.zeros(len(pool))
    if len(known):
        near = np.asarray((vectors @ features[len(rows) :].T).max(axis=1).todense()).ravel()
    out, left = [], np.ones(len(pool), dtype=bool)
    for _ in range(min(wanted, len(pool))):
        value = np.where(left, worth * (1 - np.minimum(near, 1.0)), -1.0)
        best = int(value.argmax())
        left[best] = False
        out.append(Pick(int(rows[pool[best]]), float(doubt[pool[best]]), float(cost[best])))
        near = np.maximum(near, np.asarray((vectors @ vectors[best].T).todense()).ravel())
    return out


def _unit(features: Any) -> Any:
    """Rows of length 1 (0 where a text has no known word)."""
    from scipy.sparse import diags

    norms = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(norms, 1e-12)) @ features).tocsr()
