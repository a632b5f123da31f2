"""From facts and tests to what the rules settle: stratum by stratum, each question asked once.

What rules come to hangs on a few bits (which tests are true, which are unknown), so that equal questions are answered from memory.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from triage import match
from triage.conditions.flags import Answer, Flags, FlagTable
from triage.decide import Decider, Settled
from triage.domain.condition import facts_read
from triage.domain.facts import FromFact, Lookup, Unknown, Value
from triage.domain.pack import Pack
from triage.gather import ENTITY_FACTS, Gathered, Gatherer
from triage.match.narrow import Narrowing
from triage.packs.strata import strata
from triage.text.fold import Text

_KEPT = 8192
"""How many answers of each kind are kept in memory."""

_LATE_SLOTS = {
    "decision.severity": "severity", "decision.queue": "queue", "decision.owner": "owner", "decision.tags": "tag",
    "decision.green_channel": "green_channel",
}  # fmt: skip
"""Facts that tell the decision so far, and the slots that they tell."""


class Outcome(NamedTuple):
    """What matching and the merge laws came to; or, where `asks` isn't empty, the kinds of entities that must be looked for first."""

    held: tuple[int, ...]
    flags: Flags
    settled: Settled | None
    late: Mapping[str, Value | Unknown | None]
    """The facts that hang on the decision so far; None where one is missing."""
    asks: frozenset[str] = frozenset()


class _SoFar(NamedTuple):
    """What rules that wait for the decision see of it: facts, and the answers to the tests of them."""

    late: Mapping[str, Value | Unknown | None]
    answer: Answer


class _More(NamedTuple):
    """What an outcome hangs on besides tests: values of the facts that actions take theirs from, and what people set."""

    taken: tuple[Value | Unknown | None, ...]
    by_hand: tuple[tuple[str, str], ...]


def late_facts(pack: Pack) -> tuple[frozenset[str], tuple[str, ...]]:
    """The facts that wait for the decision so far, and those of them that are looked up, in the order in which they can be."""
    late = {path for path in pack.facts if path.startswith(("decision.", "derived."))}
    looked_up: list[str] = []
    while True:
        more = [
            path for path, fact in sorted(pack.facts.items())
            if fact.lookup is not None and path not in looked_up and any(p in late or p in looked_up for p in fact.lookup.by)
        ]  # fmt: skip
        if not more:
            return frozenset(late.union(looked_up)), tuple(looked_up)
        looked_up += more


def read_by_actions(pack: Pack) -> frozenset[str]:
    """The facts from which actions and lookups take their values."""
    found = {p for rule in pack.rules for action in rule.actions for p in paths(action.value)}
    found |= {p for fact in pack.facts.values() if fact.lookup is not None for p in fact.lookup.by}
    return frozenset(found)


def paths(value: object) -> tuple[str, ...]:
    """The facts that an action's value is taken from."""
    return (value.path,) if isinstance(value, FromFact) else value.by if isinstance(value, Lookup) else ()


class Resolver:
    """One pack, with the answers to its tests on the one side and the merge laws on the other."""

    def __init__(self, pack: Pack, table: FlagTable, gatherer: Gatherer, decider: Decider, matcher: str, used: Collection[str]) -> None:
        self._pack, self._table, self._gatherer, self._decider = pack, table, gatherer, decider
        late, self._late_lookups = late_facts(pack)
        self.strata = strata(pack.rules, pack.facts)
        program = match.Program(tuple(table.terms), self.strata, table.rarity)
        self.matcher = match.build(matcher, program)
        self._narrowing = Narrowing(program)
        self._underived = {a.key: pack.facts[a.key].default for r in pack.rules for a in r.actions if a.slot == "set"}
        self._kinds_read = {
            i: kinds for i, rule in enumerate(pack.rules)
            if (kinds := frozenset(ENTITY_FACTS[path] for path in facts_read(rule.when) if path in ENTITY_FACTS))
        }  # fmt: skip
        # what rules ask about the decision so far: facts, and the slots that they come from
        self._asked_late = frozenset(late & frozenset(used))
        self._slots_late = frozenset(_LATE_SLOTS.get(path, "set") for path in self._asked_late)
        self._bearing = decider.bearing(self._slots_late)
        self._taken_from = tuple(sorted({p for rule in pack.rules for action in rule.actions for p in paths(action.value)}))
        self._closed = not self._late_lookups and not table.late_reads_more and not any(p in late for p in self._taken_from)
        """Whether an outcome hangs on the tests and `_More` alone: then it may be answered from memory."""
        self._nothing_yet = table.late({})
        self._outcomes: dict[object, Outcome] = {}
        self._matched: dict[object, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self._settled: dict[object, Settled] = {}
        self._waited: dict[object, _SoFar] = {}

    def resolve(self, text: Text, tested: Mapping[int, object], found: Gathered, by_hand: Mapping[str, str]) -> Outcome:
        """What the rules come to for one complaint. `tested`: the text checks of rules that hold, by index into the table's.

        Looks for entities in the text where a rule hangs on them, and puts the facts that wait for the decision among `found`'s.
        """
        facts = found.facts
        more = _More(tuple([facts.get(path) for path in self._taken_from]), tuple(sorted(by_hand.items())) if by_hand else ())
        while True:
            early = self._table.early(facts, tested)
            if self._closed:
                key = (early, more, found.pending)
                outcome = self._outcomes.get(key)
                if outcome is None:
                    outcome = self._strata(early, found, more)
                    _keep(self._outcomes, key, outcome)
            else:
                outcome = self._strata(early, found, more)
            if not outcome.asks:
                break
            # some rule hangs on what hasn't been looked for in the text yet
            self._gatherer.look_for(outcome.asks, text, found)
        for path, value in outcome.late.items():
            if value is None:
                facts.pop(path, None)
            else:
                facts[path] = value
        return outcome

    def _strata(self, early: Answer, found: Gathered, more: _More) -> Outcome:
        """Stratum by stratum; each waits for what the ones before it settle."""
        # where actions or lookups read what is decided so far, they must find it among the facts
        facts = found.facts if self._closed else dict(found.facts)
        held: tuple[int, ...] = ()
        maybe: tuple[int, ...] = ()
        late: Mapping[str, Value | Unknown | None] = {}
        flags = self._table.join(early, self._nothing_yet if self._closed else self._table.late(facts))
        for stratum in range(len(self.strata)):
            if stratum:
                late, answer = self._so_far(held, maybe, facts, more)
                flags = self._table.join(early, answer)
            new, perhaps = self._match(stratum, flags)
            if found.pending and (perhaps or new):
                # a rule that holds anyway may hold for what stands in the text as well: then that is among its reasons
                asks = frozenset(kind for i in (*perhaps, *new) for kind in self._kinds_read.get(i, ()) if kind in found.pending)
                if asks:
                    return Outcome(held, flags, None, {}, asks)
            held = tuple(sorted(held + new)) if held and new else held or new
            maybe = tuple(sorted(maybe + perhaps)) if maybe and perhaps else maybe or perhaps
        return Outcome(held, flags, self._settle(held, maybe, facts, more), late)

    def _match(self, stratum: int, flags: Flags) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rules of a stratum that hold, and those that can't be told."""
        near = self._narrowing.near(stratum, flags)
        true, unknown = flags.true & near, flags.unknown & near
        key = (stratum, near, true, unknown)
        found = self._matched.get(key)
        if found is None:
            flags = self._narrowing.within(flags, near)
            held = tuple(self.matcher.match(stratum, flags))
            possible = self.matcher.match(stratum, flags.possible()) if unknown else ()
            found = held, tuple([i for i in possible if i not in held])
            _keep(self._matched, key, found)
        return found

    def _settle(self, held: tuple[int, ...], maybe: tuple[int, ...], facts: dict[str, Value | Unknown], more: _More) -> Settled:
        """What the rules settle."""
        key = (held, maybe, more)
        settled = self._settled.get(key) if self._closed else None
        if settled is None:
            settled = self._decider.settle(held, maybe, facts, dict(more.by_hand))
            _keep(self._settled, key, settled)
        return settled

    def _so_far(self, held: tuple[int, ...], maybe: tuple[int, ...], facts: dict[str, Value | Unknown], more: _More) -> _SoFar:
        """What waiting rules see of the decision so far."""
        held = tuple([i for i in held if i in self._bearing])
        maybe = tuple([i for i in maybe if i in self._bearing])
        key = (held, maybe, more)
        found = self._waited.get(key) if self._closed else None
        if found is None:
            settled = self._decider.settle_so_far(held, maybe, facts, dict(more.by_hand), self._slots_late)
            late = self.late(settled, facts if not self._closed else {})
            known = {path: value for path, value in late.items() if value is not None} if self._closed else facts
            found = _SoFar(late, self._table.late(known))
            _keep(self._waited, key, found)
        return found

    def late(self, settled: Settled, facts: dict[str, Value | Unknown]) -> dict[str, Value | Unknown | None]:
        """Put the decision so far among the facts, for the rules that wait for it. Returns what was put (None: taken away)."""
        loose, unknown = settled.loose, Unknown("incomplete")
        late: dict[str, Value | Unknown | None] = {
            "decision.severity": unknown if "severity" in loose else settled.severity,
            "decision.queue": unknown if "queue" in loose else settled.queue,
            "decision.owner": unknown if "owner" in loose else settled.owner,
            "decision.green_channel": unknown if "green_channel" in loose else settled.green_channel,
            "decision.tags": unknown if "tag" in loose else settled.actions.get("tag", ()),
            **self._underived,  # one that was set so far may be set no longer: its rule was replaced by a later one
            **settled.derived,
        }
        late = {path: value for path, value in late.items() if path in self._asked_late}
        for path, value in late.items():
            if value is None:
                facts.pop(path, None)
            else:
                facts[path] = value
        for path in self._late_lookups:
            facts.pop(path, None)
            self._gatherer.look_up(self._pack.facts[path], facts)
            late[path] = facts.get(path)
        return late


def _keep(memory: dict[Any, Any], key: object, value: object) -> None:
    """Remember an answer; a memory that is full begins anew."""
    if len(memory) >= _KEPT:
        memory.clear()
    memory[key] = value
