"""Text tests: what each means (one at a time, plainly), and a scanner that answers all of them in one pass over a text.

The plain functions are the definition; the scanner must agree with them on every text (held by a test).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from triage.domain.condition import Check
from triage.text.fold import Batch, fold_pattern
from triage.text.phrases import Phrases
from triage.text.reading import Reading
from triage.text.regex import Regex, compile_regex, rarity

TEXT_OPS = frozenset({"contains", "contains_any", "contains_all", "words", "starts_with", "ends_with", "matches"})

_compiled = lru_cache(maxsize=1024)(compile_regex)
"""Compiling takes hundreds of times as long as searching a complaint, and the plain meaning is asked text by text."""

_FAR = 1 << 40

Hits: TypeAlias = Sequence[tuple[int, int]]
"""[a, b) pairs in the folded text; empty where the test is false."""


def patterns(check: Check) -> tuple[str, ...]:
    """The folded phrases of a check (one for `contains`, several for `words`, ...), as a tuple."""
    operand = check.operand
    items = operand if isinstance(operand, tuple) else (operand,)
    return tuple(fold_pattern(str(item)) for item in items)


def phrase_hits(reading: Reading, phrase: str, *, words: bool, unless_negated: bool) -> list[tuple[int, int]]:
    """Where a folded phrase stands: whole characters of what the customer wrote; at word boundaries if `words`;
    not after a negator in the same clause if `unless_negated`. Overlapping occurrences all count."""
    folded, start = reading.text.folded, 0
    found: list[tuple[int, int]] = []
    if not phrase:
        return found
    while (start := folded.find(phrase, start)) >= 0:
        end = start + len(phrase)
        if (
            reading.text.span(start, end) is not None
            and (not words or (reading.is_boundary(start) and reading.is_boundary(end)))
            and not (unless_negated and reading.is_negated(start))
        ):
            found.append((start, end))
        start += 1
    return found


def regex_hits(
    reading: Reading, regex: Regex, encoded: bytes, unless_negated: bool, start: int = 0
) -> list[tuple[int, int]]:
    """The first match of an expression, if any. One match, because searching on for all could take quadratic time.

    `start`: a place in the folded text before which no match can begin.
    """
    skipped = len(reading.text.folded[:start].encode("utf-8")) if start else 0
    found = regex.search(encoded, skipped)
    if found is None:
        return []
    a = start + len(encoded[skipped : found[0]].decode("utf-8"))
    b = a + len(encoded[found[0] : found[1]].decode("utf-8"))
    if unless_negated and reading.is_negated(a):
        return []
    # a match that ends inside the expansion of one character is widened to whole characters
    while a > 0 and reading.text.span(a, a) is None:
        a -= 1
    while b < len(reading.text.folded) and reading.text.span(b, b) is None:
        b += 1
    return [(a, b)]


def check_hits(reading: Reading, check: Check) -> list[tuple[int, int]]:
    """Where one text check hits; empty if it is false. The reference meaning, one check at a time."""
    if check.op == "matches":
        regex = _compiled(str(check.operand))
        return regex_hits(reading, regex, reading.text.folded.encode("utf-8"), check.unless_negated)
    phrases = patterns(check)
    if check.op in ("starts_with", "ends_with"):
        size = len(reading.text.folded)
        found = []
        for p in phrases:
            a = 0 if check.op == "starts_with" else size - len(p)
            if p and reading.text.folded.find(p, a, a + len(p)) == a >= 0 and reading.text.span(a, a + len(p)) is not None:
                found.append((a, a + len(p)))
        return sorted(found)
    each = [phrase_hits(reading, p, words=check.op == "words", unless_negated=check.unless_negated) for p in phrases]
    if check.op == "contains_all" and not all(each):
        return []
    return sorted({hit for hits in each for hit in hits})


_Finder: TypeAlias = Callable[[str, int, int], Any]


def _finder(group: frozenset[str]) -> _Finder:
    """Tells whether a literal of the group stands in text[start:end]."""
    single = all(len(literal) == 1 for literal in group)
    words = map(re.escape, sorted(group))
    return re.compile("[" + "".join(words) + "]" if single else "|".join(words)).search


_Row: TypeAlias = "tuple[int, int, int, int]"
"""Text, check, start, end of one hit."""


_NO_USE: tuple[tuple[()], tuple[()]] = ((), ())


class Found(NamedTuple):
    """Where checks hit in some texts, as columns: hit k is of check `check[k]`, at [start[k], end[k]) of folded text number `text[k]`.

    In the order of the texts and, of one check in one text, of the places; otherwise in no particular order.
    """

    text: NDArray[np.int64]
    check: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


class _Wake(NamedTuple):
    """What a literal that an expression needs wakes up: the check, the finders of what else must stand before and after it, and
    within how many characters (`_FAR`: however far)."""

    check: int
    branch: int
    before: tuple[_Finder, ...]
    after: tuple[_Finder, ...]
    reach: int
    anchor: str


class Scanner:
    """All text checks of a pack, compiled: all phrases at once, RE2 for expressions whose literals were seen.

    `scan_many(readings)` answers for a batch, as columns; `scan(reading)` for one, as a mapping from the index of each check that
    holds to its hits.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = tuple(checks)
        ids: dict[str, int] = {}
        # per phrase: the checks that need no more than it, those that do as (check, words, unless_negated), the expressions it wakes
        plain: list[list[int]] = []
        strict: list[list[tuple[int, bool, bool]]] = []
        wakes: list[list[_Wake]] = []
        self._all: dict[int, frozenset[int]] = {}
        self._edges: list[int] = []
        self._regexes: dict[int, Regex] = {}
        self._always: list[int] = []

        def phrase_id(phrase: str) -> int:
            if phrase not in ids:
                ids[phrase] = len(ids)
                plain.append([])
                strict.append([])
                wakes.append([])
            return ids[phrase]

        branch = 0
        for i, check in enumerate(self.checks):
            if check.op == "matches":
                regex = self._regexes[i] = compile_regex(str(check.operand))
                if not regex.needs:
                    self._always.append(i)
                for groups, longest, anchor in regex.needs:
                    # only the rarest group is looked for everywhere; where one of it stands, the others are asked for
                    rarest = groups.index(max(groups, key=rarity))
                    finders = [_finder(group) for group in groups]
                    wake = _Wake(i, branch, tuple(finders[:rarest]), tuple(finders[rarest + 1 :]), _FAR if longest is None else longest, anchor)
                    branch += 1
                    for literal in groups[rarest]:
                        wakes[phrase_id(literal)].append(wake)
            elif check.op in ("starts_with", "ends_with"):
                self._edges.append(i)
            else:
                found = [phrase_id(p) for p in dict.fromkeys(patterns(check)) if p]
                if check.op == "contains_all":
                    # a phrase that folds to nothing never hits, so that all of them never do
                    self._all[i] = frozenset(found) if all(patterns(check)) else frozenset((-1,))
                for p in found:
                    if check.op == "words" or check.unless_negated or check.op == "contains_all":
                        strict[p].append((i, check.op == "words", check.unless_negated))
                    else:
                        plain[p].append(i)
        self._uses = [(tuple(strict[p]), tuple(wakes[p])) for p in range(len(ids))]
        """Per phrase: the strict checks that look for it, what it wakes."""
        self._plain_of = [tuple(found) for found in plain]
        self._special = np.array([bool(strict[p] or wakes[p]) for p in range(len(ids))], dtype=bool)
        self._plain_counts = np.array([len(found) for found in plain], dtype=np.int64)
        self._plain_firsts = np.cumsum(self._plain_counts) - self._plain_counts
        self._plain = np.array([i for found in plain for i in found], dtype=np.int64)
        """The plain checks of all phrases, one after the other; those of phrase p from `_plain_firsts[p]`, `_plain_counts[p]` of them."""
        self._phrases = Phrases(list(ids))

    def scan(self, reading: Reading) -> dict[int, list[tuple[int, int]]]:
        """Index of each check that holds -> its hits, sorted [a, b) pairs in the folded text."""
        out: dict[int, list[tuple[int, int]]] = {}
        for _, check, start, end in self._rows(reading):
            out.setdefault(check, []).append((start, end))
        return {check: sorted(hits) for check, hits in out.items()}

    def _rows(self, reading: Reading) -> list[_Row]:
        """The hits of all checks in one text, for which arrays wouldn't pay."""
        rows: list[_Row] = []
        special: list[tuple[int, ...]] = []
        for phrase, start, end in self._phrases.find_one(reading.text.folded):
            if self._uses[phrase] != _NO_USE:
                special.append((0, phrase, start, end))
            if self._plain_of[phrase] and reading.text.span(start, end) is not None:
                rows += [(0, check, start, end) for check in self._plain_of[phrase]]
        self._rest([reading], {0: self._look_closer(0, reading, special, rows)} if special else {}, rows)
        return rows

    def scan_many(self, readings: Sequence[Reading], batch: Batch) -> Found:
        """The hits of all checks in some texts. `batch`: the same texts."""
        if len(readings) == 1:
            rows = self._rows(readings[0])
            return Found(*np.array(rows, dtype=np.int64).reshape(len(rows), 4).T)
        text, phrase, start, end = places = self._phrases.find(batch.codes, batch.starts)
        rows = []
        run: dict[int, dict[int, int]] = {}
        special = np.flatnonzero(self._special[phrase])
        if len(special):
            picked = zip(*(column[special].tolist() for column in places), strict=True)
            for n, hits in groupby(picked, itemgetter(0)):
                run[n] = self._look_closer(n, readings[n], hits, rows)
        whole = self._whole(readings, text, start, end)
        if whole is not None:
            text, phrase, start, end = text[whole], phrase[whole], start[whole], end[whole]
        counts = self._plain_counts[phrase]
        firsts = np.repeat(self._plain_firsts[phrase] - np.cumsum(counts) + counts, counts)
        check = self._plain[firsts + np.arange(len(firsts))]
        text, start, end = np.repeat(text, counts), np.repeat(start, counts), np.repeat(end, counts)
        self._rest(readings, run, rows)
        if not rows:
            return Found(text, check, start, end)
        more = np.array(rows, dtype=np.int64).T
        return _in_order(*(np.concatenate(pair) for pair in zip((text, check, start, end), more, strict=True)))

    @staticmethod
    def _whole(readings: Sequence[Reading], text: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Which hits are whole characters of what the customer wrote; None: all of them."""
        uneven = [n for n, reading in enumerate(readings) if reading.text.offsets is not None]
        if not uneven:
            return None
        whole = np.ones(len(text), dtype=bool)
        for n in uneven:
            span = readings[n].text.span
            first, last = np.searchsorted(text, (n, n + 1)).tolist()
            for k in range(first, last):
                whole[k] = span(int(start[k]), int(end[k])) is not None
        return whole

    def _look_closer(self, n: int, reading: Reading, hits: Iterable[tuple[int, ...]], rows: list[_Row]) -> dict[int, int]:
        """Hits, in text number n, of phrases on which more than themselves hangs: word boundaries, negation, other phrases, expressions.

        Adds the checks that hold to `rows`; returns those whose expressions must be run, with where a match may begin.
        """
        folded, whole, uses = reading.text.folded, reading.text.offsets is None, self._uses
        run: dict[int, int] = {}
        settled: set[int] = set()
        parts: dict[int, set[int]] = {}
        first = len(rows)
        for _, phrase, a, b in hits:
            strict, wakes = uses[phrase]
            for i, branch, before, after, reach, anchor in wakes:
                if branch in settled or (anchor and (b > reach if anchor == "^" else a < len(folded) - reach)):
                    continue
                if after and not after[0](folded, b, b + reach):  # most hits end here
                    near = False
                else:
                    near = _near(before, after[1:], folded, a, b, reach)
                if near:
                    settled.add(branch)
                    start = max(0, b - reach)
                    run[i] = min(run[i], start) if i in run else start
                elif reach == _FAR:
                    # what isn't in the rest of the text needn't be looked for again at each hit
                    settled.add(branch)
            if strict and (whole or reading.text.span(a, b) is not None):
                for i, words, unless_negated in strict:
                    if words and not (reading.is_boundary(a) and reading.is_boundary(b)):
                        continue
                    if unless_negated and reading.is_negated(a):
                        continue
                    if i in self._all:
                        parts.setdefault(i, set()).add(phrase)
                    rows.append((n, i, a, b))
        lacking = {i for i, seen in parts.items() if seen != self._all[i]}
        if lacking:
            rows[first:] = [row for row in rows[first:] if row[1] not in lacking]
        return run

    def _rest(self, readings: Sequence[Reading], run: dict[int, dict[int, int]], rows: list[_Row]) -> None:
        """Run the expressions whose literals were seen, and those of which none can be told, each on all its texts in a row: what
        RE2 keeps of an expression is then at hand. Then look at the ends of the texts."""
        waiting: dict[int, list[tuple[int, int]]] = {i: [(n, 0) for n in range(len(readings))] for i in self._always}
        for n, starts in run.items():
            for i, start in starts.items():
                waiting.setdefault(i, []).append((n, start))
        encoded: dict[int, bytes] = {}
        for i in sorted(waiting):
            regex, unless_negated = self._regexes[i], self.checks[i].unless_negated
            for n, start in waiting[i]:
                reading = readings[n]
                if n not in encoded:
                    encoded[n] = reading.text.folded.encode("utf-8")
                rows += [(n, i, a, b) for a, b in regex_hits(reading, regex, encoded[n], unless_negated, start)]
        for i in self._edges:
            for n, reading in enumerate(readings):
                rows += [(n, i, a, b) for a, b in check_hits(reading, self.checks[i])]


def _near(before: tuple[_Finder, ...], after: tuple[_Finder, ...], folded: str, a: int, b: int, reach: int) -> bool:
    """Whether what else an expression needs stands near enough before and after folded[a:b]."""
    for finds in after:
        if not finds(folded, b, b + reach):
            return False
    if not before:
        return True
    # where there is no bound, the whole text is looked through, so that the answer is good for all later hits
    start, end = (0, len(folded)) if reach == _FAR else (max(0, b - reach), a)
    return all(finds(folded, start, end) for finds in before)


def _in_order(text: NDArray[np.int64], check: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> Found:
    order = np.argsort(text, kind="stable")
    return Found(text[order], check[order], start[order], end[order])
