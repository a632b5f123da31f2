"""One attempt to approve a request: with which rank, whether that may, and whether it is the first or the last approval needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from triage.authority.amounts import Refused
from triage.authority.deciders import Deciders, Free
from triage.authority.ports import History
from triage.authority.scope import Scope
from triage.authority.staff import Staff
from triage.authority.sums import Books, cap_sums, notices
from triage.authority.verdict import Findings, examine
from triage.authority.words import NOBODY, cap_passed
from triage.domain.grants import Approver, Ask, Notice, Pending, Why
from triage.message import Message


@dataclass(frozen=True, slots=True)
class Step:
    """What an attempt comes to. `approvers` are all who have approved by then; `waits_for` where the request waits next."""

    result: Literal["granted", "second", "moved", "refused"]
    approvers: tuple[Approver, ...] = ()
    waits_for: str = ""
    why: tuple[Why, ...] = ()
    notices: tuple[Notice, ...] = ()


def identity(free: Free, way: Approver) -> Why | None:
    """Why somebody may not decide, whatever the rank: the asker, one who counts as the same person, or one who must keep out."""
    if way.person == free.asker:
        return Why("own_request", Message("不能批自己的申请", "nobody approves their own request"))
    if any(free.is_asker(person) for person in way.persons):
        return Why("delegate", Message("与申请人有委托关系，视为同一人，不能批", "a delegate counts as one person with the asker and can't approve"))
    if any(free.is_barred(person) for person in way.persons):
        return Why("avoidance", Message("是被投诉的人（或由其委托），应当回避", "the complaint is about this person, or one acting for them"))
    return None


def lower(scope: Scope, pending: Pending, way: Approver) -> Why | None:
    """Why a rank is too low: below the one that the request waits for."""
    authority = scope.authority
    waits = authority.height(pending.waits_for) if pending.waits_for in authority.ladder else 0
    if way.rank in authority.ladder and authority.height(way.rank) >= waits:
        return None
    name = authority.title(pending.waits_for)
    return Why("lower_rank", Message(f"级别不够，申请等的是{name.zh}", f"the rank is too low, the request waits for {name.en}"))


class Attempt:
    """A request as it stands now, and who may approve it."""

    def __init__(self, scope: Scope, pending: Pending, history: History, staff: Staff) -> None:
        self.scope, self.pending, self.staff = scope, pending, staff
        self.rank = staff.rank_of(pending.handler) or pending.rank
        keys = pending.keys
        self.ask = Ask(pending.remedy, pending.amount, pending.handler, self.rank, keys.get("case", ""), keys.get("customer", ""), keys.get("order", ""))
        self.books = Books(scope, history, pending.seq)
        self.history = history

    def by(self, person: str) -> Step:
        """What comes of a person's approval: with the person's own rank if that does, else with a delegator's."""
        authority = self.scope.authority
        remedy = authority.remedies.get(self.pending.remedy)
        if remedy is None or self.rank not in authority.ladder:
            return _refused("policy_changed", Message("规则已改，这项申请不再适用", "the policy has changed and no longer knows this request"))
        if remedy.yes:
            self.ask = Ask(remedy.id, None, self.ask.handler, self.ask.rank, self.ask.case, self.ask.customer, self.ask.order)
        try:
            free = Free(self.scope, self.staff, self.pending.handler)
        except Refused as refused:
            return Step("refused", why=(refused.why,))
        found, _, _ = examine(self.scope, self.ask, remedy, self.rank, self.history, self.staff, self.pending.seq)
        why = (*found.why, *(Why("cap", cap_passed(self.scope, s)) for s in found.passed))
        if why:
            return Step("refused", why=why)
        steps = [self.one_way(free, found, way) for way in self.staff.ways(person, self.scope.now)]
        for result in ("granted", "second", "moved"):
            for step in steps:
                if step.result == result:
                    return step
        return steps[-1]

    def one_way(self, free: Free, found: Findings, way: Approver) -> Step:
        """What comes of an approval with one rank."""
        authority, pending = self.scope.authority, self.pending
        problem = identity(free, way) or lower(self.scope, pending, way)
        if problem is None and pending.first is not None and self.one_person(pending.first, way):
            problem = Why("twice", Message("第一位审批人就是他（或有委托关系），要另一个人批", "this is the first approver, or one acting with them: another person is needed"))
        asker, height = authority.height(self.rank), authority.height(way.rank) if way.rank in authority.ladder else -1
        alone = found.may(asker, self.scope)
        if problem is None and alone and height < asker:
            problem = Why("lower_rank", Message("第二人的级别不能低于第一人", "the second person ranks at least as the first"))
        if problem is not None:
            return Step("refused", why=(problem,))
        if not found.may(height, self.scope):
            return self.onward(found, asker, height)
        if not self.own_caps(found, way):
            return _refused("own_cap", Message("超过审批人自己的限额，要别人批", "it would pass the approver's own cap: somebody else is to approve it"))
        first = self.standing_first(free, found)
        two = found.four_eyes and not alone and way.rank != authority.above_top
        if two and first is None:
            return Step("second", (way,), way.rank)
        if two and first is not None and height < authority.height(first.rank):
            return _refused("lower_rank", Message("第二人的级别不能低于第一人", "the second person ranks at least as the first"))
        approvers = (way,) if first is None else (first, way)
        return Step("granted", approvers, notices=notices(found.caps, found.sums))

    def standing_first(self, free: Free, found: Findings) -> Approver | None:
        """The first approver, if that approval would still be given now."""
        first = self.pending.first
        if first is None or first.rank not in self.scope.authority.ladder or identity(free, first) is not None:
            return None
        fit = found.may(self.scope.authority.height(first.rank), self.scope) and self.own_caps(found, first)
        return first if fit else None

    def one_person(self, one: Approver, other: Approver) -> bool:
        """Whether two approvals come from one person."""
        return any(self.staff.same(a, b, self.scope.now) for a in one.persons for b in other.persons)

    def own_caps(self, found: Findings, way: Approver) -> bool:
        """Whether what a person approves stays within that person's own caps, and within the delegator's."""
        lowest = self.scope.authority.height(way.rank)
        caps = [cap for cap in found.caps if cap.per == "handler"]
        sums = [s for cap in caps for p in way.persons for s in cap_sums(self.books, self.ask, cap, self.pending.amount, found.limits, lowest, p)]
        return all(s.holds for s in sums)

    def onward(self, found: Findings, asker: int, height: int) -> Step:
        """The request goes on to the lowest rank above that may."""
        choice = Deciders(self.scope, found, self.staff, self.pending.handler).choose(asker, height + 1)
        if choice.verdict != "needs_approval" or self.scope.authority.height(choice.by) <= height:
            return Step("refused", why=(Why("nobody", NOBODY),))
        name = self.scope.authority.title(choice.by)
        why = Why("moved", Message(f"现在已超出这一级，转{name.zh}", f"this rank no longer may: it goes to {name.en}"))
        return Step("moved", waits_for=choice.by, why=(why,))


def _refused(code: str, text: Message) -> Step:
    return Step("refused", why=(Why(code, text),))
