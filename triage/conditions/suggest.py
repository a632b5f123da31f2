"""What an author probably meant: the nearest names to one that isn't known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_MOST = 20_000
"""Above this many candidates nobody is helped by the time it takes."""
_FEW = 300
"""Candidates compared letter by letter."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` is most probably a slip of, or None."""
    pool = sorted(set(candidates))
    if len(pool) > _MOST or len(name) > 80:
        return None
    folded = {c.casefold().replace("-", "_"): c for c in pool}
    wanted = name.strip().casefold().replace("-", "_")
    if wanted in folded:
        return folded[wanted]
    tails = [c for c in pool if c.rsplit("/", 1)[-1] == name or c.rsplit(".", 1)[-1] == name]
    if len(tails) == 1:
        return tails[0]
    found = _closest(wanted, tuple(folded), 0.6)
    # two Chinese characters with one slip are half alike; longer names must be nearer
    if found is None and len(name) <= 3:
        found = _closest(wanted, tuple(c for c in folded if len(c) <= 4), 0.5)
    return None if found is None else folded[found]


@lru_cache(maxsize=512)
def _closest(wanted: str, pool: tuple[str, ...], least: float) -> str | None:
    """The most similar of a pool; of a large one only those that begin or end alike and are about as long are compared."""
    if len(pool) > _FEW:
        alike = [c for c in pool if c and wanted and (c[0] == wanted[0] or c[-1] == wanted[-1])]
        pool = tuple(sorted(alike, key=lambda c: (abs(len(c) - len(wanted)), c))[:_FEW])
    return next(iter(get_close_matches(wanted, pool, 1, least)), None)


def did_you_mean(name: str, candidates: Iterable[str]) -> tuple[str, str] | None:
    """A hint in Chinese and English: the nearest name, else the names there are (the first eight), else None."""
    pool = sorted(set(candidates))
    if (near := nearest(name, pool)) is not None:
        return f"是不是“{near}”？", f"did you mean {near!r}?"
    if not pool:
        return None
    some = pool[:8]
    return f"可用的有：{'、'.join(some)}{' 等' if len(pool) > 8 else ''}", f"known: {', '.join(some)}{' ...' if len(pool) > 8 else ''}"
