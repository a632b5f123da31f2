"""The built-in matcher: bit sets, each term looked up under its rarest flag, so that cost follows what is true, not the number of rules."""

from __future__ import annotations

from collections import Counter, defaultdict

from triage.conditions.flags import Flags
from triage.conditions.terms import Term
from triage.match import MatcherName, Program


class BuiltinMatcher:
    """See `triage.match.Matcher`. Holds no state between calls."""

    name: MatcherName = "builtin"

    def __init__(self, program: Program) -> None:
        uses = Counter(flag for terms in program.terms for term in terms for flag in term.true)
        self._strata = [_Index(program, rules, uses) for rules in program.strata]

    def match(self, stratum: int, flags: Flags) -> list[int]:
        """Indexes of the rules of a stratum that hold, ascending."""
        return self._strata[stratum].match(flags)

    def close(self) -> None:
        """Nothing to give back."""


class _Index:
    def __init__(self, program: Program, rules: tuple[int, ...], uses: Counter[int]) -> None:
        single: dict[int, list[int]] = defaultdict(list)
        keyed: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self._open: list[tuple[int, int, int]] = []
        for rule in rules:
            for term in program.terms[rule]:
                if not term.true:  # only flags that must be false: nothing to look it up under
                    self._open.append((rule, 0, _mask(term.false)))
                elif len(term.true) == 1 and not term.false:
                    single[term.true[0]].append(rule)
                else:
                    key = min(term.true, key=lambda f: (program.rarity(f), uses[f], f))
                    keyed[key].append((rule, *_masks(term)))
        self._single = {flag: tuple(found) for flag, found in single.items()}
        self._keyed = {flag: tuple(found) for flag, found in keyed.items()}

    def match(self, flags: Flags) -> list[int]:
        true, false = flags.true, flags.false
        found = {rule for rule, _, f in self._open if false & f == f}
        single, keyed = self._single, self._keyed
        for flag in flags.on:
            if flag in single:
                found.update(single[flag])
            if flag in keyed:
                for rule, t, f in keyed[flag]:
                    if true & t == t and false & f == f:
                        found.add(rule)
        return sorted(found)


def _mask(flags: tuple[int, ...]) -> int:
    mask = 0
    for flag in flags:
        mask |= 1 << flag
    return mask


def _masks(term: Term) -> tuple[int, int]:
    return _mask(term.true), _mask(term.false)
