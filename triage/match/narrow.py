"""Which flags can matter to a stratum: those of the terms that aren't false already. Questions that differ elsewhere are the same."""

from __future__ import annotations

from collections import Counter, defaultdict

from triage.conditions.flags import Flags, bits
from triage.match import Program


class Narrowing:
    """Leaves out of a question to a matcher what can't change its answer, so that equal questions are asked once."""

    def __init__(self, program: Program) -> None:
        uses = Counter(flag for terms in program.terms for term in terms for flag in term.true)
        self._strata: list[dict[int, tuple[tuple[int, int], ...]]] = []
        self._always: list[int] = []
        """Flags of terms that only ask for flags to be false: they can always matter."""
        for rules in program.strata:
            keyed: dict[int, list[tuple[int, int]]] = defaultdict(list)
            always = 0
            for rule in rules:
                for term in program.terms[rule]:
                    true, false = sum(1 << f for f in term.true), sum(1 << f for f in term.false)
                    if term.true:
                        keyed[min(term.true, key=lambda f: (program.rarity(f), uses[f], f))].append((true, false))
                    else:
                        always |= false
            self._strata.append({flag: tuple(dict.fromkeys(found)) for flag, found in keyed.items()})
            self._always.append(always)

    def near(self, stratum: int, flags: Flags) -> int:
        """The flags, as a bit set, of all terms of the stratum that hold or that what is unknown could make hold."""
        keyed = self._strata[stratum]
        near = self._always[stratum]
        true, unknown = flags.true, flags.unknown
        possible = true | unknown
        for flag in bits(possible):
            if flag in keyed:
                for t, f in keyed[flag]:
                    if possible & t == t and not true & f:
                        near |= t | f
        return near

    @staticmethod
    def within(flags: Flags, near: int) -> Flags:
        """The flags in `near` alone; the others are left out altogether."""
        return Flags(flags.true & near, flags.false & near, flags.unknown & near)
