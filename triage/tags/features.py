"""Tokens to counted features, the same for training and prediction: which words count, and how a batch of texts becomes arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TF_STEPS = 64
"""How often a word is counted at most, and the unit of `TF`: 1 occurrence weighs 64."""

# Published numbers, not a formula at run time: logarithms may differ in their last digit between machines.
TF: NDArray[np.int64] = np.array(
    [0, 64, 108, 134, 153, 167, 179, 189, 197, 205, 211, 217, 223, 228, 233, 237, 241, 245, 249, 252, 256, 259, 262, 265, 267, 270,
     273, 275, 277, 280, 282, 284, 286, 288, 290, 292, 293, 295, 297, 298, 300, 302, 303, 305, 306, 308, 309, 310, 312, 313, 314,
     316, 317, 318, 319, 320, 322, 323, 324, 325, 326, 327, 328, 329, 330],
    dtype=np.int64,
)  # fmt: skip
"""Weight of a word that occurs n times in a text, n = 0..64: round(64 (1 + ln n)), a sublinear term frequency in integers."""


def is_feature(token: str) -> bool:
    """Whether a token may enter a vocabulary: letters or Chinese characters only (numbers identify people), at most 20 of them."""
    return token.isalpha() and len(token) <= 20


class Counted(NamedTuple):
    """A batch of texts as triples: text `rows[i]` holds the word `words[i]`, with weight `tf[i]`. Sorted by text, then word."""

    rows: NDArray[np.int64]
    words: NDArray[np.int64]
    tf: NDArray[np.int64]


def count(token_lists: Sequence[Sequence[str]], lookup: Callable[..., Any], size: int) -> Counted:
    """Count the known words of each text. `lookup` is the vocabulary's `.get` (word -> number below `size`)."""
    lengths = list(map(len, token_lists))
    total = sum(lengths)
    # 32 bits sort faster; where keys wouldn't fit, 64
    width = np.int32 if len(lengths) * (size + 1) < 2**31 else np.int64
    keys: NDArray[Any] = np.fromiter(map(lookup, chain.from_iterable(token_lists), repeat(size)), dtype=width, count=total)
    if len(lengths) > 1:
        np.add(keys, np.repeat(np.arange(0, len(lengths) * (size + 1), size + 1, dtype=width), lengths), out=keys)
    keys.sort()
    first = np.empty(total, dtype=bool)
    first[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    times = np.diff(starts, append=total)
    rows, words = np.divmod(keys[starts].astype(np.int64), size + 1)
    known = words != size
    return Counted(rows[known], words[known], TF[np.minimum(times[known], TF_STEPS)])


def document_counts(tokens: Iterable[Iterable[str]], groups: Sequence[int]) -> Mapping[str, int]:
    """In how many groups of near-duplicate texts each token occurs: a name in ten copies of one complaint counts once."""
    seen: dict[str, set[int]] = {}
    for group, words in zip(groups, tokens, strict=True):
        for word in set(words):
            seen.setdefault(word, set()).add(group)
    return {word: len(where) for word, where in seen.items()}
