"""Every atomic test of a pack, answered once per complaint: bit sets of the tests that are true and that are unknown.

Tests are grouped by fact. What depends on the value alone is remembered by value; text tests come from one scan; the rest
is evaluated by the reference. So each answer is the reference's, only less often computed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from triage.conditions import evaluate as reference
from triage.conditions.evaluate import Context
from triage.conditions.terms import Lowering, Node, Term
from triage.domain.condition import Check, Condition, FactOperand, Period, Test
from triage.domain.facts import Facts, Unknown
from triage.text.scan import TEXT_OPS, Scanner

_REMEMBERED = 4096


class Flags(NamedTuple):
    """Answers as bit sets: `true`, `false`, `unknown` split all flags."""

    true: int
    false: int
    unknown: int

    @property
    def on(self) -> tuple[int, ...]:
        """The flags that are true, ascending."""
        return bits(self.true)

    def possible(self) -> Flags:
        """The flags that could be true and those that could be false, once what is unknown is known."""
        return Flags(self.true | self.unknown, self.false | self.unknown, 0)


@lru_cache(1024)
def bits(mask: int) -> tuple[int, ...]:
    """The flags of a bit set, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return tuple(found)


class Answer(NamedTuple):
    """Tests that are true and that are unknown, as bit sets. The others are false."""

    true: int
    unknown: int


class _Group:
    """The tests of one fact."""

    def __init__(self, path: str, tests: Sequence[tuple[int, Test]], context: Context) -> None:
        self.path = path
        self.context = context
        self.by_value = [(bit, t) for bit, t in tests if not reads_more(t)]
        self.by_day: list[tuple[int, Test]] = []
        if context.type_of(path).kind == "instant" and not context.type_of(path).many:
            # hardly two complaints come at one instant, but many on one day
            self.by_day = [(bit, t) for bit, t in self.by_value if _reads_day(t)]
            self.by_value = [(bit, t) for bit, t in self.by_value if not _reads_day(t)]
        self.direct = [(bit, t) for bit, t in tests if reads_more(t)]
        everything = 0
        for bit, _ in tests:
            everything |= 1 << bit
        self.unknown = Answer(0, everything)
        self.missing = self._ask([(b, t) for b, t in tests if t.checks[0].op == "exists"], {})
        self.memory: dict[Any, Answer] = {}
        self.days: dict[Any, Answer] = {}
        self.remembers = not self.by_day and not self.direct
        """Whether `memory` is all that an answer hangs on."""
        self.there: Answer | None = None
        """The answer for any value at all, where only `exists` is asked."""
        if all(len(t.checks) == 1 and t.checks[0].op == "exists" for _, t in tests) and not context.type_of(path).many:
            everywhere = sum(1 << bit for bit, t in tests if t.checks[0].operand is True)
            self.there = Answer(everywhere, 0)

    def _ask(self, tests: Sequence[tuple[int, Test]], facts: Facts) -> Answer:
        true = unknown = 0
        for bit, item in tests:
            value = reference.evaluate(item, facts, self.context)
            if value:
                true |= 1 << bit
            elif value is None:
                unknown |= 1 << bit
        return Answer(true, unknown)

    def answer(self, facts: Facts) -> Answer:
        """The answers to the tests of this group."""
        value = facts.get(self.path)
        if value is None:
            return self.missing
        if isinstance(value, Unknown):
            return self.unknown
        if self.there is not None:
            return self.there
        if self.by_day and isinstance(value, datetime):
            found = self._of_day(value)
            if self.by_value:
                found = _both(found, self._ask(self.by_value, {self.path: value}))
        else:
            remembered = self.memory.get(value)
            if remembered is None:
                if len(self.memory) >= _REMEMBERED:
                    self.memory.clear()
                # only this fact: what is remembered for a value must not depend on anything else
                remembered = self.memory[value] = self._ask(self.by_value + self.by_day, {self.path: value})
            found = remembered
        return _both(found, self._ask(self.direct, facts)) if self.direct else found

    def _of_day(self, moment: datetime) -> Answer:
        """The answers of the tests that hang on the day alone, as the pack's time zone has it."""
        try:
            day = moment.astimezone(self.context.zone).date()
        except OverflowError:  # within a day of the years 1 and 9999
            return self._ask(self.by_day, {self.path: moment})
        found = self.days.get(day)
        if found is None:
            if len(self.days) >= _REMEMBERED:
                self.days.clear()
            found = self.days[day] = self._ask(self.by_day, {self.path: moment})
        return found


def _both(one: Answer, other: Answer) -> Answer:
    return Answer(one.true | other.true, one.unknown | other.unknown)


def _reads_day(test: Test) -> bool:
    """Whether a test of an instant asks for its day only."""
    return all(
        check.op == "during" and isinstance(p := check.operand, Period)
        and p.daily is None and not isinstance(p.start, datetime) and not isinstance(p.end, datetime)
        for check in test.checks
    )  # fmt: skip


def reads_more(test: Test) -> bool:
    """Whether a test reads other facts than its own."""
    return any(isinstance(check.operand, FactOperand) or check.op == "within" for check in test.checks)


class FlagTable:
    """The flags of a set of conditions. `late`: the facts that wait for the decision so far.

    `text_checks` are the checks on complaint.text that rules make; the caller scans for them (together with whatever else it
    looks for) and hands the hits in, by index into `text_checks`.
    """

    def __init__(
        self, conditions: Sequence[Condition], context: Context, late: Collection[str] = (), text_fact: str = "complaint.text"
    ) -> None:
        self.context = context
        self.text_fact = text_fact
        lowering = Lowering()

        def whole(test: Test) -> bool:
            return context.type_of(test.fact).many

        self.terms: list[tuple[Term, ...]] = [lowering.lower(condition, whole) for condition in conditions]
        self.tests: dict[int, Test] = {bit: test for test, bit in lowering.flags.items()}
        self.nodes: list[Node] = lowering.nodes
        self.size = lowering.size
        self._everything = (1 << self.size) - 1
        text: dict[Check, int] = {}
        groups: dict[str, list[tuple[int, Test]]] = {}
        self.scanned: dict[int, int] = {}  # index into text_checks -> flag
        scanned_unknown = 0
        for bit, test in self.tests.items():
            if test.fact == text_fact and test.checks[0].op in TEXT_OPS:
                text[test.checks[0]] = len(text)
                self.scanned[text[test.checks[0]]] = bit
                scanned_unknown |= 1 << bit
            else:
                groups.setdefault(test.fact, []).append((bit, test))
        self._scanned_unknown = Answer(0, scanned_unknown)
        self.text_checks: tuple[Check, ...] = tuple(text)
        # a test that reads a late fact through its operand is late as well
        waiting = {path for path, tests in groups.items() if path in late or any(_operands(t) & set(late) for _, t in tests)}
        self._early = {p: _Group(p, tests, context) for p, tests in sorted(groups.items()) if p not in waiting}
        self._early_exists = [group for group in self._early.values() if group.missing.true]
        self._late = [_Group(p, tests, context) for p, tests in sorted(groups.items()) if p in waiting]
        self.late_reads_more = any(group.direct for group in self._late)
        """Whether a test of a late fact reads other facts as well."""
        self._node_masks = [
            (1 << node.flag, [(_mask(t.true), _mask(t.false)) for t in node.terms]) for node in self.nodes
        ]

    def rarity(self, flag: int) -> int:
        """A guess at how seldom a flag is true, for matchers that look at the rarest first: lower is rarer."""
        test = self.tests.get(flag)
        if test is None:
            return 6
        kind = self.context.type_of(test.fact).kind
        if test.checks[0].op in TEXT_OPS:
            return 0
        if test.checks[0].op in ("ne", "not_in", "exists"):
            return 7
        return {"category": 1, "choice": 2, "text": 3, "bool": 4}.get(kind, 5)

    def early(self, facts: Facts, hits: Mapping[int, object] | None) -> Answer:
        """Answers that don't wait for the decision. `hits`: text checks that hold, by index; None if the text is unknown."""
        true = unknown = 0
        if hits is None:
            unknown |= self._scanned_unknown.unknown
        else:
            for i in hits:
                true |= 1 << self.scanned[i]
        groups = self._early
        for path, value in facts.items():
            group = groups.get(path)
            if group is not None:
                answer = group.memory.get(value) if group.remembers and type(value) is not Unknown else None
                if answer is None:
                    answer = group.answer(facts)
                true |= answer[0]
                unknown |= answer[1]
        for group in self._early_exists:  # of a missing fact only `exists: false` is true
            if group.path not in facts:
                true |= group.missing.true
        return Answer(true, unknown)

    def late(self, facts: Facts) -> Answer:
        """Answers over the decision so far."""
        found = Answer(0, 0)
        for group in self._late:
            found = _both(found, group.answer(facts))
        return found

    def complete(self, early: Answer, facts: Facts) -> Flags:
        """All answers: the early ones, those over the decision so far, and the inner alternatives."""
        return self.join(early, self.late(facts))

    def join(self, early: Answer, late: Answer) -> Flags:
        """All answers, of the early and the late ones: these, and the inner alternatives."""
        true, unknown = early.true | late.true, early.unknown | late.unknown
        for bit, terms in self._node_masks:
            inner_false = ~(true | unknown)
            if any(true & t == t and inner_false & f == f for t, f in terms):
                true |= bit
            elif unknown and any((true | unknown) & t == t and ~true & f == f for t, f in terms):
                unknown |= bit
        return Flags(true, self._everything & ~(true | unknown), unknown)


def _operands(test: Test) -> set[str]:
    return {c.operand.path for c in test.checks if isinstance(c.operand, FactOperand)}


def _mask(flags: Sequence[int]) -> int:
    mask = 0
    for flag in flags:
        mask |= 1 << flag
    return mask


__all__ = ["FlagTable", "Flags", "Scanner"]
