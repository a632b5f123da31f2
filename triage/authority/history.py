"""A history held in memory: for the command line, for tests, and to say plainly what a store's counters must give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from triage.authority.ports import Query
from triage.domain.grants import Grant, Pending
from triage.domain.numerals import EXACT


@dataclass
class MemoryHistory:
    """Grants and requests as lists. `links` maps accounts of customers to the person they belong to; who isn't in it stands
    for himself. `ladder` is the pack's: the rank that approved is the highest by it."""

    grants: list[Grant] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    links: Mapping[str, str] = field(default_factory=dict)
    ladder: tuple[str, ...] = ()

    def granted(self, query: Query) -> dict[str, Decimal]:
        """As `History.granted`."""
        found: dict[str, Decimal] = {}
        for grant in self.grants:
            if grant.revoked == "settled" or not self._asked_for(grant, query):
                continue
            if (query.since is not None and grant.at < query.since) or (query.until is not None and grant.at >= query.until):
                continue
            rank = exception_rank(grant, self.ladder)
            found[rank] = EXACT.add(found.get(rank, Decimal(0)), grant.amount if query.counting == "amount" else Decimal(1))
        return found

    def reserved(self, query: Query, now: datetime, before: int | None) -> dict[str, Decimal]:
        """As `History.reserved`."""
        found: dict[str, Decimal] = {}
        for request in self.pending:
            if request.expired(now) or (before is not None and request.seq >= before) or not self._asked_for(request, query):
                continue
            rank = request.waits_for
            found[rank] = EXACT.add(found.get(rank, Decimal(0)), request.amount if query.counting == "amount" else Decimal(1))
        return found

    def _asked_for(self, item: Grant | Pending, query: Query) -> bool:
        if item.remedy not in query.remedies:
            return False
        if query.per == "handler":
            return query.key in item.persons
        key = item.keys.get(query.per)
        if query.per == "customer" and key is not None:
            return self.links.get(key, key) == self.links.get(query.key, query.key)
        return key == query.key


def exception_rank(grant: Grant, ladder: Iterable[str]) -> str:
    """The highest rank among those who approved another person's request, "" if nobody did. For ranks below it the grant is
    by exception. A rank that is no longer on the ladder is taken as one's own: it counts against everybody."""
    heights = {rank: height for height, rank in enumerate(ladder)}
    ranks = [a.rank for a in grant.approvers if a.person != grant.handler and a.rank in heights]
    return max(ranks, key=heights.__getitem__, default="")
