"""The syntax tree of a condition, already typed: what `when:` says, whatever its spelling was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, TypeAlias

from triage.domain.facts import Scalar

Op: TypeAlias = Literal[
    "eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "contains_any", "contains_all", "words",
    "starts_with", "ends_with", "matches", "exists", "before", "after", "within", "during", "under", "exactly",
]  # fmt: skip
"""The operators after reading. `between` has become gte and lte; `eq` on a category has become `under` (that node or any
below) and `{exactly: x}` has become `exactly`; `in`/`not_in` on a category test the nodes and all below."""


@dataclass(frozen=True, slots=True)
class FactOperand:
    """Another fact, times a factor: `lte: 3 × customer.monthly_fee`."""

    path: str
    times: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Period:
    """A named stretch of time. One of: from/to instants (to is exclusive for instants, inclusive for whole days); a part of
    every year (month, day both ends inclusive, may wrap the year's end); a part of every day (start inclusive, end
    exclusive, may wrap midnight). Days and times of day are in the pack's time zone."""

    name: str
    start: datetime | date | None = None
    end: datetime | date | None = None
    every_year: tuple[tuple[int, int], tuple[int, int]] | None = None
    daily: tuple[time, time] | None = None


Operand: TypeAlias = Scalar | tuple[Scalar, ...] | FactOperand | Period


@dataclass(frozen=True, slots=True)
class Check:
    """One operator and its operand. `unless_negated` goes with `words` and `contains*`."""

    op: Op
    operand: Operand
    unless_negated: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """An atomic test of one fact. On a list fact, one element must satisfy all of `checks`
    (but ne, not_in, contains*, exists look at the list; they stand alone in a Test of their own)."""

    __test__ = False  # not a test case of pytest

    fact: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition: TypeAlias = Test | All | AnyOf | Not

ALWAYS = All(())
"""The condition of a row without `when`."""


def tests(condition: Condition) -> Iterator[Test]:
    """Every atomic test in a condition, left to right."""
    match condition:
        case Test():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from tests(part)
        case Not(part):
            yield from tests(part)


def facts_read(condition: Condition) -> frozenset[str]:
    """The paths of all facts that a condition reads, operands included."""
    found = set()
    for test in tests(condition):
        found.add(test.fact)
        found.update(check.operand.path for check in test.checks if isinstance(check.operand, FactOperand))
    return frozenset(found)
