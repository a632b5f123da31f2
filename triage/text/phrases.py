"""Finds which of many phrases stand in a batch of texts, and where, by array operations: no step is taken character by character.

A filter over pairs of characters leaves the few places where a phrase may begin; there the phrase is looked up by its length, its
first three and its last three characters, which are all of it up to six; a longer one is compared in full. Time is linear in the
texts, and grows with the number of different lengths, not of phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_BITS = 21
"""Of a character's code."""
_MASKS: NDArray[np.uint64] = np.array([0, (1 << _BITS) - 1, (1 << 2 * _BITS) - 1, (1 << 3 * _BITS) - 1], dtype=np.uint64)
"""Of the first n of three packed characters."""
_ONE, _TWO = np.uint64(_BITS), np.uint64(2 * _BITS)
_PAIRS = 1 << 17
_LONG = 15
"""Lengths from here on share one bit of the filter."""
_FIRST, _LAST, _LENGTH = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
"""Odd numbers that spread keys over a table (golden ratio, primes of xxHash); results don't hang on them."""


class Places(NamedTuple):
    """Where phrases stand: phrase `phrase[k]` at [start[k], end[k]) of text `text[k]`; in the order of texts, then of starts."""

    text: NDArray[np.int64]
    phrase: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


def _pair(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (first * np.uint32(0x9E3779B1) ^ second * np.uint32(0x85EBCA77)) >> np.uint32(15)


class Phrases:
    """A set of phrases, none of them empty, each a number: its place in the sequence given."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self.phrases = tuple(phrases)
        if not all(phrases) or len(set(phrases)) != len(phrases):
            raise ValueError("phrases must be distinct and not empty")
        size = len(self.phrases)
        self._sizes = np.array([len(p) for p in self.phrases], dtype=np.int64)
        self._codes = [np.frombuffer(p.encode("utf-32-le", "surrogatepass"), dtype="<u4") for p in self.phrases]
        self._first = np.array([_packed(c[:3]) for c in self._codes], dtype=np.uint64)
        self._last = np.array([_packed(c[-3:]) for c in self._codes], dtype=np.uint64)
        self._singles = np.zeros(1 << 16, dtype=bool)
        """By the lower half of a code: whether it may be a phrase of one character."""
        self._begins = np.zeros(_PAIRS, dtype=np.uint16)
        """By a pair of characters: the lengths of the phrases that may begin with them, as bits."""
        for codes in self._codes:
            if len(codes) == 1:
                self._singles[int(codes[0]) & 0xFFFF] = True
            else:
                self._begins[_pair(codes[:1], codes[1:2])] |= np.uint16(1 << min(len(codes), _LONG))
        self._lengths = tuple(sorted({len(c) for c in self._codes}))
        self._numbers = {phrase: n for n, phrase in enumerate(self.phrases)}
        lengths: dict[str, set[int]] = {}
        for phrase in self.phrases:
            if len(phrase) > 1:
                lengths.setdefault(phrase[:2], set()).add(len(phrase))
        self._lengths_from = {pair: tuple(sorted(found)) for pair, found in lengths.items()}
        self._shift = np.uint64(64 - max(10, (16 * size).bit_length()))
        keys = self._key(self._first, self._last, self._sizes)
        order = np.argsort(keys, kind="stable")
        slots = (keys[order] >> self._shift).astype(np.int64)
        # phrases of one slot stand one after the other; from each slot its first, and how many more there are at most in any
        self._table = np.full(1 << (64 - int(self._shift)), -1, dtype=np.int32)
        fresh = np.ones(size, dtype=bool)
        fresh[1:] = slots[1:] != slots[:-1]
        firsts = np.flatnonzero(fresh)
        self._table[slots[firsts]] = firsts
        self._deepest = int(np.diff(firsts, append=size).max(initial=0))
        self._order = order
        past = np.full(self._deepest, np.iinfo(np.uint64).max, dtype=np.uint64)
        self._sorted = (
            np.concatenate([self._first[order], past]), np.concatenate([self._last[order], past]),
            np.concatenate([self._sizes[order], np.zeros(self._deepest, dtype=np.int64)]),
        )  # fmt: skip

    def find_one(self, text: str) -> list[tuple[int, int, int]]:
        """All (phrase, start, end) in one folded text, for which arrays wouldn't pay."""
        found: list[tuple[int, int, int]] = []
        numbers, begins, single = self._numbers, self._lengths_from, self._lengths[:1] == (1,)
        for at in range(len(text)):
            if single and text[at] in numbers:
                found.append((numbers[text[at]], at, at + 1))
            lengths = begins.get(text[at : at + 2])
            if lengths is not None:
                for length in lengths:
                    number = numbers.get(text[at : at + length])
                    if number is not None and at + length <= len(text):
                        found.append((number, at, at + length))
        return found

    @staticmethod
    def _key(first: NDArray[np.uint64], last: NDArray[np.uint64], length: NDArray[np.int64]) -> NDArray[np.uint64]:
        more = length.astype(np.uint64) * _LENGTH
        mixed: NDArray[np.uint64] = (first * _FIRST) ^ (last * _LAST) ^ more
        mixed ^= mixed >> np.uint64(29)
        mixed *= _LAST
        return mixed

    def find(self, codes: NDArray[np.uint32], starts: NDArray[np.int64]) -> Places:
        """All places of all phrases, overlapping ones too. `codes`: the characters of the texts, with END after each; `starts`:
        where each text begins."""
        parts: list[NDArray[np.int64]] = []
        sizes: list[int] = []
        if self._lengths and self._lengths[0] == 1:
            parts.append(np.flatnonzero(self._singles[codes & np.uint32(0xFFFF)]))
            sizes.append(1)
        if len(codes) > 1:
            begins = self._begins[_pair(codes[:-1], codes[1:])]
            at = np.flatnonzero(begins)
            begins = begins[at]
            for size in self._lengths:
                if size > 1:
                    parts.append(at[np.flatnonzero(begins & np.uint16(1 << min(size, _LONG)))])
                    sizes.append(size)
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return Places(none, none, none, none)
        place = np.concatenate(parts)
        length = np.repeat(np.array(sizes, dtype=np.int64), [len(part) for part in parts])
        place, phrase = self._confirm(codes, place, length)
        order = np.argsort(place, kind="stable")
        place, phrase = place[order], phrase[order]
        text = np.searchsorted(starts, place, side="right") - 1
        start = place - starts[text]
        return Places(text, phrase, start, start + self._sizes[phrase])

    def _confirm(
        self, codes: NDArray[np.uint32], may: NDArray[np.int64], length: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of the places where a phrase of such a length may begin, those where one does, and which."""
        few = np.minimum(length, 3)
        first, last = _packed_at(codes, may, few), _packed_at(codes, may + (length - few), few)
        slots = self._table[(self._key(first, last, length) >> self._shift).astype(np.int64)]
        taken = np.flatnonzero(slots >= 0)
        slots, may, first, last, length = slots[taken], may[taken], first[taken], last[taken], length[taken]
        firsts, lasts, sizes = self._sorted
        where: list[NDArray[np.int64]] = []
        which: list[NDArray[np.int64]] = []
        for deeper in range(self._deepest):
            row = slots + deeper  # the columns go on past the end with what equals nothing
            same = np.flatnonzero((firsts[row] == first) & (lasts[row] == last) & (sizes[row] == length))
            where.append(may[same])
            which.append(self._order[row[same]])
        place, phrase = np.concatenate(where), np.concatenate(which)
        long = np.flatnonzero(self._sizes[phrase] > 6)
        if len(long):
            wrong = [
                k for k, a, p in zip(long.tolist(), place[long].tolist(), phrase[long].tolist(), strict=True)
                if not np.array_equal(codes[a : a + len(self._codes[p])], self._codes[p])
            ]  # fmt: skip
            if wrong:
                place, phrase = np.delete(place, wrong), np.delete(phrase, wrong)
        return place, phrase


def _packed(codes: NDArray[np.uint32]) -> int:
    """Up to three characters in one number."""
    return sum(int(code) << _BITS * n for n, code in enumerate(codes))


def _packed_at(codes: NDArray[np.uint32], at: NDArray[np.int64], few: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The `few` (1 to 3) characters from each place on, packed; after the last of all characters END goes on."""
    packed = codes.take(at, mode="clip").astype(np.uint64)
    packed |= codes.take(at + 1, mode="clip").astype(np.uint64) << _ONE
    packed |= codes.take(at + 2, mode="clip").astype(np.uint64) << _TWO
    return packed & _MASKS[few]
