"""What a condition means: three-valued evaluation over raw facts, one test at a time. Slow, plain, and the reference.

True and False are themselves, None is *unknown*. The matchers must agree with this on every pack and complaint.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, cast
from zoneinfo import ZoneInfo

from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Period, Test
from triage.domain.facts import Fact, Facts, FactType, Unknown
from triage.text.reading import Reading
from triage.text.scan import TEXT_OPS, check_hits

Truth: TypeAlias = bool | None

WHOLE_LIST_OPS = frozenset({"ne", "not_in", "contains", "contains_any", "contains_all", "exists"})
"""On a list these look at the list; the other checks of a Test must all hold for one element."""


def all_of(values: list[Truth]) -> Truth:
    """Kleene's and."""
    return False if False in values else None if None in values else True


def any_of(values: list[Truth]) -> Truth:
    """Kleene's or."""
    return True if True in values else None if None in values else False


class Context:
    """What evaluation needs beside the facts: their types, the time zone of the pack, and how a text is read."""

    def __init__(self, facts: dict[str, Fact], timezone: str, read: Callable[[str], Reading]) -> None:
        self.facts = facts
        self.zone = ZoneInfo(timezone)
        self.read = read

    def type_of(self, path: str) -> FactType:
        """The declared type of a fact."""
        return self.facts[path].type


def under(value: str, node: str) -> bool:
    """Whether a category is `node` or lies below it."""
    return value == node or value.startswith(node + "/")


def _local_day(moment: datetime | date, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def in_period(moment: datetime | date, period: Period, zone: ZoneInfo) -> bool:
    """Whether an instant (or a day) lies in a named period; days and times of day are those of `zone`."""
    day = _local_day(moment, zone)
    for edge, sign in ((period.start, 1), (period.end, -1)):
        if edge is None:
            continue
        if isinstance(edge, datetime):
            at = moment if isinstance(moment, datetime) else datetime(day.year, day.month, day.day, tzinfo=zone)
            if (at < edge) if sign == 1 else (at >= edge):  # the end instant itself is outside
                return False
        elif (day < edge) if sign == 1 else (day > edge):  # the last day is inside
            return False
    if period.every_year is not None:
        first, last = period.every_year
        today = (day.month, day.day)
        if not (first <= today <= last if first <= last else (today >= first or today <= last)):
            return False
    if period.daily is not None:
        if not isinstance(moment, datetime):
            return False
        clock = moment.astimezone(zone).time().replace(tzinfo=None)
        start, end = period.daily
        if not (start <= clock < end if start <= end else (clock >= start or clock < end)):
            return False
    return True


def _rank(value: Any, kind: FactType) -> Any:
    """A value in the form that orders it: a choice by its place in the declared domain."""
    return kind.domain.index(value) if kind.kind == "choice" else value


def _comparable(left: Any, right: Any, context: Context) -> tuple[Any, Any]:
    """A day and an instant compare as days of the pack's time zone."""
    if isinstance(left, datetime) != isinstance(right, datetime) and isinstance(left, date) and isinstance(right, date):
        return _local_day(left, context.zone), _local_day(right, context.zone)
    return left, right


def _resolve(operand: Any, facts: Facts) -> Any:
    """The operand's value; Unknown where the other fact is unknown, None where it is missing."""
    if not isinstance(operand, FactOperand):
        return operand
    value = facts.get(operand.path)
    if value is None or isinstance(value, Unknown) or operand.times == 1:
        return value
    return cast(Decimal, value) * operand.times


def check_scalar(value: Any, check: Check, kind: FactType, facts: Facts, context: Context) -> Truth:
    """One check on one value that is there."""
    op = check.op
    operand = _resolve(check.operand, facts)
    if operand is None:
        return False
    if isinstance(operand, Unknown):
        return None
    if op in TEXT_OPS:
        if kind.kind != "text":
            raise TypeError(f"{op} needs text")
        return bool(check_hits(context.read(value), check))
    if op in ("eq", "ne", "in", "not_in"):
        members = operand if isinstance(operand, tuple) else (operand,)
        if kind.kind == "category":
            found = any(under(value, node) for node in members)
        elif kind.kind == "text":
            folded = context.read(value).text.folded
            found = any(folded == context.read(m).text.folded for m in members)
        else:
            found = any(left == right for m in members for left, right in (_comparable(value, m, context),))
        return found if op in ("eq", "in") else not found
    if op == "under":
        return under(str(value), str(operand))
    if op == "exactly":
        return bool(value == operand)
    if op == "during":
        return in_period(value, cast(Period, operand), context.zone)
    if op == "within":
        now = facts.get("now")
        if isinstance(now, Unknown):
            return None
        if not isinstance(now, datetime):
            return False
        age = now - value if isinstance(value, datetime) else _local_day(now, context.zone) - value
        return bool(timedelta(0) <= age <= operand)
    left, right = _comparable(_rank(value, kind), _rank(operand, kind), context)
    match op:
        case "gt" | "after":
            return bool(left > right)
        case "gte":
            return bool(left >= right)
        case "lt" | "before":
            return bool(left < right)
        case "lte":
            return bool(left <= right)
    raise TypeError(f"{op} isn't a test of a value")


def check_list(values: tuple[Any, ...], check: Check, kind: FactType, facts: Facts, context: Context) -> Truth:
    """One check that looks at the list as a whole."""
    operand = _resolve(check.operand, facts)
    if operand is None:
        return False
    if isinstance(operand, Unknown):
        return None
    wanted = operand if isinstance(operand, tuple) else (operand,)
    has = [any(check_scalar(v, Check("eq", w), kind, facts, context) for v in values) for w in wanted]
    match check.op:
        case "ne" | "not_in":
            return not any(has)
        case "contains" | "contains_all":
            return all(has)
        case "contains_any":
            return any(has)
    raise TypeError(f"{check.op} isn't a test of a list")


def test(item: Test, facts: Facts, context: Context) -> Truth:
    """An atomic test. A missing fact makes it false (`exists: false` apart), an unknown fact unknown."""
    value = facts.get(item.fact)
    if isinstance(value, Unknown):
        return None
    if item.checks[0].op == "exists":
        return (value is not None and value != ()) == item.checks[0].operand  # an empty list has nothing in it
    if value is None:
        return False
    kind = context.type_of(item.fact)
    if not kind.many:
        return all_of([check_scalar(value, check, kind, facts, context) for check in item.checks])
    values = cast(tuple[Any, ...], value)
    if item.checks[0].op in WHOLE_LIST_OPS:
        return check_list(values, item.checks[0], kind, facts, context)
    return any_of([all_of([check_scalar(v, check, kind, facts, context) for check in item.checks]) for v in values])


test.__test__ = False  # type: ignore[attr-defined]  # pytest would otherwise collect the name


def evaluate(condition: Condition, facts: Facts, context: Context) -> Truth:
    """A condition in Kleene's three-valued logic. A test that fails in evaluation is unknown."""
    match condition:
        case Test():
            try:
                return test(condition, facts, context)
            except (TypeError, ValueError, ArithmeticError):
                return None
        case All(parts):
            return all_of([evaluate(part, facts, context) for part in parts])
        case AnyOf(parts):
            return any_of([evaluate(part, facts, context) for part in parts])
        case Not(part):
            value = evaluate(part, facts, context)
            return None if value is None else not value
