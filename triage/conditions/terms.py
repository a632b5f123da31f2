"""Conditions lowered to terms: each rule becomes alternatives, each a set of flags that must be true and of flags that must be false.

Kleene's logic is a distributive lattice with De Morgan's laws, so the alternatives have the value of the condition in all
three values, not only in two. Where distributing would multiply alternatives, an inner `any` becomes a flag of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from triage.domain.condition import All, AnyOf, Condition, Not, Test

MAX_ALTERNATIVES = 16
"""A conjunction of `any` groups is multiplied out up to this many alternatives."""


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """Holds where every flag in `true` is true and every flag in `false` is false."""

    true: tuple[int, ...] = ()
    false: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A flag defined by alternatives over other flags."""

    flag: int
    terms: tuple[Term, ...]


class Lowering:
    """Collects the atomic tests of many conditions into numbered flags and turns conditions into terms."""

    def __init__(self) -> None:
        self.flags: dict[Test, int] = {}
        self.nodes: list[Node] = []
        self._names: dict[tuple[Term, ...], int] = {}
        self._next = 0

    def flag(self, test: Test) -> int:
        """The number of an atomic test; equal tests share one."""
        if test not in self.flags:
            self.flags[test] = self._next
            self._next += 1
        return self.flags[test]

    @property
    def size(self) -> int:
        """How many flags there are, inner ones included."""
        return self._next

    def lower(self, condition: Condition, whole: Callable[[Test], bool]) -> tuple[Term, ...]:
        """The alternatives of a condition, sorted. `whole(test)`: its checks belong together (a list element must satisfy
        all of them); otherwise each check is a flag of its own."""
        return self._lower(condition, False, whole)

    def _lower(self, condition: Condition, negated: bool, whole: Callable[[Test], bool]) -> tuple[Term, ...]:
        match condition:
            case Not(part):
                return self._lower(part, not negated, whole)
            case Test(fact, checks):
                if len(checks) > 1 and not whole(condition):
                    return self._lower(All(tuple(Test(fact, (check,)) for check in checks)), negated, whole)
                flag = self.flag(condition)
                return (Term((), (flag,)) if negated else Term((flag,), ()),)
            case All(parts) | AnyOf(parts):
                groups = [self._lower(part, negated, whole) for part in parts]
                if isinstance(condition, AnyOf) != negated:
                    return _absorb({term for group in groups for term in group})
                return self._conjunction(groups)
        raise TypeError(condition)

    def _conjunction(self, groups: Sequence[tuple[Term, ...]]) -> tuple[Term, ...]:
        size = 1
        for group in groups:
            size *= len(group)
        if size > MAX_ALTERNATIVES:
            groups = [group if len(group) < 2 else (Term((self._node(group),)),) for group in groups]
        return _absorb({_merge(choice) for choice in product(*groups)})

    def _node(self, terms: tuple[Term, ...]) -> int:
        if terms not in self._names:
            self._names[terms] = self._next
            self.nodes.append(Node(self._next, terms))
            self._next += 1
        return self._names[terms]


def _merge(terms: Sequence[Term]) -> Term:
    return Term(
        tuple(sorted({flag for term in terms for flag in term.true})),
        tuple(sorted({flag for term in terms for flag in term.false})),
    )


def _absorb(terms: set[Term]) -> tuple[Term, ...]:
    """Without alternatives that another, less demanding one contains (a or (a and b) is a, in three values too)."""
    if len(terms) > 200:
        return tuple(sorted(terms))
    kept = [
        t for t in terms
        if not any(o is not t and set(o.true) <= set(t.true) and set(o.false) <= set(t.false) and o != t for o in terms)
    ]  # fmt: skip
    return tuple(sorted(kept))
