"""Can a condition, or two at once, hold? Conditions as conjunctions of tests, and facts that make one true, as an example.

Choices, categories, true/false, numbers and times are solved exactly; texts, periods and comparisons with other facts are
taken as free, so "can hold" may be wrong about those, "can't hold" never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from triage.domain.condition import All, AnyOf, Check, Condition, FactOperand, Not, Period, Test
from triage.domain.facts import Fact, FactType

MAX_CONJUNCTIONS = 64
"""A condition with more alternatives than this isn't taken apart."""


class Literal(NamedTuple):
    """A test that must hold, or one that must not."""

    test: Test
    positive: bool


Conjunction: TypeAlias = tuple[Literal, ...]
Example: TypeAlias = dict[str, object]


def conjunctions(condition: Condition) -> list[Conjunction] | None:
    """The alternatives of a condition, each a conjunction of literals; None if there are too many."""
    return _dnf(condition, True)


def _dnf(condition: Condition, positive: bool) -> list[Conjunction] | None:
    match condition:
        case Test():
            return [(Literal(condition, positive),)]
        case Not(part):
            return _dnf(part, not positive)
    parts = [_dnf(part, positive) for part in condition.parts]
    known = [p for p in parts if p is not None]
    if len(known) < len(parts):
        return None
    if isinstance(condition, AnyOf) == positive:  # any, or not all
        out = [c for p in known for c in p]
        return out if len(out) <= MAX_CONJUNCTIONS else None
    size = 1
    for p in known:
        size *= len(p)
        if size > MAX_CONJUNCTIONS:
            return None
    return [tuple(dict.fromkeys(literal for c in combination for literal in c)) for combination in product(*known)]


class Solver:
    """Solves conjunctions over a pack's facts and categories; what it found for one fact is remembered."""

    def __init__(self, facts: Mapping[str, Fact], categories: Sequence[str]) -> None:
        self.facts, self.categories = facts, tuple(categories)
        self.memo: dict[tuple[str, frozenset[Literal]], tuple[bool, object]] = {}

    def example(self, literals: Iterable[Literal]) -> Example | None:
        """Facts under which all literals hold (those that are free or missing left out), or None if there are none."""
        by_fact: dict[str, list[Literal]] = {}
        for literal in literals:
            by_fact.setdefault(literal.test.fact, []).append(literal)
        out: Example = {}
        for path, group in by_fact.items():
            key = (path, frozenset(group))
            if key not in self.memo:
                self.memo[key] = self._solve(path, group)
            possible, value = self.memo[key]
            if not possible:
                return None
            if value is not None:
                out[path] = value
        return out

    def _solve(self, path: str, group: Sequence[Literal]) -> tuple[bool, object]:
        """Whether one fact can have a value that satisfies its literals, and such a value (None: missing will do, or any)."""
        fact = self.facts[path]
        yes = {literal.test for literal in group if literal.positive}
        if any(not literal.positive and literal.test in yes for literal in group):
            return False, None
        exact = [literal for literal in group if not _free(literal.test, fact.type)]
        loose = [literal for literal in group if _free(literal.test, fact.type)]
        if not exact:
            return True, _quoted(loose)
        needs_value = any(literal.positive for literal in loose)
        for value in self._candidates(fact, exact):
            if value is None and (needs_value or fact.default is not None or path == "now"):
                continue
            if all(_holds(literal.test, value, fact.type) == literal.positive for literal in exact):
                return True, value
        return False, None

    def _candidates(self, fact: Fact, exact: Sequence[Literal]) -> list[Any]:
        """Values worth trying: None (missing) last, so that an example says something."""
        type_ = fact.type
        operands = [o for literal in exact for c in literal.test.checks for o in (c.operand if isinstance(c.operand, tuple) else (c.operand,))]
        values: list[Any]
        match type_.kind:
            case "bool":
                values = [True, False]
            case "choice":
                values = list(type_.domain)
            case "category":
                values = list(self.categories)
            case "integer" | "decimal" | "money":
                values = _around([o for o in operands if isinstance(o, int | Decimal) and not isinstance(o, bool)], 1 if type_.kind == "integer" else Decimal("0.01"))
            case "instant":
                values = _around([o for o in operands if isinstance(o, datetime)], timedelta(seconds=1), datetime(2026, 1, 1, tzinfo=UTC))
            case "date":
                values = _around([o for o in operands if isinstance(o, date) and not isinstance(o, datetime)], timedelta(days=1), date(2026, 1, 1))
            case "duration":
                values = _around([o for o in operands if isinstance(o, timedelta)], timedelta(seconds=1))
            case _:
                values = [o for o in operands if isinstance(o, str)]
                values += ["…"]  # some other text
        if type_.many:
            elements = list(dict.fromkeys(values))[:40]
            lists: list[Any] = [(e,) for e in elements]
            lists += [(a, b) for i, a in enumerate(elements[:12]) for b in elements[i + 1 : 12]]
            mentioned = tuple(e for e in elements if e in operands)
            return [*lists, mentioned, tuple(elements), None]
        return [*dict.fromkeys(values), None]


def _quoted(loose: Sequence[Literal]) -> object:
    """Words that a text would have to hold, one of each test that must; None if none says so."""
    words: list[str] = []
    for literal in loose:
        for check in literal.test.checks if literal.positive else ():
            operands = _operands(check)
            if check.op in ("words", "contains", "contains_any", "starts_with", "ends_with"):
                words += [str(o) for o in operands[:1]]
            elif check.op == "contains_all":
                words += [str(o) for o in operands]
    return "…" + "…".join(dict.fromkeys(words)) + "…" if words else None


def _around(points: list[Any], step: Any, some: Any = None) -> list[Any]:
    """The points, and a step to either side of each; between two points a step apart there is nothing more to find."""
    out: list[Any] = []
    for point in points:
        for value in (point, point + step, point - step):
            if not (isinstance(value, int | Decimal) and value < 0 <= point):
                out.append(value)
    return out or [step if some is None else some]  # any value will do where no test names one


def _free(test: Test, type_: FactType) -> bool:
    """Whether a test's truth isn't worked out here."""
    for check in test.checks:
        if isinstance(check.operand, FactOperand | Period) or check.op in ("within", "during", "words", "starts_with", "ends_with", "matches"):
            return True
        if check.op in ("contains", "contains_any", "contains_all") and not type_.many:
            return True
        if type_.kind == "text" and check.op not in ("exists", "eq", "in", "contains", "contains_any", "contains_all", "ne", "not_in"):
            return True
        if type_.kind in ("instant", "date") and any(type(o) is not (datetime if type_.kind == "instant" else date) for o in _operands(check) if not isinstance(o, bool)):
            return True
    return False


def _operands(check: Check) -> tuple[Any, ...]:
    return check.operand if isinstance(check.operand, tuple) else (check.operand,)


def _holds(test: Test, value: Any, type_: FactType) -> bool:
    """The test on a value; None is missing."""
    if value is None:
        return all(c.op == "exists" and c.operand is False for c in test.checks)
    if not type_.many:
        return all(_check(c, value, type_) for c in test.checks)
    if test.checks[0].op in ("exists", "ne", "not_in", "contains", "contains_any", "contains_all"):
        check = test.checks[0]
        wanted = _operands(check)
        match check.op:
            case "exists":
                return check.operand is True
            case "ne" | "not_in":
                return not any(_check(Check("eq", w), v, type_) for w in wanted for v in value)
            case "contains_any":
                return any(w in value for w in wanted)
            case _:
                return all(w in value for w in wanted)
    return any(all(_check(c, v, type_) for c in test.checks) for v in value)


def _under(value: str, node: str) -> bool:
    return value == node or value.startswith(node + "/")


def _check(check: Check, value: Any, type_: FactType) -> bool:
    operand: Any = check.operand
    category = type_.kind == "category"
    match check.op:
        case "exists":
            return operand is True
        case "eq":
            return bool(value == operand)
        case "ne":
            return bool(value != operand)
        case "exactly":
            return bool(value == operand)
        case "under":
            return _under(value, operand)
        case "in":
            return any(_under(value, o) if category else value == o for o in operand)
        case "not_in":
            return not any(_under(value, o) if category else value == o for o in operand)
    if type_.kind == "choice":
        value, operand = type_.domain.index(value), type_.domain.index(operand)
    match check.op:
        case "gt" | "after":
            return bool(value > operand)
        case "gte":
            return bool(value >= operand)
        case "lt" | "before":
            return bool(value < operand)
        case "lte":
            return bool(value <= operand)
    return True


def implies(a: Conjunction, b: Conjunction) -> bool:
    """Whether `a` surely holds only where `b` does: each literal of b is among a's, or is wider than one of them."""
    return all(any(literal == other or _wider(other, literal) for other in a) for literal in b)


def _wider(narrow: Literal, wide: Literal) -> bool:
    if not (narrow.positive and wide.positive and narrow.test.fact == wide.test.fact and len(narrow.test.checks) == len(wide.test.checks) == 1):
        return False
    a, b = narrow.test.checks[0], wide.test.checks[0]
    inner = _operands(a) if a.op in ("under", "exactly", "in", "eq") else ()
    if not inner or any(isinstance(o, FactOperand) for o in inner):
        return False
    if b.op == "under":
        return all(isinstance(o, str) and _under(o, str(b.operand)) for o in inner)
    if b.op == "in" and isinstance(b.operand, tuple):
        nodes = b.operand
        category = a.op == "under" or any("/" in str(o) for o in nodes)
        return all(o in nodes or (category and any(_under(str(o), str(n)) for n in nodes)) for o in inner)
    return False


def shown(example: Example) -> str:
    """An example in one line: `customer.tier = vip, tags.category = 资费争议`."""
    if not example:
        return "…"
    parts = []
    for path, value in sorted(example.items()):
        items = value if isinstance(value, tuple) else (value,)
        text = ", ".join(str(v).lower() if isinstance(v, bool) else str(v) for v in items)
        parts.append(f"{path} = {'[' + text + ']' if isinstance(value, tuple) else text}")
    return "; ".join(parts)


def is_always(condition: Condition) -> bool:
    """Whether a condition asks for nothing at all."""
    return isinstance(condition, All) and not condition.parts
