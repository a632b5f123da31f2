"""Small damage to a loaded pack, one place at a time, as values: does a test of the pack notice?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Op, Period, Test
from triage.domain.facts import Fact
from triage.domain.pack import SEVERITIES, Action, Pack, Rule

_OPPOSITE: dict[str, Op] = {
    "eq": "ne", "ne": "eq", "in": "not_in", "not_in": "in", "gt": "lte", "lte": "gt", "lt": "gte", "gte": "lt",
    "before": "after", "after": "before",
}  # fmt: skip
_EDGE: dict[str, Op] = {"gt": "gte", "gte": "gt", "lt": "lte", "lte": "lt"}
"""The same threshold with the value itself on its other side."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A pack with one thing changed in one rule. `name` says what, in a few words; `rule_id` in which rule."""

    name: str
    rule_id: str
    pack: Pack


def mutants(pack: Pack, own: bool = True) -> Iterator[Mutant]:
    """All mutants of a pack, always in the same order: rules removed; conditions with a part or a list member dropped, a
    threshold moved, a negation flipped; actions dropped, severities moved.

    own     only of rules that the pack itself writes, not of those that it inherits
    """
    for n, rule in enumerate(pack.rules):
        if rule.status != "active" or (own and rule.pack != pack.id):
            continue
        yield Mutant("rule removed", rule.id, replace(pack, rules=pack.rules[:n] + pack.rules[n + 1 :]))
        for name, other in _rule_mutants(rule, pack):
            yield Mutant(name, rule.id, replace(pack, rules=(*pack.rules[:n], other, *pack.rules[n + 1 :])))


def _rule_mutants(rule: Rule, pack: Pack) -> Iterator[tuple[str, Rule]]:
    for name, when in _conditions(rule.when, pack):
        yield name, replace(rule, when=when)
    for i, action in enumerate(rule.actions):
        rest = rule.actions[:i] + rule.actions[i + 1 :]
        if action.slot != "green_channel":  # a channel without its name is no channel
            yield f"{action.slot} {_shown(action)} dropped", replace(rule, actions=rest)
        if action.slot == "severity":
            for value in _beside(str(action.value), SEVERITIES):
                changed = (*rule.actions[:i], replace(action, value=value), *rule.actions[i + 1 :])
                yield f"severity {action.value} -> {value}", replace(rule, actions=changed)
    for target in rule.replaces:
        yield f"replaces {target} dropped", replace(rule, replaces=tuple(t for t in rule.replaces if t != target))


def _shown(action: Action) -> str:
    value = "taken" if action.dynamic else str(action.value)
    return f"{action.key}={value}" if action.key else value


def _conditions(condition: Condition, pack: Pack) -> Iterator[tuple[str, Condition]]:
    match condition:
        case Test():
            yield from _tests(condition, pack)
        case Not(part):
            yield "not dropped", part
            for name, other in _conditions(part, pack):
                yield name, Not(other)
        case All(parts) | AnyOf(parts):
            kind = type(condition)
            for i, part in enumerate(parts):
                if len(parts) > 1:
                    yield f"{'all' if kind is All else 'any'}: part {i + 1} dropped", kind(parts[:i] + parts[i + 1 :])
                for name, other in _conditions(part, pack):
                    yield name, kind((*parts[:i], other, *parts[i + 1 :]))
            if len(parts) > 1:
                yield ("all -> any", AnyOf(parts)) if kind is All else ("any -> all", All(parts))


def _tests(test: Test, pack: Pack) -> Iterator[tuple[str, Condition]]:
    fact = pack.facts[test.fact]
    for i, check in enumerate(test.checks):

        def with_(other: Check, i: int = i) -> Test:
            return Test(test.fact, (*test.checks[:i], other, *test.checks[i + 1 :]))

        if len(test.checks) > 1:
            yield f"{test.fact}: {check.op} dropped", Test(test.fact, test.checks[:i] + test.checks[i + 1 :])
        for name, other in _checks(check, fact):
            yield f"{test.fact}: {name}", with_(other)
        if check.op not in _OPPOSITE:
            yield f"{test.fact}: {check.op} negated", Not(test)


def _checks(check: Check, fact: Fact) -> Iterator[tuple[str, Check]]:
    op, operand = check.op, check.operand
    if op in _OPPOSITE:
        yield f"{op} -> {_OPPOSITE[op]}", replace(check, op=_OPPOSITE[op])
    if op in _EDGE:
        yield f"{op} -> {_EDGE[op]}", replace(check, op=_EDGE[op])
    if check.unless_negated:
        yield "unless_negated dropped", replace(check, unless_negated=False)
    if isinstance(operand, tuple):
        for i, member in enumerate(operand):
            if len(operand) > 1:
                yield f"{op} without {member}", replace(check, operand=operand[:i] + operand[i + 1 :])
    elif isinstance(operand, FactOperand):
        for times in (operand.times + 1, operand.times - 1):
            yield f"{op} {times} x {operand.path}", replace(check, operand=FactOperand(operand.path, times))
    elif isinstance(operand, Period):
        for name, period in _periods(operand):
            yield name, replace(check, operand=period)
    elif op in _EDGE or op in ("within", "before", "after"):
        for value in _moved(operand, fact):
            yield f"{op} {operand} -> {value}", replace(check, operand=cast(Any, value))


def _moved(value: object, fact: Fact) -> list[object]:
    """A threshold, a little lower and a little higher: the next whole number or choice, a tenth of an amount or a duration."""
    match value:
        case bool():
            return []
        case str():
            return list(_beside(value, fact.type.domain))
        case int() if fact.type.kind == "integer":
            return [value - 1, value + 1]
        case int() | Decimal():
            return [Decimal(value) * 9 / 10, Decimal(value) * 11 / 10] if value else [Decimal(1)]
        case timedelta():
            return [value * 9 / 10, value * 11 / 10]
        case datetime():
            return [value - timedelta(hours=1), value + timedelta(hours=1)]
        case date():
            return [value - timedelta(days=1), value + timedelta(days=1)]
    return []


def _beside(value: str, domain: tuple[str, ...]) -> Iterator[str]:
    at = domain.index(value) if value in domain else -1
    if at > 0:
        yield domain[at - 1]
    if 0 <= at < len(domain) - 1:
        yield domain[at + 1]


def _periods(period: Period) -> Iterator[tuple[str, Period]]:
    """A period that begins or ends later: by an hour, or by a day where it is of whole days."""
    for edge in ("start", "end"):
        value = getattr(period, edge)
        if value is not None:
            step = timedelta(hours=1) if isinstance(value, datetime) else timedelta(days=1)
            yield f"{period.name}: {edge} moved", replace(period, **{edge: value + step})
    if period.every_year is not None:
        (m1, d1), (m2, d2) = period.every_year
        yield f"{period.name}: first day moved", replace(period, every_year=((m1, d1 + 1), (m2, d2)))
        yield f"{period.name}: last day moved", replace(period, every_year=((m1, d1), (m2, d2 - 1)))
    if period.daily is not None:
        start, end = period.daily
        yield f"{period.name}: start moved", replace(period, daily=(start.replace(hour=(start.hour + 1) % 24), end))
        yield f"{period.name}: end moved", replace(period, daily=(start, end.replace(hour=(end.hour + 1) % 24)))
