"""Requests: made, moved on when nobody answers, approved, declined; grants: made and revoked. Each step gives new frozen values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from triage.authority.amounts import Refused
from triage.authority.approving import Attempt, Step
from triage.authority.deciders import Free
from triage.authority.ports import Deadlines, History
from triage.authority.scope import Scope, authority_of
from triage.authority.staff import Staff
from triage.authority.verdict import hint
from triage.domain.facts import Facts
from triage.domain.grants import Answer, Approver, Grant, Notice, Pending, Why
from triage.domain.pack import Pack
from triage.errors import UsageError
from triage.message import Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an approval or a refusal to approve.

    result   granted: `grant` is to be written and the request is done; second: one of two has approved, `pending` is to be
             written; moved: this rank no longer may, `pending` waits for a higher one; declined: the request is done;
             refused: nothing changes, and `why` says why
    """

    result: Literal["granted", "second", "moved", "declined", "refused"]
    pending: Pending
    grant: Grant | None = None
    why: tuple[Why, ...] = ()
    notices: tuple[Notice, ...] = ()


def grant(answer: Answer, id: str, seq: int = 0) -> Grant:
    """The grant that an answer "allowed" permits. It is committed in the transaction in which the answer was given.
    Raises UsageError for any other answer."""
    if answer.verdict != "allowed" or answer.amount is None:
        raise UsageError(Message(f"授权结论是 {answer.verdict}，不能直接授予", f"the verdict is {answer.verdict}, so nothing can be granted"))
    return Grant(id, answer.remedy, answer.amount, answer.at, answer.handler, answer.rank, answer.keys, seq=seq, rate=answer.rate, policy=answer.policy)


def request(pack: Pack, answer: Answer, id: str, deadlines: Deadlines, seq: int = 0) -> Pending:
    """The request that an answer "needs_approval" asks for; from now on it reserves its amount. Raises UsageError for any
    other answer."""
    if answer.verdict != "needs_approval" or answer.amount is None:
        raise UsageError(Message(f"授权结论是 {answer.verdict}，不必也不能申请", f"the verdict is {answer.verdict}, so there is nothing to request"))
    terms = authority_of(pack).approvals
    return Pending(
        id, answer.remedy, answer.amount, answer.at, answer.handler, answer.rank, answer.keys, answer.by, answer.at,
        answer_by=None if terms.answer_in is None else deadlines.after(answer.at, terms.answer_in),
        expires_at=None if terms.expire is None else deadlines.after(answer.at, terms.expire), seq=seq, rate=answer.rate, policy=answer.policy,
    )  # fmt: skip


def moved_on(pack: Pack, pending: Pending, facts: Facts, now: datetime, staff: Staff | None, deadlines: Deadlines) -> Pending:
    """The request where it waits at `now`: each time the answer's time is up it goes to the next rank that somebody free holds,
    above the ranks to `above_top`, where it stays; the time to answer starts again at each. A late timer changes nothing:
    the steps are counted from the times at which they were due."""
    scope = Scope(pack, facts, now, pending.keys)
    terms = scope.authority.approvals
    while pending.answer_by is not None and now >= pending.answer_by:
        due = pending.answer_by
        rank = next_rank(scope, pending, staff)
        if rank is None:
            return replace(pending, answer_by=None)
        last = rank == scope.authority.above_top or terms.answer_in is None
        pending = replace(pending, waits_for=rank, since=due, answer_by=None if last or terms.answer_in is None else deadlines.after(due, terms.answer_in))
    return pending


def next_rank(scope: Scope, pending: Pending, staff: Staff | None) -> str | None:
    """The rank after the one that a request waits for; None if there is none."""
    authority = scope.authority
    if pending.waits_for not in authority.ladder:
        return None
    try:
        free = Free(scope, staff, pending.handler)
    except Refused:
        return None  # who must keep out can't be told: nobody can approve it now
    for height in range(authority.height(pending.waits_for) + 1, len(authority.ranks)):
        if staff is None or free.at(height):
            return authority.ranks[height]
    return authority.above_top if authority.above_top and pending.waits_for != authority.above_top else None


def approve(
    pack: Pack, pending: Pending, person: str, facts: Facts, history: History, now: datetime, staff: Staff, deadlines: Deadlines,
    id: str, seq: int = 0,
) -> Outcome:  # fmt: skip
    """`person` approves a request. Everything is evaluated again, on the facts, the policy and the history as they are now: all
    grants count, and of other requests those made earlier. `id` and `seq` are for the grant, if one comes of it.

    Call it inside the transaction that writes the outcome. Raises UsageError for an unknown person.
    """
    if person not in staff.persons:
        raise UsageError(Message(f"没有这个人：“{person[:60]}”", f"unknown person {person[:60]!r}"), hint(person, staff.persons))
    if pending.expired(now):
        return Outcome("refused", pending, why=(Why("expired", Message("申请已过期，不能再批", "the request has expired and can't be approved")),))
    pending = moved_on(pack, pending, facts, now, staff, deadlines)
    attempt = Attempt(Scope(pack, facts, now, pending.keys), pending, history, staff)
    step = attempt.by(person)
    match step.result:
        case "granted":
            given = Grant(
                id, pending.remedy, pending.amount, now, pending.handler, attempt.rank, pending.keys, step.approvers, seq,
                rate=pending.rate, policy=attempt.scope.authority.fingerprint,
            )  # fmt: skip
            return Outcome("granted", pending, given, notices=step.notices)
        case "second":
            return Outcome("second", _waiting(pack, replace(pending, first=step.approvers[-1]), step, now, deadlines))
        case "moved":
            return Outcome("moved", _waiting(pack, replace(pending, first=None), step, now, deadlines), why=step.why)
        case _:
            return Outcome("refused", pending, why=step.why)


def _waiting(pack: Pack, pending: Pending, step: Step, now: datetime, deadlines: Deadlines) -> Pending:
    """The request at the rank that it now waits for, the time to answer started again."""
    authority = authority_of(pack)
    term = authority.approvals.answer_in
    ends = None if term is None or step.waits_for == authority.above_top else deadlines.after(now, term)
    return replace(pending, waits_for=step.waits_for, since=now, answer_by=ends)


def decline(pack: Pack, pending: Pending, person: str, facts: Facts, now: datetime, staff: Staff, deadlines: Deadlines) -> Outcome:
    """`person` declines a request, or withdraws one's own. Whoever may not approve it, for who or what rank they are, may not
    decline it either. Raises UsageError for an unknown person."""
    if person not in staff.persons:
        raise UsageError(Message(f"没有这个人：“{person[:60]}”", f"unknown person {person[:60]!r}"), hint(person, staff.persons))
    if pending.expired(now):
        return Outcome("refused", pending, why=(Why("expired", Message("申请已过期", "the request has expired")),))
    if person == pending.handler:
        return Outcome("declined", pending)
    pending = moved_on(pack, pending, facts, now, staff, deadlines)
    scope = Scope(pack, facts, now, pending.keys)
    try:
        free = Free(scope, staff, pending.handler)
    except Refused as refused:
        return Outcome("refused", pending, why=(refused.why,))
    problems = [_unfit(scope, free, pending, way) for way in staff.ways(person, now)]
    if any(problem is None for problem in problems):
        return Outcome("declined", pending)
    return Outcome("refused", pending, why=tuple(p for p in problems[-1:] if p is not None))


def _unfit(scope: Scope, free: Free, pending: Pending, way: Approver) -> Why | None:
    from triage.authority.approving import identity, lower

    return identity(free, way) or lower(scope, pending, way)


def revoke(given: Grant, settled: bool) -> Grant:
    """A grant revoked: it counts on until the money is known not to have gone out, or to have come back (`settled`); then it
    never counted. Revoking again changes nothing; what is settled stays settled."""
    return given if given.revoked == "settled" else replace(given, revoked="settled" if settled else "open")
