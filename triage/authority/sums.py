"""Every sum that a request is held against: this case's, each cap's for each rank, where four eyes begin, and approvers' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from triage.authority.amounts import Refused
from triage.authority.keys import needed_key
from triage.authority.limits import Limits
from triage.authority.ports import History, Query
from triage.authority.scope import Scope
from triage.authority.windows import bounds
from triage.domain.authority import CASE_LIMIT, Cap, FourEyes, Remedy, Window
from triage.domain.condition import FactOperand
from triage.domain.facts import Unknown
from triage.domain.grants import Ask, Notice, Sum
from triage.domain.numerals import EXACT

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Books:
    """A history as one question sees it: at its instant, without requests made at or after `before`."""

    scope: Scope
    history: History
    before: int | None

    def totals(self, per: str, key: str, of: Iterable[str], window: Window, counting: str) -> Totals:
        """The sums of one `per` and key over a window, by rank."""
        since, until = bounds(window, self.scope.now, self.scope.zone)
        query = Query(per, key, tuple(sorted(of)), "grants" if counting == "grants" else "amount", since, until)
        heights = {rank: height for height, rank in enumerate(self.scope.authority.ladder)}
        return Totals(query, heights, self.history.granted(query), self.history.reserved(query, self.scope.now, self.before))


@dataclass(frozen=True, slots=True)
class Totals:
    """What was granted and what is reserved, by rank."""

    query: Query
    heights: Mapping[str, int]
    granted: Mapping[str, Decimal]
    reserved: Mapping[str, Decimal]

    def against(self, height: int | None) -> tuple[Decimal, Decimal]:
        """What counts against the rank at a height: not what a rank above approved by exception, nor what waits for one.
        None: against everybody. A rank that is no longer on the ladder hides nothing."""

        def total(sums: Mapping[str, Decimal]) -> Decimal:
            found = ZERO
            for rank, value in sums.items():
                if height is None or self.heights.get(rank, -1) <= height:
                    found = EXACT.add(found, value)
            return found

        return total(self.granted), total(self.reserved)


def case_sum(books: Books, ask: Ask, remedy: Remedy, amount: Decimal, rank: str, limit: Decimal | None) -> Sum:
    """S over this case for the remedy asked, against the asker's limit (0 where there is none)."""
    key = needed_key(books.scope, ask, "case", None)
    granted, reserved = books.totals("case", key, [remedy.id], Window(), "amount").against(None)
    return Sum(remedy.id, "case", "case", key, rank, ZERO if limit is None else limit, granted, reserved, amount)


def applicable(scope: Scope, remedy: Remedy) -> Iterator[Cap]:
    """The caps in force that name the remedy."""
    for cap in scope.authority.caps:
        if remedy.id in cap.of and scope.in_force(cap.id, cap.when, cap.unless):
            yield cap


def cap_sums(books: Books, ask: Ask, cap: Cap, amount: Decimal, limits: Limits, lowest: int, person: str = "") -> list[Sum]:
    """A cap's sums: one if it is absolute, else one for each rank from `lowest` on to which it applies. With `person` they are
    the own sums of somebody who approves. Raises Refused for a missing key or limit."""
    key = person or needed_key(books.scope, ask, cap.per, cap)
    totals = books.totals(cap.per, key, cap.of, cap.window, cap.counting)
    asked = Decimal(1) if cap.counting == "grants" else amount
    found = []
    for height, rank, limit in cap_limits(books.scope, cap, limits, lowest):
        granted, reserved = totals.against(height)
        kind = "own" if person else "cap"
        found.append(Sum(cap.id, kind, cap.per, key, rank, limit, granted, reserved, asked, totals.query.since, cap.counting))  # type: ignore[arg-type]
    return found


def cap_limits(scope: Scope, cap: Cap, limits: Limits, lowest: int) -> Iterator[tuple[int | None, str, Decimal]]:
    """(place on the ladder or None, rank, limit) of a cap, for the ranks from `lowest` on."""
    ranks = scope.authority.ranks
    if isinstance(cap.limit, Decimal):
        yield None, "", cap.limit
    elif isinstance(cap.limit, FactOperand):
        yield None, "", fact_limit(scope, cap, cap.limit)
    elif isinstance(cap.limit, Mapping):
        named = [height for height, rank in enumerate(ranks) if rank in cap.limit]
        for height in range(lowest, named[-1] + 1 if named else 0):
            below = [h for h in named if h <= height]
            yield height, ranks[height], cap.limit[ranks[below[-1]]] if below else ZERO
    else:
        assert cap.limit == CASE_LIMIT
        for height in range(lowest, len(ranks)):
            limit = limits.of(height)
            yield height, ranks[height], ZERO if limit is None else limit


def fact_limit(scope: Scope, cap: Cap, operand: FactOperand) -> Decimal:
    """The limit that a fact gives. Raises Refused where it is missing or can't be told."""
    value = scope.facts.get(operand.path)
    if value is None:
        raise Refused("missing_limit", f"没有给出 {operand.path}，“{cap.id}”的上限要用它", f"{operand.path} isn't given, which {cap.id!r} takes its limit from")
    if isinstance(value, Unknown | bool) or not isinstance(value, Decimal | int):
        raise Refused("unknown_limit", f"{operand.path} 判断不出，“{cap.id}”的上限要用它", f"{operand.path} can't be told, which {cap.id!r} takes its limit from")
    return EXACT.multiply(Decimal(value), operand.times)


def four_eyes_sums(books: Books, ask: Ask, remedy: Remedy, amount: Decimal) -> list[Sum]:
    """What is held against where two approvers begin."""
    found = []
    for rule in books.scope.authority.four_eyes:
        if remedy.id in rule.of and books.scope.in_force(rule.id, rule.when, rule.unless):
            found.append(one_four_eyes(books, ask, rule, amount))
    return found


def one_four_eyes(books: Books, ask: Ask, rule: FourEyes, amount: Decimal) -> Sum:
    """One of them. All grants and requests count, whoever approved."""
    key = needed_key(books.scope, ask, rule.per, rule)
    totals = books.totals(rule.per, key, rule.of, rule.window, "amount")
    granted, reserved = totals.against(None)
    return Sum(rule.id, "four_eyes", rule.per, key, "", rule.start, granted, reserved, amount, totals.query.since)


def notices(caps: Iterable[Cap], sums: Iterable[Sum]) -> tuple[Notice, ...]:
    """Who is told because this grant brings a cap's sum to a share of its limit."""
    steps = {cap.id: cap.steps for cap in caps if cap.steps}
    found = {}
    for item in sums:
        for step in steps.get(item.rule, ()) if item.kind == "cap" and item.limit.is_finite() else ():
            mark = EXACT.multiply(item.limit, step.share)
            if EXACT.subtract(item.total, item.asked) < mark <= item.total:
                found[item.rule, step.share] = Notice(item.rule, step.share, step.notify)
    return tuple(found[key] for key in sorted(found))
