"""Near-duplicate texts get one group, so that copies of a complaint never stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

SHINGLE = 4
"""Characters in a shingle."""
SKETCH = 6
"""Smallest shingle hashes kept per text; texts that share `SHARED` of them are near-duplicates."""
SHARED = 4
_BUCKET = 40
"""Texts compared per shared hash; a phrase in more texts than that is a greeting, not a sign of copying."""


def letters(folded: str) -> str:
    """What is compared: letters and Chinese characters alone; blanks, punctuation and numbers often differ between copies."""
    return "".join(filter(str.isalpha, folded))


def sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of the text's shingles."""
    if len(text) <= SHINGLE:
        return (crc32(text.encode("utf-8", "surrogatepass")),)
    hashes = {crc32(text[i : i + SHINGLE].encode("utf-8", "surrogatepass")) for i in range(len(text) - SHINGLE + 1)}
    return tuple(sorted(hashes)[:SKETCH])


def near_duplicates(folded: Sequence[str]) -> list[int]:
    """A group number per text: equal for texts that are copies but for numbers, punctuation and a few words.

    Groups are numbered by first appearance. Chains join (a~b, b~c puts all three in one group).
    """
    parent = list(range(len(folded)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    exact: dict[str, int] = {}
    buckets: dict[int, list[int]] = {}
    sketches: dict[int, tuple[int, ...]] = {}
    for i, text in enumerate(map(letters, folded)):
        first = exact.setdefault(text, i)
        if first != i:
            parent[i] = root(first)
            continue
        sketches[i] = sketch(text)
        votes: dict[int, int] = {}
        for value in sketches[i]:
            bucket = buckets.setdefault(value, [])
            for other in bucket:
                votes[other] = votes.get(other, 0) + 1
            if len(bucket) < _BUCKET:
                bucket.append(i)
        for other, shared in votes.items():
            if shared >= min(SHARED, len(sketches[i]), len(sketches[other])):
                a, b = sorted((root(i), root(other)))
                parent[b] = a
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(i), len(numbers)) for i in range(len(folded))]
