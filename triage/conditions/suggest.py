"""What an author probably meant: the nearest names to one that isn't known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST = 4000
"""Above this many candidates nobody is helped by the time it takes."""


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
    found = get_close_matches(wanted, list(folded), 1, 0.6)
    if found:
        return folded[found[0]]
    # two Chinese characters with one slip are half alike; longer names must be nearer
    if len(name) <= 3:
        found = get_close_matches(wanted, [c for c in folded if len(c) <= 4], 1, 0.5)
        return folded[found[0]] if found else None
    return None


def did_you_mean(name: str, candidates: Iterable[str]) -> tuple[str, str] | None:
    """A hint in Chinese and English: the nearest name, else the names there are (the first eight), else None."""
    pool = sorted(set(candidates))
    if (near := nearest(name, pool)) is not None:
        return f"是不是“{near}”？", f"did you mean {near!r}?"
    if not pool:
        return None
    some = pool[:8]
    return f"可用的有：{'、'.join(some)}{' 等' if len(pool) > 8 else ''}", f"known: {', '.join(some)}{' ...' if len(pool) > 8 else ''}"
