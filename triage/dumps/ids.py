"""Counts repeated ids in eight bytes a row."""

from __future__ import annotations

from array import array

_BUCKETS = 256


class Repeats:
    """How many rows carry an id that an earlier row had. Rows without an id don't count."""

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(_BUCKETS)]

    def add(self, ident: str) -> None:
        digest = hash(ident)
        self._buckets[digest % _BUCKETS].append(digest)

    def count(self) -> int:
        return sum(len(bucket) - len(set(bucket)) for bucket in self._buckets)
