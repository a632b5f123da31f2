"""What authority asks of others: sums from a history, and when a term ends. A store implements the first with counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from triage.domain.durations import Duration


@dataclass(frozen=True, slots=True)
class Query:
    """A question for one sum. One authorization asks a few of these: one for the case, one for each cap that names the remedy.

    per, key   whose: ("case", id), ("customer", id: the person's linked accounts all count), ("order", id), ("handler", person:
               what the person asked for and what the person approved or had approved by a delegate, each once), or (fact's path, its value as text)
    remedies   the remedies summed, sorted
    counting   "amount": the sum of amounts; "grants": how many
    since      the first instant that counts, included; None: from the beginning. What is dated after the present counts too,
               up to `until`: a clock that ran ahead and was put back must not open a cap
    until      the first instant that no longer counts (the end of a calendar window); None: no end. Both are of a grant's own
               time `at`; requests that wait count whenever they were made
    """

    per: str
    key: str
    remedies: tuple[str, ...]
    counting: Literal["amount", "grants"] = "amount"
    since: datetime | None = None
    until: datetime | None = None


class History(Protocol):
    """Earlier grants and requests, as sums. Both methods are called inside the transaction that will write the outcome."""

    def granted(self, query: Query) -> Mapping[str, Decimal]:
        """Sums of grants, by the rank that approved another person's request: the highest among the approvers, "" for what
        somebody granted alone. Grants whose revocation is settled don't count. Ranks that no longer exist stay as they are."""
        ...

    def reserved(self, query: Query, now: datetime, before: int | None) -> Mapping[str, Decimal]:
        """Sums of requests that wait and haven't expired at `now`, by the rank each waits for. `before`: only those whose `seq`
        is smaller (made earlier); None: all of them."""
        ...


class Deadlines(Protocol):
    """When a term ends that is counted from an instant. Elapsed units need no calendar; working ones do."""

    def after(self, start: datetime, term: Duration) -> datetime:
        """The instant at which `term`, counted from `start`, is over."""
        ...
