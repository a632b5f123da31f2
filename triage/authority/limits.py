"""L(rank, remedy): what each rank may grant in one case, adjustments applied, unknown rows taken at their least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from triage.authority.scope import Scope
from triage.domain.authority import UNLIMITED, Adjust, LimitRow, Remedy
from triage.domain.grants import RankLimit
from triage.domain.numerals import EXACT


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one remedy for all ranks, from the lowest; and the rows and adjustments that they come from."""

    ranks: tuple[RankLimit, ...]
    rows: tuple[LimitRow, ...]
    adjusts: tuple[Adjust, ...]

    def of(self, height: int) -> Decimal | None:
        """The limit at a place of the ladder; above the ranks there is none to pass."""
        return self.ranks[height].limit if height < len(self.ranks) else UNLIMITED


def limits(scope: Scope, remedy: Remedy) -> Limits:
    """L(r, R) for every rank. Where a row of a table can't be told, each rank has the least of what the rows that may count
    would give it: what is then allowed is allowed whichever of them counts."""
    authority = scope.authority
    rows = possible_rows(scope, remedy)
    adjusts = tuple(a for a in authority.adjust if remedy.id in a.remedies and not remedy.yes and scope.holds(a.id, a.when))
    columns = [column(authority.ranks, row.limits if row else {}, adjusts) for row in rows]
    least = [min(found, key=lambda x: Decimal(-1) if x is None else x) for found in zip(*columns, strict=True)]
    used = tuple(row for row in rows if row is not None)
    ranks = []
    for rank, limit in zip(authority.ranks, least, strict=True):
        rules = (remedy.id, *(a.id for a in adjusts if rank in a.ranks)) if limit is not None else ()
        ranks.append(RankLimit(rank, limit, rules))
    return Limits(tuple(ranks), used, adjusts)


def possible_rows(scope: Scope, remedy: Remedy) -> list[LimitRow | None]:
    """The rows of a remedy's table that may be the first that holds: one, unless some can't be told. None: no row at all."""
    found: list[LimitRow | None] = []
    for row in remedy.rows:
        truth = scope.holds(remedy.id, row.when)
        if truth is not False:
            found.append(row)
        if truth:
            return found
    return [*found, None]


def column(ranks: Sequence[str], own: Mapping[str, Decimal], adjusts: Sequence[Adjust]) -> list[Decimal | None]:
    """The limit of each rank: the largest own limit of it and all below, each multiplied by the largest factor that applies,
    but not past what the lowest rank above that has an own limit and isn't listed may grant unadjusted."""
    plain = running([own.get(rank) for rank in ranks])
    listed = {rank for adjust in adjusts for rank in adjust.ranks}
    adjusted: list[Decimal | None] = []
    for height, rank in enumerate(ranks):
        limit = own.get(rank)
        factor = max((a.times for a in adjusts if rank in a.ranks), default=Decimal(1))
        if limit is None or not limit.is_finite() or factor == 1:
            adjusted.append(limit)
            continue
        above = next((h for h in range(height + 1, len(ranks)) if ranks[h] in own and ranks[h] not in listed), None)
        ceiling = UNLIMITED if above is None else plain[above]
        assert ceiling is not None
        adjusted.append(min(EXACT.multiply(limit, factor), ceiling))
    return running(adjusted)


def running(values: Sequence[Decimal | None]) -> list[Decimal | None]:
    """The largest so far, at each place; None before the first."""
    out: list[Decimal | None] = []
    top: Decimal | None = None
    for value in values:
        if value is not None and (top is None or value > top):
            top = value
        out.append(top)
    return out
