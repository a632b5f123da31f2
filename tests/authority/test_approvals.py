"""Who approves, how often and until when: each sentence on identities, four eyes and approvals has its example."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.authority.desk import RANKS, REFUND, Desk, codes, staff, verdict
from triage.authority.approvals import decline, grant, moved_on, request
from triage.authority.staff import Delegation, Person, Staff
from triage.authority.working_time import WorkingWeek
from triage.domain.durations import parse_duration
from triage.domain.grants import Approver
from triage.domain.values import parse_instant
from triage.errors import UsageError

PEOPLE = ("u1:agent", "u2:agent", "s1:senior", "s2:senior", "v1:supervisor", "m1:manager", "m2:manager", "d1:director")
TERMS = "  approvals: {answer_in: 2h, then: next_rank, expire: 5d}\n"
EYES = "  four_eyes: [{sum_of: [refund], from: 3000, per: customer, in: calendar_day, second: same_rank_or_above}]\n"
NEVER = "  never: [complaint.about_employee]\n"


def desk(folder: Path, more: str = "", people: Staff | None = None, remedies: str = REFUND) -> Desk:
    return Desk(folder, RANKS + remedies + TERMS + more, people or staff(*PEOPLE))


class TestApproving:
    def test_the_rank_that_is_asked_approves_and_the_grant_says_who(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        outcome = d.approve(d.request(d.ask("", 200)), "s1")
        assert outcome.result == "granted"
        assert outcome.grant is not None
        assert (outcome.grant.amount, outcome.grant.handler, outcome.grant.rank) == (200, "u1", "agent")
        assert outcome.grant.approvers == (Approver("s1", "senior"),)
        assert outcome.grant.at == d.now

    def test_a_higher_rank_may_as_well_a_lower_one_not(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 400))
        assert pending.waits_for == "supervisor"
        assert codes(d.approve(pending, "s1")) == ["lower_rank"]
        assert codes(d.approve(pending, "u2")) == ["lower_rank"]
        assert d.approve(pending, "m1").result == "granted"

    def test_nobody_approves_their_own_request(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 6000, handler="m1"))
        assert codes(d.approve(pending, "m1")) == ["own_request"]
        assert d.approve(pending, "d1").result == "granted"

    def test_it_is_evaluated_again_on_all_grants_made_since(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 200))
        d.granted(150)  # say, taken over from an older system
        outcome = d.approve(pending, "s1")
        assert (outcome.result, outcome.pending.waits_for) == ("moved", "supervisor")
        assert codes(outcome) == ["moved"]
        assert d.approve(outcome.pending, "v1").result == "granted"

    def test_reservations_of_requests_made_earlier_count_its_own_and_later_ones_dont(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        first = d.request(d.ask("", 200))
        second = d.request(d.ask("", 110))
        assert (first.waits_for, second.waits_for) == ("senior", "supervisor")
        assert d.approve(first, "s1").result == "granted"
        assert d.approve(second, "v1").result == "granted"
        assert verdict(d.ask("", 1)) == ("needs_approval", "supervisor")

    def test_an_earlier_request_that_waits_can_move_a_later_one_up(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "  caps: [{sum_of: [refund], per: customer, in: 30d, limit: {supervisor: 1000, manager: 2000}}]\n")
        d.request(d.ask("", 900, handler="s1", case="k2"))
        pending = d.request(d.ask("", 200, case="k3"))
        assert pending.waits_for == "manager"

    def test_an_absolute_cap_that_facts_have_lowered_refuses(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "  caps: [{sum_of: [refund], per: order, limit: order.paid}]\n")
        d.facts = {"order.paid": Decimal(500)}
        pending = d.request(d.ask("", 200))
        assert codes(d.approve(pending, "s1", order__paid=Decimal(100))) == ["cap"]
        assert d.approve(pending, "s1").result == "granted"

    def test_keys_stay_as_they_were_when_asked(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "  caps: [{sum_of: [refund], per: handler.department, in: 30d, limit: 500}]\n")
        pending = d.request(d.ask("", 200, handler__department="资费组"))
        outcome = d.approve(pending, "s1", handler__department="网络组")
        assert outcome.grant is not None
        assert outcome.grant.keys["handler.department"] == "资费组"

    def test_above_top_approves_what_no_rank_may(self, tmp_path: Path) -> None:
        people = staff(*PEOPLE, "boss:总经理办公会")
        d = desk(tmp_path, "  above_top: 总经理办公会\n", people, "  remedies: {refund: {agent: 30, supervisor: 200}}\n")
        pending = d.request(d.ask("", 5000))
        assert pending.waits_for == "总经理办公会"
        assert pending.answer_by == d.now + timedelta(hours=2)
        assert codes(d.approve(pending, "d1")) == ["lower_rank"]
        assert d.approve(pending, "boss").result == "granted"

    def test_a_remedy_without_amount_is_approved_like_any_other(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", None, "  remedies: {sorry: {supervisor: yes}}\n")
        pending = d.request(d.ask("", None, "sorry"))
        assert d.approve(pending, "v1").result == "granted"

    def test_somebody_unknown_is_an_error_with_the_nearest_name(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        with pytest.raises(UsageError, match="s11"):
            d.approve(d.request(d.ask("", 200)), "s11")


class TestOwnCaps:
    CAP = "  caps: [{sum_of: [refund], per: handler, in: calendar_day, limit: {agent: 200, senior: 400, supervisor: 3000}}]\n"

    def test_what_a_person_approves_counts_against_that_persons_own_cap(self, tmp_path: Path) -> None:
        d = desk(tmp_path, self.CAP)
        assert d.approve(d.request(d.ask("", 250)), "s1").result == "granted"
        pending = d.request(d.ask("", 240, case="k2", customer="c2", handler="u2"))
        assert pending.waits_for == "senior"
        assert codes(d.approve(pending, "s1")) == ["own_cap"]
        assert d.approve(pending, "s2").result == "granted"

    def test_it_counts_against_ones_own_grants_as_well(self, tmp_path: Path) -> None:
        d = desk(tmp_path, self.CAP)
        assert d.approve(d.request(d.ask("", 250)), "s1").result == "granted"
        assert verdict(d.ask("", 160, handler="s1", case="k5", customer="c5")) == ("needs_approval", "supervisor")

    def test_what_was_approved_for_somebody_doesnt_use_up_that_persons_own_rank(self, tmp_path: Path) -> None:
        """It was by exception; against the caps of the rank that approved it, it counts."""
        d = desk(tmp_path, self.CAP)
        assert d.approve(d.request(d.ask("", 250)), "s1").result == "granted"
        answer = d.ask("", 90, case="k2", customer="c2")
        assert answer.verdict == "allowed"
        assert [(s.rank, s.granted) for s in answer.sums if s.kind == "cap"] == [("agent", 0), ("senior", 250), ("supervisor", 250)]

    def test_a_delegates_approvals_count_against_the_delegator_too(self, tmp_path: Path) -> None:
        people = staff(*PEOPLE, "u3:agent", delegations=(Delegation("s1", "u2"),))
        d = desk(tmp_path, self.CAP, people)
        assert d.approve(d.request(d.ask("", 250)), "u2").result == "granted"
        pending = d.request(d.ask("", 240, handler="u3", case="k2", customer="c2"))
        assert codes(d.approve(pending, "s1")) == ["own_cap"]


    def test_a_delegate_cant_pass_the_delegators_cap(self, tmp_path: Path) -> None:
        people = staff(*PEOPLE, "u3:agent", delegations=(Delegation("s1", "u2"),))
        d = desk(tmp_path, self.CAP, people)
        assert d.approve(d.request(d.ask("", 250)), "s1").result == "granted"
        pending = d.request(d.ask("", 240, handler="u3", case="k2", customer="c2"))
        assert codes(d.approve(pending, "u2")) == ["own_cap"]
        assert d.approve(pending, "s2").result == "granted"


class TestDelegation:
    def people(self, *delegations: Delegation) -> Staff:
        return staff(*PEOPLE, delegations=delegations)

    def test_a_delegate_acts_with_the_delegators_rank(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", self.people(Delegation("m1", "u2")))
        outcome = d.approve(d.request(d.ask("", 4000)), "u2")
        assert outcome.grant is not None
        assert outcome.grant.approvers == (Approver("u2", "manager", "m1"),)

    def test_it_begins_and_ends(self, tmp_path: Path) -> None:
        start = parse_instant("2026-03-16T10:00:00+08:00")
        d = desk(tmp_path, "", self.people(Delegation("m1", "u2", start, start + timedelta(minutes=30))))
        pending = d.request(d.ask("", 4000))
        assert codes(d.approve(pending, "u2")) == ["lower_rank"]
        d.now = start + timedelta(minutes=30)
        assert codes(d.approve(pending, "u2")) == ["lower_rank"]
        d.now = start
        assert d.approve(pending, "u2").result == "granted"

    def test_it_doesnt_chain(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", self.people(Delegation("m1", "s1"), Delegation("s1", "u2")))
        pending = d.request(d.ask("", 4000))
        assert codes(d.approve(pending, "u2")) == ["lower_rank"]

    def test_the_askers_delegate_cant_approve(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", staff(*PEOPLE, "d2:director", delegations=(Delegation("m1", "d1"),)))
        pending = d.request(d.ask("", 6000, handler="m1"))
        assert codes(d.approve(pending, "d1")) == ["delegate"]

    def test_a_delegator_cant_approve_what_the_delegate_asks(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", self.people(Delegation("s1", "u1")))
        pending = d.request(d.ask("", 200))
        assert codes(d.approve(pending, "s1")) == ["delegate"]
        assert d.approve(pending, "s2").result == "granted"

    def test_who_share_a_delegator_are_one_person_also_for_own_requests(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", self.people(Delegation("m1", "u1"), Delegation("m1", "s1")))
        pending = d.request(d.ask("", 200))
        assert codes(d.approve(pending, "s1")) == ["delegate"]

    def test_sameness_doesnt_go_through_a_third_person(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", self.people(Delegation("u1", "s1"), Delegation("s1", "s2")))
        pending = d.request(d.ask("", 200))
        assert codes(d.approve(pending, "s1")) == ["delegate"]
        assert d.approve(pending, "s2").result == "granted"

    def test_a_request_goes_on_where_everybody_of_a_rank_counts_as_the_asker(self, tmp_path: Path) -> None:
        people = staff("u1:agent", "s1:senior", "v1:supervisor", delegations=(Delegation("s1", "u1"),))
        assert verdict(desk(tmp_path, "", people).ask("", 200)) == ("needs_approval", "supervisor")


class TestFourEyes:
    def test_two_approvers_besides_the_asker(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES)
        answer = d.ask("", 3000)
        assert (answer.verdict, answer.by, answer.approvers) == ("needs_approval", "manager", 2)
        first = d.approve(d.request(answer), "m1")
        assert first.result == "second"
        assert codes(d.approve(first.pending, "m1")) == ["twice"]
        second = d.approve(first.pending, "m2")
        assert second.grant is not None
        assert [a.person for a in second.grant.approvers] == ["m1", "m2"]

    def test_below_where_they_begin_one_is_enough(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES)
        assert d.ask("", "2999.99").approvers == 1
        assert d.ask("", 2999, handler="m1").verdict == "allowed"

    def test_the_asker_who_may_grant_is_the_first(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES)
        answer = d.ask("", 3000, handler="m1")
        assert (answer.verdict, answer.by, answer.approvers) == ("needs_approval", "manager", 1)
        pending = d.request(answer)
        assert codes(d.approve(pending, "m1")) == ["own_request"]
        assert d.approve(pending, "m2").result == "granted"

    def test_the_second_ranks_at_least_as_the_first(self, tmp_path: Path) -> None:
        """T09: who is the second? The same rank or above."""
        d = desk(tmp_path, EYES)
        pending = d.request(d.ask("", 3000))
        first = d.approve(pending, "d1")
        assert (first.result, first.pending.waits_for) == ("second", "director")
        assert codes(d.approve(first.pending, "m1")) == ["lower_rank"]
        askers = d.request(d.ask("", 4000, handler="m1", customer="c2", case="k2"))
        assert codes(d.approve(askers, "v1")) == ["lower_rank"]

    def test_splitting_one_day_for_one_customer_adds_up(self, tmp_path: Path) -> None:
        """T09: 2,999 and 2,999 need two persons as 5,998 do."""
        d = desk(tmp_path, EYES)
        d.grant(d.ask("", 2999, handler="m1"))
        assert (answer := d.ask("", 2999, handler="m1", case="k2")).approvers == 1
        assert answer.verdict == "needs_approval"
        assert d.at("+1d").ask("", 2999, handler="m1", case="k2").verdict == "allowed"

    def test_all_grants_and_requests_count_there_whoever_approved(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES)
        d.granted(2900, by="director", case="k2")
        assert d.ask("", 100, handler="v1").verdict == "needs_approval"

    def test_the_first_approvers_own_cap_isnt_charged_twice(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES + "  caps: [{sum_of: [refund], per: handler, in: calendar_day, limit: {manager: 3500}}]\n")
        pending = d.request(d.ask("", 3000))
        assert pending.waits_for == "manager"
        half = d.approve(pending, "m1")
        assert half.result == "second"
        assert d.approve(half.pending, "m2").result == "granted"

    def test_nobody_left_above_top(self, tmp_path: Path) -> None:
        people = staff("u1:agent", "d1:director", "boss:总经理办公会")
        d = desk(tmp_path, EYES + "  above_top: 总经理办公会\n", people)
        answer = d.ask("", 6000)
        assert (answer.verdict, answer.by, answer.approvers) == ("needs_approval", "总经理办公会", 1)
        assert d.approve(d.request(answer), "boss").result == "granted"
        assert (own := d.ask("", 6000, handler="d1", case="k2")).by == "总经理办公会"
        assert own.verdict == "needs_approval"

    def test_nobody_left_and_nobody_above_refuses(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES, staff("u1:agent", "d1:director"))
        assert codes(d.ask("", 6000)) == ["nobody"]
        assert codes(d.ask("", 6000, handler="d1")) == ["nobody"]

    def test_delegates_of_one_person_are_no_two_pairs_of_eyes(self, tmp_path: Path) -> None:
        people = staff("u1:agent", "m1:manager", "x1:agent", "x2:agent", delegations=(Delegation("m1", "x1"), Delegation("m1", "x2")))
        assert codes(desk(tmp_path, EYES, people).ask("", 3000)) == ["nobody"]
        d = desk(tmp_path, EYES, staff(*PEOPLE, "x1:agent", "x2:agent", delegations=(Delegation("m1", "x1"), Delegation("m1", "x2"))))
        first = d.approve(d.request(d.ask("", 3000)), "x1")
        assert codes(d.approve(first.pending, "x2")) == ["twice"]
        assert codes(d.approve(first.pending, "m1")) == ["twice"]
        assert d.approve(first.pending, "m2").result == "granted"

    def test_a_first_approval_that_wouldnt_be_given_any_more_is_void(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES)
        first = d.approve(d.request(d.ask("", 3000)), "m1")
        d.granted(2500)
        outcome = d.approve(first.pending, "d1")
        assert outcome.result == "second"
        assert outcome.pending.first == Approver("d1", "director")

    def test_needed_only_at_the_time_of_approval_they_are_needed_then(self, tmp_path: Path) -> None:
        d = desk(tmp_path, EYES)
        pending = d.request(d.ask("", 2000))
        d.granted(1500, case="k7", ago="-1m")
        assert d.approve(pending, "m1").result == "second"


class TestAvoidance:
    def test_whom_the_complaint_is_about_neither_asks_nor_approves(self, tmp_path: Path) -> None:
        """T11."""
        d = desk(tmp_path, NEVER)
        assert codes(d.ask("", 10, complaint__about_employee="u1")) == ["avoidance"]
        pending = d.request(d.ask("", 200, complaint__about_employee="s1"))
        assert codes(d.approve(pending, "s1", complaint__about_employee="s1")) == ["avoidance"]
        assert d.approve(pending, "s2", complaint__about_employee="s1").result == "granted"

    def test_by_any_of_a_persons_names(self, tmp_path: Path) -> None:
        """G02: also by the unit that somebody works for."""
        people = Staff([Person("u1", "agent", ("小王", "工号3021", "华安物业")), Person("u2", "agent")])
        d = desk(tmp_path, NEVER, people)
        for name in ("小王", " 工号３０２１ ", "华安物业", "U1"):
            assert codes(d.ask("", 10, complaint__about_employee=name)) == ["avoidance"]
        assert d.ask("", 10, complaint__about_employee="老王").verdict == "allowed"

    def test_who_shares_a_delegator_keeps_out_too(self, tmp_path: Path) -> None:
        d = desk(tmp_path, NEVER, staff(*PEOPLE, delegations=(Delegation("m1", "u1"), Delegation("m1", "s1"))))
        assert codes(d.ask("", 10, complaint__about_employee="s1")) == ["avoidance"]

    def test_a_name_that_cant_be_told_may_be_anybodys(self, tmp_path: Path) -> None:
        from tests.authority.desk import UNTOLD

        assert codes(desk(tmp_path, NEVER).ask("", 10, complaint__about_employee=UNTOLD)) == ["avoidance_unknown"]

    def test_a_rank_held_only_by_that_person_is_passed_over(self, tmp_path: Path) -> None:
        d = desk(tmp_path, NEVER)
        assert verdict(d.ask("", 400, complaint__about_employee="v1")) == ("needs_approval", "manager")


class TestTime:
    def test_at_or_after_expiry_it_is_refused_and_reserves_nothing(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 200))
        assert pending.expires_at == d.now + timedelta(days=5)
        d.at("+5d").at("-1m")
        assert d.ask("", 1).sums[0].reserved == 200
        d.at("+1m")
        assert codes(d.approve(pending, "s1")) == ["expired"]
        assert d.ask("", 1).sums[0].reserved == 0

    def test_unanswered_it_goes_to_the_next_rank_and_the_time_starts_again(self, tmp_path: Path) -> None:
        """T12: two hours without an answer, then the next."""
        d = desk(tmp_path)
        pending = d.request(d.ask("", 200))
        start = d.now

        def waits(minutes: int) -> str:
            moved = moved_on(d.pack, pending, d.facts, start + timedelta(minutes=minutes), d.staff, WorkingWeek())
            return moved.waits_for

        assert [waits(m) for m in (0, 119, 120, 239, 240, 360, 480, 9999)] == ["senior", "senior", "supervisor", "supervisor", "manager", "director", "director", "director"]

    def test_a_late_timer_changes_nothing(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 200))
        late = d.now + timedelta(minutes=250)
        at_once = moved_on(d.pack, pending, {}, late, d.staff, WorkingWeek())
        half = moved_on(d.pack, pending, {}, d.now + timedelta(minutes=130), d.staff, WorkingWeek())
        assert moved_on(d.pack, half, {}, late, d.staff, WorkingWeek()) == at_once

    def test_the_rank_it_left_no_longer_approves(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 200))
        d.at("+2h")
        assert codes(d.approve(pending, "s1")) == ["lower_rank"]
        assert d.approve(pending, "v1").result == "granted"

    def test_ranks_that_nobody_holds_are_passed_over(self, tmp_path: Path) -> None:
        d = desk(tmp_path, "", staff("u1:agent", "s1:senior", "d1:director"))
        pending = d.request(d.ask("", 200))
        assert moved_on(d.pack, pending, {}, d.now + timedelta(hours=2), d.staff, WorkingWeek()).waits_for == "director"

    @pytest.mark.parametrize(("start", "term", "end"), [
        ("2026-03-16T09:00", "2 working_hours", "2026-03-16T11:00"), ("2026-03-16T11:30", "2 working_hours", "2026-03-16T15:00"),
        ("2026-03-13T17:30", "2 working_hours", "2026-03-16T10:30"), ("2026-03-14T12:00", "2 working_hours", "2026-03-16T11:00"),
        ("2026-03-16T12:30", "1 working_hour", "2026-03-16T14:30"), ("2026-03-13T10:00", "1 working_day", "2026-03-16T10:00"),
        ("2026-03-14T10:00", "5 working_days", "2026-03-23T09:00"), ("2026-03-16T10:00", "24h", "2026-03-17T10:00"),
        ("2026-03-16T10:00", "当日", "2026-03-17T00:00"), ("2026-03-16T10:00", "次日", "2026-03-18T00:00"), ("2026-03-16T17:59", "0.5 working_hours", "2026-03-17T09:29"),
    ])  # fmt: skip
    def test_terms_in_working_time(self, start: str, term: str, end: str) -> None:
        assert WorkingWeek().after(parse_instant(start), parse_duration(term)) == parse_instant(end)

    def test_days_off_and_weekends_worked(self) -> None:
        week = WorkingWeek(off=frozenset({parse_instant("2026-10-01").date()}), on=frozenset({parse_instant("2026-10-10").date()}))
        assert week.after(parse_instant("2026-09-30T10:00"), parse_duration("1 working_day")) == parse_instant("2026-10-02T10:00")
        assert week.after(parse_instant("2026-10-09T10:00"), parse_duration("1 working_day")) == parse_instant("2026-10-10T10:00")


class TestDeclining:
    def test_who_may_approve_may_decline_and_the_asker_may_withdraw(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        pending = d.request(d.ask("", 200))

        def by(person: str) -> str:
            assert d.staff is not None
            return decline(d.pack, pending, person, {}, d.now, d.staff, WorkingWeek()).result

        assert [by(p) for p in ("u1", "u2", "s1", "m1")] == ["declined", "refused", "declined", "declined"]
        with pytest.raises(UsageError):
            by("nobody")

    def test_only_what_was_allowed_is_granted_and_only_what_needs_approval_requested(self, tmp_path: Path) -> None:
        d = desk(tmp_path)
        with pytest.raises(UsageError):
            grant(d.ask("", 200), "g")
        with pytest.raises(UsageError):
            request(d.pack, d.ask("", 100), "q", WorkingWeek())
        with pytest.raises(UsageError):
            request(d.pack, d.ask("", 0), "q", WorkingWeek())
