"""Near-duplicate texts get one group, so that copies of a complaint never stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b, sha256
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SHINGLE = 4
"""Characters in a shingle."""
SKETCH = 6
"""Smallest shingle hashes kept per text; texts that share `SHARED` of them are near-duplicates."""
SHARED = 4
_BUCKET = 40
"""Texts compared per shared hash; a phrase in more texts than that is a greeting, not a sign of copying."""
_BLOCK = 2_000
"""Texts compared at a time: it bounds memory to some 30 MB whatever the number of texts."""
_NO_HASH = 1 << 32
"""Fills the sketch of a short text; no shingle has it."""

Ints = NDArray[np.int64]


def letters(folded: str) -> str:
    """What is compared: letters and Chinese characters alone; blanks, punctuation and numbers often differ between copies."""
    return "".join(filter(str.isalpha, folded))


def sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of the text's shingles."""
    if len(text) <= SHINGLE:
        return (crc32(text.encode("utf-8", "surrogatepass")),)
    hashes = {crc32(text[i : i + SHINGLE].encode("utf-8", "surrogatepass")) for i in range(len(text) - SHINGLE + 1)}
    return tuple(sorted(hashes)[:SKETCH])


def same_letters(folded: Iterable[str]) -> Ints:
    """For each text, the place of the first one with the same letters (its own place, if it is the first)."""
    digests = b"".join(blake2b(letters(text).encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in folded)
    _, first, inverse = np.unique(np.frombuffer(digests, dtype="<u8"), return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def near_duplicates(folded: Sequence[str]) -> list[int]:
    """A group number per text: equal for texts that are copies but for numbers, punctuation and a few words.

    Groups are numbered by first appearance. Chains join (a~b, b~c puts all three in one group). Some 150 bytes a text beside the texts.
    """
    if not folded:
        return []
    first = same_letters(folded)
    distinct = np.flatnonzero(first == np.arange(len(folded)))
    sketches = np.full((len(distinct), SKETCH), _NO_HASH, dtype=np.int64)
    for row, i in enumerate(distinct.tolist()):
        hashes = sketch(letters(folded[i]))
        sketches[row, : len(hashes)] = hashes
    parent = list(range(len(distinct)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for one, other in _alike(sketches):
        a, b = sorted((root(one), root(other)))
        parent[b] = a
    group_of = np.empty(len(folded), dtype=np.int64)
    group_of[distinct] = [root(i) for i in range(len(distinct))]
    roots = group_of[first]
    _, appears, inverse = np.unique(roots, return_index=True, return_inverse=True)
    numbers = np.empty(len(appears), dtype=np.int64)
    numbers[np.argsort(appears)] = np.arange(len(appears))
    out: list[int] = numbers[inverse].tolist()
    return out


def _alike(sketches: Ints) -> Iterable[tuple[int, int]]:
    """Pairs of rows whose sketches share enough hashes. Of the texts with one hash, the first `_BUCKET` are compared with all others."""
    rows = len(sketches)
    sizes = (sketches != _NO_HASH).sum(axis=1)
    flat = sketches.ravel()
    order = np.argsort(flat, kind="stable")  # by hash, then by row
    order = order[: int(sizes.sum())]
    values, where = flat[order], order // SKETCH
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    run = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(values)))
    rank = np.arange(len(values)) - starts[run]
    by_row = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[by_row], np.arange(0, rows + _BLOCK, _BLOCK))
    for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        chosen = by_row[low:high]
        before = np.minimum(rank[chosen], _BUCKET)  # earlier texts with the same hash that are looked at
        mine = np.repeat(where[chosen], before)
        offsets = np.arange(int(before.sum())) - np.repeat(np.cumsum(before) - before, before)
        theirs = where[np.repeat(starts[run[chosen]], before) + offsets]
        pairs, shared = np.unique(mine * rows + theirs, return_counts=True)
        one, other = np.divmod(pairs, rows)
        enough = shared >= np.minimum(SHARED, np.minimum(sizes[one], sizes[other]))
        yield from zip(one[enough].tolist(), other[enough].tolist(), strict=True)


def grouped_folds(groups: Sequence[int], labels: Sequence[str], folds: int, seed: int = 0) -> list[int]:
    """A fold per row, 0 to `folds` - 1: groups dealt out label by label (that of a group's first row), so that each label is in every
    fold where it can be, and no group in two. Equal seeds give equal folds on every machine."""
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)

    def shuffled(group: int) -> bytes:
        return sha256(f"{seed}:{group}".encode()).digest()

    by_label: dict[str, list[int]] = {}
    for group, rows in members.items():
        by_label.setdefault(labels[rows[0]], []).append(group)
    out, dealt = [0] * len(groups), 0
    for label in sorted(by_label):
        for group in sorted(by_label[label], key=shuffled):
            for row in members[group]:
                out[row] = dealt % folds
            dealt += 1
    return out
