"""Words of a vocabulary found in texts, a batch at a time: the same for training and prediction, and without a look at each word in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LONGEST = 20
"""Letters of the longest word that counts."""
_SEPARATOR = "\0"
_MOST_UNITS = 2 * LONGEST
"""In units of UTF-16; a longer word is in no vocabulary."""
_PADDING = 8
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""Odd, its bits without a pattern: 2**64 divided by the golden ratio."""
_MASKS = np.array([(1 << 16 * units) - 1 for units in range(5)], dtype="<u8")
_NOBODY = 1
"""The key of no word: it isn't a letter."""

Numbers = NDArray[np.int64]
_Keys = NDArray[np.uint64]


def is_feature(token: str) -> bool:
    """Whether a token may enter a vocabulary: letters or Chinese characters only (numbers identify people), at most 20 of them."""
    return token.isalpha() and len(token) <= LONGEST


class Found(NamedTuple):
    """The words of a vocabulary in n texts.

    words   their numbers, text by text in the order of the text, with repeats
    firsts  where each text begins in `words`, n numbers
    known   how many each text has, n numbers
    """

    words: NDArray[np.int32]
    firsts: Numbers
    known: Numbers


class Words:
    """A vocabulary that many texts can be looked up in at once.

    The words of a batch become one array of UTF-16 units; a word of up to four units is its own key (most Chinese words are), a longer one is
    mixed down to 64 bits. Keys are found in tables by their leading bits after mixing: whoever finds a place taken goes to the next table.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        """Raises ValueError where a word is empty, contains NUL or is there twice."""
        keys, _, _ = _cut([vocabulary], 1)
        if len(keys) != len(vocabulary) or len(np.unique(keys)) != len(keys) or _NOBODY in keys or 0 in keys:
            raise ValueError("words of a vocabulary must differ and not be empty")
        # two words in five are of one character: they needn't be looked up where none of the vocabulary is
        self._least = 1 if (keys < 1 << 16).any() else 2
        self._tables: list[tuple[np.uint64, np.uint64, _Keys, NDArray[np.int32]]] = []
        left = np.arange(len(keys))
        while len(left):
            bits = max(4, int(2 * len(left) - 1).bit_length())
            mix, shift = _MIX + np.uint64(2 * len(self._tables)), np.uint64(64 - bits)
            places = ((keys[left] * mix) >> shift).astype(np.int64)
            _, first = np.unique(places, return_index=True)
            table, numbers = np.full(1 << bits, _NOBODY, dtype=np.uint64), np.zeros(1 << bits, dtype=np.int32)
            table[places[first]], numbers[places[first]] = keys[left[first]], left[first]
            self._tables.append((mix, shift, table, numbers))
            left = np.delete(left, first)

    def find(self, token_lists: Sequence[Sequence[str]]) -> Found:
        """The words of each text that are in the vocabulary. What is found in a text doesn't depend on the other texts."""
        keys, at, ends = _cut(token_lists, self._least)
        mix, shift, table, numbers = self._tables[0] if self._tables else _NO_TABLE
        places = ((keys * mix) >> shift).view(np.int64)
        same = table.take(places) == keys
        if len(self._tables) < 2:
            kept = np.flatnonzero(same)
            words = numbers.take(places.take(kept))
        else:
            words = numbers.take(places)
            missed = np.flatnonzero(~same)
            # a key whose place nobody took isn't in the next tables either
            missed = missed[table.take(places.take(missed)) != _NOBODY]
            for mix, shift, table, numbers in self._tables[1:]:
                wanted = keys.take(missed)
                places = ((wanted * mix) >> shift).view(np.int64)
                there = table.take(places)
                hit = there == wanted
                found = missed[hit]
                words[found], same[found] = numbers.take(places[hit]), True
                missed = missed[~hit & (there != _NOBODY)]
                if not len(missed):
                    break
            kept = np.flatnonzero(same)
            words = words.take(kept)
        bounds = np.searchsorted(at.take(kept), ends)
        known = np.diff(bounds, prepend=0)
        return Found(words, bounds - known, known)


_NO_TABLE = (_MIX, np.uint64(60), np.full(16, _NOBODY, dtype=np.uint64), np.zeros(16, dtype=np.int32))


def _cut(token_lists: Sequence[Sequence[str]], least: int) -> tuple[_Keys, Numbers, Numbers]:
    """Keys of all words of `least` units or more, the place of each, and where each text ends; places are those of all texts joined, in units."""
    texts = [_SEPARATOR.join(tokens) for tokens in token_lists]
    joined = _SEPARATOR.join(texts)
    raw = b"\0\0" + joined.encode("utf-16-le", "surrogatepass") + bytes(2 + _PADDING)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    if len(raw) - 4 - _PADDING != 2 * len(joined):  # characters of two units
        lengths = np.array([len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts], dtype=np.int64)
    units = np.frombuffer(raw, dtype="<u2", count=len(raw) // 2 - _PADDING // 2)
    gaps = np.flatnonzero(units == 0)
    sizes = np.diff(gaps)
    chosen = np.flatnonzero(sizes > least)
    at = gaps.take(chosen) + 1
    sizes = sizes.take(chosen) - 1
    # the eight bytes from each place on: a word of up to four units, and what must be masked away
    eights = np.ndarray((len(units),), dtype="<u8", buffer=raw, strides=(2,)).copy()
    keys = eights.take(at)
    keys &= _MASKS.take(np.minimum(sizes, 4))
    longer = np.flatnonzero(sizes > 4)
    if len(longer):
        keys[sizes > _MOST_UNITS] = 0
        longer = longer[sizes[longer] <= _MOST_UNITS]
        step = 4
        while len(longer):
            rest = eights.take(at[longer] + step) & _MASKS.take(np.minimum(sizes[longer] - step, 4))
            keys[longer] = keys[longer] * _MIX ^ rest
            step += 4
            longer = longer[sizes[longer] > step]
    return keys, at, np.cumsum(lengths + 1)


def document_counts(tokens: Sequence[Iterable[str]], groups: Sequence[int]) -> Mapping[str, int]:
    """In how many groups of near-duplicate texts each token occurs: a name in ten copies of one complaint counts once."""
    last: dict[str, int] = {}
    out: dict[str, int] = {}
    for row in sorted(range(len(groups)), key=groups.__getitem__):
        group = groups[row]
        for word in set(tokens[row]):
            if last.get(word, -1) != group:
                last[word] = group
                out[word] = out.get(word, 0) + 1
    return out
