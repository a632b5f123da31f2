"""`authorize`: may this person grant this now? The verdict with all that it rests on; pure, and never an "allowed" over an unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from triage.authority.amounts import Refused, read_amount
from triage.authority.avoidance import barred, named
from triage.authority.deciders import Choice, Deciders
from triage.authority.keys import all_keys
from triage.authority.limits import Limits, limits
from triage.authority.ports import History
from triage.authority.scope import Scope
from triage.authority.staff import Staff
from triage.authority.sums import Books, applicable, cap_sums, case_sum, four_eyes_sums, notices
from triage.authority.words import NOBODY, cap_passed, rules_behind
from triage.conditions.suggest import did_you_mean
from triage.domain.authority import Cap, Remedy
from triage.domain.facts import Facts
from triage.domain.grants import Answer, Ask, Rate, Sum, Why
from triage.domain.pack import Pack
from triage.errors import UsageError
from triage.message import Message


@dataclass
class Findings:
    """Everything that one question turned up, before it is put into an answer."""

    limits: Limits
    caps: list[Cap] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    """The case's, the caps' and the four eyes' sums, in this order."""
    why: list[Why] = field(default_factory=list)

    @property
    def four_eyes(self) -> bool:
        """Whether two approvers are needed."""
        return any(s.kind == "four_eyes" and not s.holds for s in self.sums)

    @property
    def passed(self) -> list[Sum]:
        """Absolute caps that the request would pass."""
        return [s for s in self.sums if s.kind == "cap" and not s.rank and not s.holds]

    def may(self, height: int, scope: Scope) -> bool:
        """Whether the rank at a place of the ladder may grant: the case within its limit, its caps and those of all above hold."""
        if self.why or self.passed:
            return False
        case = next(s for s in self.sums if s.kind == "case")
        limit = self.limits.of(height)
        if limit is None or case.total > limit:
            return False
        ladder = scope.authority.ladder
        return all(s.holds for s in self.sums if s.kind == "cap" and s.rank and ladder.index(s.rank) >= height)


def authorize(pack: Pack, ask: Ask, facts: Facts, history: History, now: datetime, staff: Staff | None = None) -> Answer:
    """Whether `ask` may be granted at the instant `now`.

    facts    typed facts by path, as a decision carries them; a path that isn't there is missing, an Unknown can't be told
    history  earlier grants and requests, as sums; the few questions asked of it don't depend on how long it is
    staff    who works here; without it every rank counts as staffed and the asker's rank is taken as given

    Amounts that can't be granted by anybody, missing keys and the like come back as `refused` with their reasons. Raises
    UsageError for a remedy, rank or person that doesn't exist, a pack without `authority:`, and a `now` without time zone.
    """
    scope = Scope(pack, facts, now)
    remedy, rank = known(scope, ask, staff)
    found, amount, rate = examine(scope, ask, remedy, rank, history, staff, None)
    return answer(scope, ask, remedy, rank, amount, rate, found, staff)


def known(scope: Scope, ask: Ask, staff: Staff | None) -> tuple[Remedy, str]:
    """The remedy and the rank of the asker. Raises UsageError for names that don't exist."""
    authority = scope.authority
    rank = ask.rank
    if staff is not None:
        found = staff.rank_of(ask.handler)
        if found is None:
            raise UsageError(Message(f"没有这个人：“{ask.handler[:60]}”", f"unknown person {ask.handler[:60]!r}"), hint(ask.handler, staff.persons))
        rank = found
    if rank not in authority.ladder:
        raise UsageError(Message(f"没有这个级别：“{rank[:60]}”", f"unknown rank {rank[:60]!r}"), hint(rank, authority.ladder))
    remedy = authority.remedies.get(ask.remedy)
    if remedy is None:
        raise UsageError(Message(f"没有这种授权：“{ask.remedy[:60]}”", f"unknown remedy {ask.remedy[:60]!r}"), hint(ask.remedy, authority.remedies))
    return remedy, rank


def hint(name: str, names: object) -> Message | None:
    """The nearest of the names that exist."""
    found = did_you_mean(name, list(names))  # type: ignore[call-overload]
    return None if found is None else Message(*found)


def examine(
    scope: Scope, ask: Ask, remedy: Remedy, rank: str, history: History, staff: Staff | None, before: int | None,
) -> tuple[Findings, Decimal | None, Rate | None]:  # fmt: skip
    """All limits and sums of a request, and what refuses it outright. Sums are left out where the amount can't be read."""
    found = Findings(limits(scope, remedy))
    amount: Decimal | None = None
    rate: Rate | None = None
    try:
        amount, rate = read_amount(ask, remedy, scope.pack.currency, scope.now.astimezone(scope.zone).date())
    except Refused as refused:
        found.why.append(refused.why)
    try:
        names = named(scope)
        if names and not ask.handler:
            raise Refused("handler_missing", "投诉点了人名，要知道是谁经办才能判断回避", "the complaint names somebody: say who asks, to tell whether it is the same person")
        if barred(ask.handler, names, staff, scope.now):
            raise Refused("avoidance", "经办人正是被投诉的人（或由其委托），应当回避", "the asker is whom the complaint is about, or acts with that person")
    except Refused as refused:
        found.why.append(refused.why)
    height = scope.authority.height(rank)
    books = Books(scope, history, before)
    asked = Decimal(0) if amount is None else amount
    try:
        found.sums.append(case_sum(books, ask, remedy, asked, rank, found.limits.of(height)))
    except Refused as refused:
        found.why.append(refused.why)
    for cap in applicable(scope, remedy):
        found.caps.append(cap)
        try:
            found.sums += cap_sums(books, ask, cap, asked, found.limits, height)
        except Refused as refused:
            found.why.append(refused.why)
    try:
        found.sums += four_eyes_sums(books, ask, remedy, asked)
    except Refused as refused:
        found.why.append(refused.why)
    return found, amount, rate


def answer(
    scope: Scope, ask: Ask, remedy: Remedy, rank: str, amount: Decimal | None, rate: Rate | None, found: Findings, staff: Staff | None,
) -> Answer:  # fmt: skip
    """The verdict that findings lead to, with all that stands behind it."""
    authority = scope.authority
    height = authority.height(rank)
    may = tuple(r for h, r in enumerate(authority.ladder) if h >= height and found.may(h, scope))
    choice = Choice("refused")
    why = list(found.why)
    if not why and found.passed:
        why += [Why("cap", cap_passed(scope, s)) for s in found.passed]
    if not why:
        choice = Deciders(scope, found, staff, ask.handler).choose(height)
        if choice.verdict == "refused":
            why.append(Why("nobody", NOBODY))
    return Answer(
        verdict=choice.verdict, remedy=remedy.id, handler=ask.handler, rank=rank, at=scope.now, amount=amount, unit=remedy.unit,
        by=choice.by, may=may, approvers=choice.approvers, limits=found.limits.ranks, sums=tuple(found.sums),
        room=room(found, scope, height), rules=rules_behind(scope, remedy, found.limits, found.caps, found.sums), why=tuple(why),
        unknown=tuple(scope.unknown[key] for key in sorted(scope.unknown)),
        notices=notices(found.caps, found.sums) if choice.verdict == "allowed" else (),
        keys=all_keys(scope, ask), rate=rate, policy=authority.fingerprint,
    )  # fmt: skip


def room(found: Findings, scope: Scope, height: int) -> Decimal | None:
    """What the rank at a height may still grant alone in this case, whatever is asked; None: there is no limit.

    The least of the case's room, the room of its caps and of those of all ranks above; nothing where a count is used up, where
    the request is refused whatever its amount, or where the rank has no limit at all."""
    limit = found.limits.of(height)
    bad_amount = {"amount_missing", "amount_unreadable", "not_positive", "too_large", "too_many_decimals", "no_rate", "no_amount"}
    if limit is None or any(w.code not in bad_amount for w in found.why):
        return Decimal(0)
    least = Decimal("Infinity")
    for item in found.sums:
        if item.kind == "four_eyes" or (item.kind == "cap" and item.rank and scope.authority.height(item.rank) < height):
            continue
        if item.counting == "grants":
            least = least if item.room >= 1 else Decimal(0)
        else:
            least = min(least, item.room)
    return least if least.is_finite() else None
