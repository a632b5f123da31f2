"""Who works here: persons with their ranks, and who acts for whom at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from triage.domain.durations import WIDTH
from triage.domain.grants import Approver


@dataclass(frozen=True, slots=True)
class Person:
    """A person. `names` are what else a complaint may call him: a name, a number on a badge, the unit he works for."""

    id: str
    rank: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """`by` lets `to` act with his rank from `since` up to `until` (excluded); None is open."""

    by: str
    to: str
    since: datetime | None = None
    until: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it is in force."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


class Staff:
    """The persons and delegations of one tenant, as they are now: authority is live."""

    def __init__(self, persons: Iterable[Person], delegations: Iterable[Delegation] = ()) -> None:
        self.persons = {person.id: person for person in persons}
        self.delegations = tuple(delegations)
        self._by_rank: dict[str, list[str]] = {}
        for person in self.persons.values():
            self._by_rank.setdefault(person.rank, []).append(person.id)
        self._called: dict[str, set[str]] = {}
        for person in self.persons.values():
            for name in (person.id, *person.names):
                self._called.setdefault(plain_name(name), set()).add(person.id)

    def rank_of(self, person: str) -> str | None:
        """A person's own rank; None for somebody who isn't on the list."""
        found = self.persons.get(person)
        return None if found is None else found.rank

    def delegators(self, person: str, now: datetime) -> tuple[str, ...]:
        """Those for whom a person acts. Delegation doesn't chain: each one's own rank is all that is lent."""
        return tuple(sorted({d.by for d in self.delegations if d.to == person and d.by != person and d.by in self.persons and d.stands(now)}))

    def same(self, one: str, other: str, now: datetime) -> bool:
        """Whether two count as one person: they share a delegator, each being one's own."""
        return one == other or not {one, *self.delegators(one, now)}.isdisjoint((other, *self.delegators(other, now)))

    def called(self, name: str) -> frozenset[str]:
        """The persons whom a complaint means by a name; the name itself if it is nobody's."""
        return frozenset(self._called.get(plain_name(name), {name}))

    def ways(self, person: str, now: datetime) -> list[Approver]:
        """How a person may act: with his own rank first, then for each delegator."""
        own = self.rank_of(person)
        found = [] if own is None else [Approver(person, own)]
        return [*found, *(Approver(person, self.persons[by].rank, by) for by in self.delegators(person, now))]

    def actors(self, rank: str, now: datetime) -> Iterator[Approver]:
        """Everybody who can act with a rank."""
        for person in self._by_rank.get(rank, ()):
            yield Approver(person, rank)
        for delegation in self.delegations:
            if delegation.stands(now) and delegation.to in self.persons and delegation.by != delegation.to and self.rank_of(delegation.by) == rank:
                yield Approver(delegation.to, rank, delegation.by)


def plain_name(name: str) -> str:
    """A name without what typing makes of it: width, case, blanks around it."""
    return name.translate(WIDTH).strip().casefold()
