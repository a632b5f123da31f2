"""For want of which facts a decision is incomplete: the rules that couldn't be told, and what each lacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from triage.decide import Settled
from triage.domain.condition import facts_read
from triage.domain.decision import Missing
from triage.domain.facts import Unknown, Value
from triage.domain.pack import Rule
from triage.resolve import paths

_KEPT = 8192
Lacking: TypeAlias = tuple[dict[str, tuple[str, ...]], tuple[Missing, ...], tuple[str, ...]]
"""Per incomplete slot the facts that were unknown, the rules that lacked them, and the facts whose tests failed."""
COMPLETE: Lacking = ({}, (), ())


class Lacks:
    """What the rules of a pack read, so that what they lack can be told."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._ids = [rule.id for rule in rules]
        self._reads = [tuple(sorted({*facts_read(rule.when), *(p for a in rule.actions for p in paths(a.value))})) for rule in rules]
        self._known: dict[object, tuple[Settled, Lacking]] = {}

    def of(self, settled: Settled, unknown: int, facts: Mapping[str, Value | Unknown]) -> Lacking:
        """What was lacking. `unknown`: the tests that were unknown, as a bit set."""
        if not settled.loose:
            return COMPLETE
        why = tuple((path, value.reason) for path, value in facts.items() if isinstance(value, Unknown))
        key = (id(settled), unknown, why)  # the same tests can be unknown for different reasons
        found = self._known.get(key)
        if found is None or found[0] is not settled:
            lacks = {i: self._lacks(i, facts) for loose in settled.loose.values() for i in loose}
            incomplete = {
                slot: tuple(sorted({path for i in loose for path, _ in lacks[i]})) for slot, loose in settled.loose.items()
            }
            rules = tuple(sorted((Missing(self._ids[i], lack) for i, lack in lacks.items()), key=lambda m: m.rule))
            failed = tuple(sorted({path for lack in lacks.values() for path, reason in lack if reason == "failed"}))
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[key] = (settled, (incomplete, rules, failed))
        return found[1]

    def _lacks(self, i: int, facts: Mapping[str, Value | Unknown]) -> tuple[tuple[str, str], ...]:
        """The facts for want of which rule i can't be told, with why each is unknown."""
        out = []
        for path in self._reads[i]:
            value = facts.get(path)
            if isinstance(value, Unknown):
                out.append((path, value.reason))
        return tuple(dict.fromkeys(out)) or tuple((path, "failed") for path in self._reads[i])
