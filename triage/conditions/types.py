"""What conditions are checked against: facts, categories and periods; and which operators each type of fact takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from triage.domain.condition import Period
from triage.domain.facts import Fact, FactType, Kind

OPERATORS = (
    "eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "contains", "contains_any", "contains_all", "words",
    "starts_with", "ends_with", "matches", "exists", "before", "after", "within", "during", "exactly",
)  # fmt: skip
"""Operators as authors spell them."""

_ALIKE: Mapping[str, str] = {"integer": "number", "decimal": "number", "text": "words", "choice": "words", "person": "words", "instant": "time", "date": "time"}
NUMERIC: frozenset[Kind] = frozenset(("integer", "decimal", "money", "duration"))
_ORDER = frozenset(("gt", "gte", "lt", "lte", "between"))
_EQUAL = frozenset(("eq", "ne", "in", "not_in", "exists"))
_TEXT = frozenset(("contains", "contains_any", "contains_all", "words", "starts_with", "ends_with", "matches"))
_MEMBER = frozenset(("contains", "contains_any", "contains_all"))
_TIME = frozenset(("before", "after", "within", "during"))


@dataclass(frozen=True)
class Vocabulary:
    """What a pack knows: its facts, the paths of its categories, its periods."""

    facts: Mapping[str, Fact]
    categories: tuple[str, ...] = ()
    periods: Mapping[str, Period] = field(default_factory=dict)
    timezone: str = "Asia/Shanghai"

    @cached_property
    def _tails(self) -> dict[str, list[str]]:
        tails: dict[str, list[str]] = {}
        for path in self.categories:
            parts = path.split("/")
            for i in range(len(parts)):
                tails.setdefault("/".join(parts[i:]), []).append(path)
        return tails

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(self.categories)

    def category(self, name: str) -> tuple[str, ...]:
        """The paths that a category's name may mean: its full path, or the paths that end in it. One is what is wanted."""
        return (name,) if name in self._paths else tuple(self._tails.get(name, ()))


def operators(type_: FactType) -> frozenset[str]:
    """The operators that a fact of this type takes."""
    found = set(_EQUAL)
    if type_.kind == "text":
        found |= _TEXT
    elif type_.kind == "category":
        found |= {"exactly"}
    elif type_.kind in NUMERIC or type_.ordered:
        found |= _ORDER
    elif type_.kind in ("instant", "date"):
        found |= _ORDER | _TIME
    elif type_.kind == "bool":
        found -= {"in", "not_in"}
    if type_.many:
        found |= _MEMBER
    return frozenset(found)


def alike(a: FactType, b: FactType, ordered: bool) -> bool:
    """Whether values of two facts can be compared; `ordered` if by more than equality."""
    if a.many or b.many:
        return False
    if ordered and a.kind == "choice":
        return b.kind == "choice" and a.ordered and b.ordered and a.domain == b.domain
    return _ALIKE.get(a.kind, a.kind) == _ALIKE.get(b.kind, b.kind)
