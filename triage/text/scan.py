"""Text tests: what each means (one at a time, plainly), and a scanner that answers all of them in one pass over a text.

The plain functions are the definition; the scanner must agree with them on every text (held by a test).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from triage.domain.condition import Check
from triage.text.fold import fold_pattern
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


class Scanner:
    """All text checks of a pack, compiled: one automaton for the phrases, RE2 for expressions whose literals were seen.

    `scan(reading)` maps the index of each check that holds to its hits.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

        self.checks = tuple(checks)
        ids: dict[str, int] = {}
        # per phrase: the checks that look for it, as (check, position in its list, words, unless_negated)
        plain: list[list[int]] = []
        strict: list[list[tuple[int, bool, bool]]] = []
        # per literal that an expression needs: (branch, or -1 where others must come after; key of the group before it, or -1;
        # its own key; within how many characters)
        wakes: list[list[tuple[int, int, int, int]]] = []
        # per branch: its check, and the groups that the automaton doesn't look for, before and after the last that it looks for
        self._branches: list[tuple[int, tuple[_Finder, ...], tuple[_Finder, ...]]] = []
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

        for i, check in enumerate(self.checks):
            if check.op == "matches":
                regex = self._regexes[i] = compile_regex(str(check.operand))
                if not regex.needs:
                    self._always.append(i)
                for groups, longest in regex.needs:
                    # single characters are everywhere: they are asked for only where all else was seen
                    rarest = max(groups, key=rarity)
                    looked = [n for n, g in enumerate(groups) if min(map(len, g)) > 1] or [groups.index(rarest)]
                    looked = looked[:64]
                    key, reach = len(self._branches) * 64, _FAR if longest is None else longest
                    for n, place in enumerate(looked):
                        last = n == len(looked) - 1
                        for literal in groups[place]:
                            wakes[phrase_id(literal)].append((len(self._branches) if last else -1, key + n - 1 if n else -1, key + n, reach))
                    others = [(place, _finder(group)) for place, group in enumerate(groups) if place not in looked]
                    before = tuple(finder for place, finder in others if place < looked[-1])
                    self._branches.append((i, before, tuple(finder for place, finder in others if place > looked[-1])))
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
        self._alone = [plain[p][0] if len(plain[p]) == 1 and not strict[p] and not wakes[p] else -1 for p in range(len(ids))]
        """Per phrase: the one check that looks for it, where that is plain and all that it is for; else -1."""
        self._uses = [(tuple(plain[p]), tuple(strict[p]), tuple(wakes[p])) for p in range(len(ids))]
        """Per phrase: the plain checks that look for it, the strict ones, what it wakes."""
        self._find = (
            AhoCorasick(list(ids), matchkind=MatchKind.Standard, implementation=Implementation.DFA if len(ids) < 20_000 else None)
            if ids else None
        )  # fmt: skip

    def _near(self, branch: int, folded: str, a: int, b: int, reach: int) -> bool:
        """Whether what the automaton doesn't look for stands near enough before and after folded[a:b]."""
        _, before, after = self._branches[branch]
        for finds in after:
            if not finds(folded, b, a + reach):
                return False
        if not before:
            return True
        # where there is no bound, the whole text is looked through, so that the answer is good for all later hits
        start, end = (0, len(folded)) if reach == _FAR else (max(0, b - reach), a)
        return all(finds(folded, start, end) for finds in before)

    def scan(self, reading: Reading) -> dict[int, list[tuple[int, int]]]:
        """Index of each check that holds -> its hits, sorted [a, b) pairs in the folded text."""
        found: dict[int, list[tuple[int, int]]] = {}
        text = reading.text
        folded = text.folded
        # per check whose expression must be run: where a match may begin at the earliest
        run: dict[int, int] = dict.fromkeys(self._always, 0)
        settled: set[int] = set()
        last: dict[int, int] = {}
        parts: dict[int, set[int]] | None = None
        whole = text.offsets is None
        if self._find is not None:
            alone, uses = self._alone, self._uses
            for phrase, a, b in self._find.find_matches_as_indexes(folded, overlapping=True):
                i = alone[phrase]
                if i >= 0:
                    if whole or text.span(a, b) is not None:
                        if i in found:
                            found[i].append((a, b))
                        else:
                            found[i] = [(a, b)]
                    continue
                plain, strict, wakes = uses[phrase]
                for branch, before, key, reach in wakes:
                    # hits come in order of their ends, so that the latest of the group before is the nearest
                    if before < 0 or (before in last and last[before] >= b - reach):
                        if branch < 0:
                            last[key] = a
                        elif branch not in settled:
                            if self._near(branch, folded, a, b, reach):
                                settled.add(branch)
                                i, start = self._branches[branch][0], max(0, b - reach)
                                run[i] = min(run[i], start) if i in run else start
                            elif reach == _FAR:
                                # what isn't in the rest of the text needn't be looked for again at each hit
                                settled.add(branch)
                if not ((plain or strict) and (whole or text.span(a, b) is not None)):
                    continue
                for i in plain:
                    if i in found:
                        found[i].append((a, b))
                    else:
                        found[i] = [(a, b)]
                for i, words, unless_negated in strict:
                    if words and not (reading.is_boundary(a) and reading.is_boundary(b)):
                        continue
                    if unless_negated and reading.is_negated(a):
                        continue
                    if i in self._all:
                        parts = parts or {}
                        parts.setdefault(i, set()).add(phrase)
                    if i in found:
                        found[i].append((a, b))
                    else:
                        found[i] = [(a, b)]
        if parts:
            for i, seen in parts.items():
                if seen != self._all[i]:
                    del found[i]
        for hits in found.values():
            if len(hits) > 1:
                hits.sort()
        if run:
            encoded = folded.encode("utf-8")
            for i in sorted(run) if len(run) > 1 else run:
                hits = regex_hits(reading, self._regexes[i], encoded, self.checks[i].unless_negated, run[i])
                if hits:
                    found[i] = hits
        for i in self._edges:
            if hits := check_hits(reading, self.checks[i]):
                found[i] = hits
        return found
