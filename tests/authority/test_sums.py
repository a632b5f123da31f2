"""S, windows and caps: each sentence of the arithmetic on sums has its example."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.authority.desk import RANKS, REFUND, UNTOLD, Desk, codes, verdict
from triage.authority.approvals import revoke
from triage.domain.grants import Answer, Pending

MANY = "  remedies: {refund: {agent: 100, senior: 300, supervisor: 1000, manager: 5000, director: unlimited}, compensation: {agent: 100, supervisor: 500}, gift: {agent: 30, supervisor: 200}}\n"


def caps(*rows: str) -> str:
    return "  caps:\n" + "".join(f"    - {{{row}}}\n" for row in rows)


CASE_LIMIT = caps("sum_of: [refund, compensation, gift], per: customer, in: 30d, limit: case_limit")


def waiting(desk: Desk, amount: int, waits_for: str, remedy: str = "refund", **keys: str) -> Pending:
    """A request that waits, made by somebody else."""
    desk.seq += 1
    handler = keys.pop("handler", "u9")
    pending = Pending(f"q{desk.seq}", remedy, Decimal(amount), desk.now, handler, "agent", {"case": "k9", "customer": "c1", "order": "o1", **keys}, waits_for, desk.now, seq=desk.seq)
    desk.history.pending.append(pending)
    return pending


class TestCase:
    def test_what_was_granted_in_this_case_counts_whoever_granted_it(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND)
        desk.granted(60, ago="-400d", handler="u7", by="director")
        assert verdict(desk.ask("agent", 40)) == ("allowed", "")
        answer = desk.ask("agent", "40.01")
        assert verdict(answer) == ("needs_approval", "senior")
        assert answer.room == 40

    def test_another_case_or_another_remedy_doesnt(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY)
        desk.granted(100, case="k2")
        desk.granted(100, "compensation")
        assert desk.ask("agent", 100).verdict == "allowed"

    def test_what_is_reserved_counts_for_every_rank(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND)
        waiting(desk, 250, "senior", case="k1")
        assert verdict(desk.ask("agent", 50)) == ("needs_approval", "senior")
        assert verdict(desk.ask("agent", 51)) == ("needs_approval", "supervisor")

    def test_the_answer_shows_each_sum_and_its_room(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND)
        desk.granted(30)
        waiting(desk, 20, "senior", case="k1")
        found = desk.ask("agent", 10).sums[0]
        assert (found.kind, found.granted, found.reserved, found.asked, found.total, found.limit, found.room, found.holds) == ("case", 30, 20, 10, 60, 100, 50, True)


class TestWindows:
    ROLLING = caps("sum_of: [refund], per: customer, in: 30d, limit: 100")

    @pytest.mark.parametrize(("ago", "room"), [("-29d", 40), ("-30d", 40), ("", 40)])
    def test_a_rolling_window_has_both_its_ends(self, tmp_path: Path, ago: str, room: int) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + self.ROLLING)
        desk.granted(60, ago=ago, case="k2")
        assert desk.ask("director", 1).room == room
        desk.at("+1m")
        assert desk.ask("director", 1).room == (100 if ago == "-30d" else 40)

    def test_a_calendar_day_is_the_packs_own(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: calendar_day, limit: 100")).at("2026-03-15T23:59:59+08:00")
        desk.granted(60, case="k2")
        assert desk.ask("director", 1).room == 40
        assert desk.at("2026-03-15T16:00:00+00:00").ask("director", 1).room == 100  # midnight in China

    @pytest.mark.parametrize(("window", "inside", "outside"), [
        ("calendar_week", "2026-03-16T00:00:00+08:00", "2026-03-15T23:59:59+08:00"), ("calendar_month", "2026-03-01T00:00:00+08:00", "2026-02-28T23:59:59+08:00"),
        ("calendar_quarter", "2026-01-01T00:00:00+08:00", "2025-12-31T23:59:59+08:00"), ("calendar_year", "2026-01-01T00:00:00+08:00", "2025-12-31T23:59:59+08:00"),
    ])  # fmt: skip
    def test_longer_calendar_windows(self, tmp_path: Path, window: str, inside: str, outside: str) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps(f"sum_of: [refund], per: customer, in: {window}, limit: 100")).at(inside)
        desk.granted(60, case="k2")
        desk.at(outside).granted(30, case="k3")
        assert desk.at("2026-03-19T12:00:00+08:00").ask("director", 1).room == 40

    def test_without_a_window_all_that_ever_was_counts(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: order, limit: 100"))
        desk.granted(60, ago="-4000d", case="k2")
        assert desk.ask("director", 1).room == 40

    def test_a_clock_put_back_doesnt_open_a_cap(self, tmp_path: Path) -> None:
        """What is dated after now counts too: some window holds both."""
        desk = Desk(tmp_path, RANKS + REFUND + self.ROLLING)
        desk.granted(60, case="k2")
        assert desk.at("-3d").ask("director", 41).verdict == "refused"

    def test_a_pending_request_counts_inside_every_window_whenever_it_was_made(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + self.ROLLING)
        waiting(desk, 60, "director")
        assert desk.at("+300d").ask("director", 41).verdict == "refused"


class TestRevocation:
    def test_a_revoked_grant_counts_until_the_money_is_known_to_be_back(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND)
        given = desk.granted(100)
        desk.history.grants[0] = revoke(given, settled=False)
        assert desk.ask("agent", 1).verdict == "needs_approval"
        desk.history.grants[0] = revoke(desk.history.grants[0], settled=True)
        assert desk.ask("agent", 100).verdict == "allowed"

    def test_it_removes_the_grant_at_the_grants_own_time(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: calendar_day, limit: 100"))
        given = desk.granted(100, ago="-1d", case="k2")
        desk.history.grants[0] = revoke(given, settled=True)
        assert desk.ask("director", 1).room == 100  # today gains nothing from yesterday's
        assert desk.at("-1d").ask("director", 1).room == 100

    def test_settled_stays_settled_and_again_changes_nothing(self, tmp_path: Path) -> None:
        given = Desk(tmp_path, RANKS + REFUND).granted(1)
        assert revoke(revoke(given, True), False).revoked == "settled"
        assert revoke(revoke(given, False), False) == revoke(given, False)


class TestAbsolute:
    def test_nobody_passes_it_and_above_top_neither(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + "  above_top: 总经理办公会\n" + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: 400"))
        desk.granted(300, case="k2", by="director")
        answer = desk.ask("director", "100.01")
        assert verdict(answer) == ("refused", "")
        assert codes(answer) == ["cap"]
        assert answer.room == 100
        assert desk.ask("director", 100).verdict == "allowed"

    def test_its_limit_may_be_a_fact_or_a_multiple_of_one(self, tmp_path: Path) -> None:
        """T10: refunds within what was paid, compensation within three monthly fees."""
        rows = caps("sum_of: [refund], per: order, limit: order.paid", "sum_of: [compensation], per: case, limit: 3 × customer.monthly_fee")
        desk = Desk(tmp_path, RANKS + MANY + rows)
        assert desk.ask("director", "80.01", order__paid=Decimal(80)).verdict == "refused"
        assert desk.ask("agent", 80, order__paid=Decimal(80)).verdict == "allowed"
        assert desk.ask("agent", "59.70", "compensation", customer__monthly_fee=Decimal("19.9")).verdict == "allowed"
        assert desk.ask("agent", "59.71", "compensation", customer__monthly_fee=Decimal("19.9")).verdict == "refused"

    def test_unless_lifts_it_only_where_that_is_known(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: order, limit: order.paid, unless: {tags.category: 假货}"))
        desk.facts = {"order.paid": Decimal(50)}
        assert desk.ask("agent", 90, tags__category="假货").verdict == "allowed"
        assert desk.ask("agent", 90, tags__category="资费争议").verdict == "refused"
        answer = desk.ask("agent", 90, tags__category=UNTOLD)
        assert answer.verdict == "refused"
        assert [m.rule for m in answer.unknown] == ["cap-1"]

    def test_when_and_valid_put_it_in_force_unless_known_not_to_hold(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: order, limit: 10, when: {customer.tier: normal}, valid: {from: 2026-03-01}"))
        assert desk.ask("agent", 90, customer__tier="vip").verdict == "allowed"
        assert desk.ask("agent", 90, customer__tier="normal").verdict == "refused"
        assert desk.ask("agent", 90, customer__tier=UNTOLD).verdict == "refused"
        assert desk.at("2026-02-28T12:00:00+08:00").ask("agent", 90, customer__tier="normal").verdict == "allowed"

    def test_counts_are_of_grants_each_as_one(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + "  remedies: {coupon: {unit: 张, agent: 5}, sorry: {agent: yes}}\n" + caps("count_of: [coupon, sorry], per: order, limit: 2"))
        desk.granted(5, "coupon", case="k2")
        assert desk.ask("agent", 5, "coupon").verdict == "allowed"
        desk.granted(1, "sorry")
        answer = desk.ask("agent", 1, "coupon")
        assert (answer.verdict, answer.room) == ("refused", 0)

    def test_per_any_fact(self, tmp_path: Path) -> None:
        """T08: a department's refunds in a calendar month, and who hears of it at 80 per cent."""
        row = "sum_of: [refund], per: handler.department, in: calendar_month, limit: 1000, steps: [{at: 80%, notify: [finance]}]"
        desk = Desk(tmp_path, RANKS + REFUND + caps(row))
        desk.granted(750, case="k2", customer="c2", **{"handler.department": "资费组"})
        below = desk.ask("agent", "49.99", handler__department="资费组")
        assert (below.verdict, below.notices) == ("allowed", ())
        reached = desk.ask("agent", 50, handler__department="资费组")
        assert [(n.rule, n.share, n.notify) for n in reached.notices] == [("cap-1", Decimal("0.80"), ("finance",))]
        desk.granted(50, case="k2", **{"handler.department": "资费组"})
        assert desk.ask("agent", 50, handler__department="资费组").notices == ()  # told once
        assert desk.ask("director", 201, handler__department="资费组").verdict == "refused"
        assert desk.ask("director", 201, handler__department="网络组").verdict == "allowed"


class TestByRank:
    ROW = "sum_of: [refund], per: customer, in: 30d, limit: {senior: 300, manager: 2000}"

    def sums(self, answer: Answer) -> list[tuple[str, str]]:
        return [(s.rank, str(s.limit)) for s in answer.sums if s.kind == "cap"]

    def test_between_named_ranks_they_inherit_below_it_is_zero_above_it_doesnt_apply(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps(self.ROW))
        answer = desk.ask("agent", 1)
        assert self.sums(answer) == [("agent", "0"), ("senior", "300"), ("supervisor", "300"), ("manager", "2000")]
        assert verdict(answer) == ("needs_approval", "senior")
        assert verdict(desk.ask("agent", 301)) == ("needs_approval", "manager")
        assert verdict(desk.ask("agent", 2001)) == ("needs_approval", "director")

    def test_the_caps_of_every_rank_above_must_hold_too(self, tmp_path: Path) -> None:
        """A cap of the manager that is used up stops the agent as well: only the director, to whom none applies, may."""
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, manager: 2000}"))
        desk.granted(2000, rank="manager", by="manager", case="k2", approver="m1")
        assert verdict(desk.ask("agent", 1)) == ("needs_approval", "director")

    def test_grants_by_exception_dont_count_against_lower_caps_but_against_absolute_ones(self, tmp_path: Path) -> None:
        both = caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, supervisor: 1000}", "sum_of: [refund], per: customer, limit: 500")
        desk = Desk(tmp_path, RANKS + REFUND + both)
        desk.granted(290, by="supervisor", case="k2")
        answer = desk.ask("agent", 100)
        assert verdict(answer) == ("allowed", "")
        assert [(s.rank, s.granted) for s in answer.sums if s.kind == "cap"] == [("agent", 0), ("senior", 0), ("supervisor", 290), ("", 290)]
        desk.granted(150, by="supervisor", case="k3")
        assert desk.ask("agent", 100).verdict == "refused"

    def test_what_somebody_high_up_grants_alone_is_no_exception(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, supervisor: 1000}"))
        desk.granted(290, rank="director", case="k2")
        assert verdict(desk.ask("agent", 100)) == ("needs_approval", "supervisor")

    def test_ones_own_approval_makes_no_exception(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, supervisor: 1000}"))
        desk.granted(290, by="supervisor", case="k2", approver="u1")
        assert verdict(desk.ask("agent", 100)) == ("needs_approval", "supervisor")

    def test_a_pending_request_doesnt_count_against_ranks_below_the_one_it_waits_for(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, supervisor: 1000}"))
        waiting(desk, 290, "supervisor")
        answer = desk.ask("agent", 100)
        assert answer.verdict == "allowed"
        assert [(s.rank, s.reserved) for s in answer.sums if s.kind == "cap"] == [("agent", 0), ("senior", 0), ("supervisor", 290)]

    def test_an_inherited_cap_of_a_rank_between_stops_those_below_as_well(self, tmp_path: Path) -> None:
        """Seniors inherit the agent's 300: what a senior approved is no exception for seniors, whose cap agents are held to too."""
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, supervisor: 1000}"))
        desk.granted(290, by="senior", case="k2")
        assert verdict(desk.ask("agent", 100)) == ("needs_approval", "supervisor")

    def test_a_rank_that_left_the_ladder_hides_nothing(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: customer, in: 30d, limit: {agent: 300, supervisor: 1000}"))
        desk.granted(290, by="总工", case="k2")
        assert verdict(desk.ask("agent", 100)) == ("needs_approval", "supervisor")

    def test_a_day_for_each_person_by_rank_goes_to_the_next(self, tmp_path: Path) -> None:
        """T07: 500 a day for agents, 3,000 for supervisors, 20,000 for managers; by calendar day; over it, up and not refused."""
        desk = Desk(tmp_path, RANKS + REFUND + caps("sum_of: [refund], per: handler, in: calendar_day, limit: {agent: 500, supervisor: 3000, manager: 2万}, over: next_rank"))
        desk.granted(450, case="k2", customer="c2")
        assert verdict(desk.ask("agent", 50)) == ("allowed", "")
        assert verdict(desk.ask("agent", 60)) == ("needs_approval", "supervisor")
        assert verdict(desk.ask("agent", 60, handler="u2")) == ("allowed", "")
        assert verdict(desk.at("+1d").ask("agent", 60)) == ("allowed", "")


class TestCaseLimit:
    def test_the_limit_is_that_of_the_remedy_asked(self, tmp_path: Path) -> None:
        """T06: within 30 days refund, compensation and credit together stay within one's limit for the remedy asked."""
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT)
        desk.granted(25, "gift", case="k2")
        assert desk.ask("agent", 75).verdict == "allowed"
        assert verdict(desk.ask("agent", 76)) == ("needs_approval", "senior")
        assert desk.ask("agent", 5, "gift").verdict == "allowed"
        assert verdict(desk.ask("agent", 6, "gift")) == ("needs_approval", "supervisor")

    def test_an_adjusted_limit_counts_there_too(self, tmp_path: Path) -> None:
        adjust = "  adjust: [{when: {customer.tier: svip}, remedies: [refund], times: 2, ranks: [agent]}]\n"
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT + adjust)
        desk.granted(100, case="k2")
        assert desk.ask("agent", 100, customer__tier="svip").verdict == "allowed"

    def test_splitting_over_days_cases_and_handlers_gains_nothing(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT)
        total = 0
        for day in range(10):
            for handler in ("u1", "u2", "u3"):
                answer = desk.ask("agent", 40, handler=handler, case=f"k{day}-{handler}")
                if answer.verdict == "allowed":
                    desk.grant(answer)
                    total += 40
            desk.at("+1d")
        assert total == 80

    def test_linked_accounts_are_one_person(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT, links={"c2": "c1", "c3": "c1"})
        desk.granted(60, case="k2", customer="c2")
        desk.granted(30, case="k3", customer="c3")
        assert desk.ask("agent", 1).room == 10
        assert desk.ask("agent", 1, customer="c3").room == 10
        assert desk.ask("agent", 1, customer="c4").room == 100

    def test_accounts_linked_later_have_been_one_person_all_along(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT)
        desk.granted(60, case="k2", customer="c2")
        assert desk.ask("agent", 1).room == 100
        desk.history.links = {"c2": "c1"}
        assert desk.ask("agent", 1).room == 40


class TestMissing:
    CAPS = caps("sum_of: [refund], per: order, limit: order.paid")

    def test_a_missing_key_refuses(self, tmp_path: Path) -> None:
        answer = Desk(tmp_path, RANKS + REFUND + self.CAPS).ask("director", 1, order="", order__paid=Decimal(9))
        assert (answer.verdict, codes(answer), answer.room) == ("refused", ["missing_key"], 0)

    def test_a_key_that_cant_be_told_refuses(self, tmp_path: Path) -> None:
        answer = Desk(tmp_path, RANKS + REFUND + self.CAPS).ask("director", 1, order="", order__id=UNTOLD, order__paid=Decimal(9))
        assert codes(answer) == ["unknown_key"]

    def test_a_missing_or_unknown_limit_refuses(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + self.CAPS)
        assert codes(desk.ask("director", 1)) == ["missing_limit"]
        assert codes(desk.ask("director", 1, order__paid=UNTOLD)) == ["unknown_limit"]

    def test_a_cap_that_doesnt_name_the_remedy_asks_for_nothing(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY + self.CAPS)
        assert desk.ask("agent", 1, "gift", order="").verdict == "allowed"

    def test_a_case_without_an_id_refuses(self, tmp_path: Path) -> None:
        assert codes(Desk(tmp_path, RANKS + REFUND).ask("director", 1, case="")) == ["missing_key"]


class TestRoom:
    def test_it_is_what_may_still_be_granted_alone_whatever_is_asked(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND)
        desk.granted(30)
        assert {desk.ask("agent", amount).room for amount in (1, 70, 71, 9999)} == {Decimal(70)}
        assert desk.ask("director", 1).room is None

    def test_more_history_never_enlarges_it(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT)
        before = desk.ask("agent", 1).room
        for number in range(5):
            desk.granted(17, case=f"k{number}", ago="-2d")
            after = desk.ask("agent", 1).room
            assert before is not None and after is not None and after <= before
            before = after

    def test_granting_exactly_the_room_is_allowed_and_leaves_none(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT)
        desk.granted(33, case="k2")
        room = desk.ask("agent", 1).room
        answer = desk.ask("agent", room)
        assert answer.verdict == "allowed"
        desk.grant(answer)
        assert desk.ask("agent", "0.01").room == 0


def test_equal_questions_have_equal_answers(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + MANY + CASE_LIMIT)
    desk.granted(33, case="k2")
    assert desk.ask("agent", "80元") == desk.ask("agent", "80元")
