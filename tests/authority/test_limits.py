"""L(r, R), adjustments, tables, units and `by`: each sentence of the arithmetic on limits has its example."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.authority.desk import RANKS, REFUND, UNTOLD, Desk, verdict
from triage.domain.grants import Answer

SVIP = "  adjust: [{when: {customer.tier: svip}, remedies: [refund], times: 2, ranks: [agent, senior, supervisor]}]\n"


def limits(answer: Answer) -> list[str]:
    return ["none" if x.limit is None else str(x.limit) for x in answer.limits]


def test_within_ones_own_limit_one_grants_alone_and_a_cent_more_goes_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + REFUND)
    assert verdict(desk.ask("agent", "100元")) == ("allowed", "")
    assert verdict(desk.ask("agent", "100.01元")) == ("needs_approval", "senior")
    assert verdict(desk.ask("agent", "300.01元")) == ("needs_approval", "supervisor")
    assert verdict(desk.ask("agent", "10万")) == ("needs_approval", "director")
    assert desk.ask("agent", "200元").may == ("senior", "supervisor", "manager", "director")


def test_a_rank_without_a_limit_of_its_own_has_the_largest_below_it(tmp_path: Path) -> None:
    """T02: supervisors have 200, managers and directors aren't named: they have 200 too, and 201 is for whoever is above the ranks."""
    desk = Desk(tmp_path, RANKS + "  above_top: 总经理办公会\n  remedies: {refund: {agent: 30, supervisor: 200}}\n")
    answer = desk.ask("agent", 1)
    assert limits(answer) == ["30", "30", "200", "200", "200"]
    assert verdict(desk.ask("director", 200)) == ("allowed", "")
    assert verdict(desk.ask("agent", 201)) == ("needs_approval", "总经理办公会")
    assert verdict(desk.ask("director", 201)) == ("needs_approval", "总经理办公会")


def test_below_the_first_named_rank_there_is_no_limit_and_nothing_may_be_granted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + "  remedies: {refund: {senior: 200}}\n")
    answer = desk.ask("agent", "0.01")
    assert limits(answer)[:2] == ["none", "200"]
    assert verdict(answer) == ("needs_approval", "senior")
    assert answer.room == 0


def test_without_above_top_nobody_may_and_it_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + "  remedies: {refund: {agent: 30, supervisor: 200}}\n")
    answer = desk.ask("agent", 201)
    assert verdict(answer) == ("refused", "")
    assert [w.code for w in answer.why] == ["nobody"]


def test_a_limit_smaller_than_a_lower_ranks_never_counts(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + "  remedies: {refund: {agent: 100, senior: 50}}\n")
    assert limits(desk.ask("senior", 1))[:2] == ["100", "100"]


class TestAdjust:
    def test_an_adjustment_that_holds_multiplies_the_ranks_listed_and_no_others(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + REFUND + SVIP)
        assert limits(desk.ask("agent", 1, customer__tier="svip")) == ["200", "600", "2000", "5000", "Infinity"]
        assert limits(desk.ask("agent", 1, customer__tier="vip")) == ["100", "300", "1000", "5000", "Infinity"]

    def test_it_never_passes_the_unadjusted_limit_of_the_lowest_rank_above_that_isnt_listed(self, tmp_path: Path) -> None:
        adjust = "  adjust: [{when: {customer.tier: svip}, times: 10, ranks: [agent, senior]}]\n"
        desk = Desk(tmp_path, RANKS + REFUND + adjust)
        assert limits(desk.ask("agent", 1, customer__tier="svip"))[:3] == ["1000", "1000", "1000"]

    def test_a_rank_without_a_limit_of_its_own_is_no_ceiling(self, tmp_path: Path) -> None:
        text = "  remedies: {refund: {agent: 100, supervisor: 150, manager: 900}}\n  adjust: [{when: {customer.tier: svip}, times: 3, ranks: [agent]}]\n"
        assert limits(Desk(tmp_path, RANKS + text).ask("agent", 1, customer__tier="svip"))[:4] == ["150", "150", "150", "900"]

    def test_of_several_that_hold_the_largest_factor_applies(self, tmp_path: Path) -> None:
        rows = "  adjust:\n    - {when: {customer.tier: {gte: vip}}, times: 1.5, ranks: [agent]}\n    - {when: {customer.tier: svip}, times: 2, ranks: [agent]}\n"
        desk = Desk(tmp_path, RANKS + REFUND + rows)
        assert limits(desk.ask("agent", 1, customer__tier="vip"))[0] == "150.0"
        assert limits(desk.ask("agent", 1, customer__tier="svip"))[0] == "200"

    def test_ranks_listed_by_any_adjustment_that_holds_are_no_ceiling_so_one_more_never_lowers(self, tmp_path: Path) -> None:
        rows = "  adjust:\n    - {when: {customer.tier: svip}, times: 3, ranks: [agent]}\n    - {times: 2, ranks: [agent, senior]}\n"
        desk = Desk(tmp_path, RANKS + "  remedies: {refund: {agent: 100, senior: 150, manager: 5000}}\n" + rows)
        assert limits(desk.ask("agent", 1))[0] == "200"
        assert limits(desk.ask("agent", 1, customer__tier="svip"))[0] == "300"

    def test_unlimited_and_yes_are_not_multiplied(self, tmp_path: Path) -> None:
        text = "  remedies: {refund: {agent: unlimited}, sorry: {senior: yes}}\n  adjust: [{times: 2}]\n"
        desk = Desk(tmp_path, RANKS + text)
        assert desk.ask("agent", "9千万").verdict == "allowed"
        assert verdict(desk.ask("agent", None, "sorry")) == ("needs_approval", "senior")

    def test_one_that_cant_be_told_counts_as_absent_and_is_named(self, tmp_path: Path) -> None:
        answer = Desk(tmp_path, RANKS + REFUND + SVIP).ask("agent", 150, customer__tier=UNTOLD)
        assert verdict(answer) == ("needs_approval", "senior")
        assert [(m.rule, m.facts) for m in answer.unknown] == [("adjust-1", (("customer.tier", "invalid"),))]

    def test_a_missing_fact_makes_it_false_and_nothing_is_unknown(self, tmp_path: Path) -> None:
        answer = Desk(tmp_path, RANKS + REFUND + SVIP).ask("agent", 150)
        assert verdict(answer) == ("needs_approval", "senior")
        assert answer.unknown == ()

    def test_doubled_up_to_the_manager(self, tmp_path: Path) -> None:
        """T04: SVIP limits double, up to managers; the director's has no limit and stays."""
        row = "  adjust: [{when: {customer.tier: svip}, times: 2, ranks: [agent, senior, supervisor, manager]}]\n"
        assert limits(Desk(tmp_path, RANKS + REFUND + row).ask("agent", 1, customer__tier="svip")) == ["200", "600", "2000", "10000", "Infinity"]


class TestTables:
    TABLE = "  remedies:\n    refund_only:\n      - {when: {customer.refund_rate: {lt: 0.2}}, agent: 50, supervisor: 200}\n      - {supervisor: 200}\n"

    def test_the_first_row_that_holds_counts(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + self.TABLE)
        assert desk.ask("agent", 50, "refund_only", customer__refund_rate=Decimal("0.1")).verdict == "allowed"
        assert verdict(desk.ask("agent", 1, "refund_only", customer__refund_rate=Decimal("0.2"))) == ("needs_approval", "supervisor")

    def test_a_row_that_cant_be_told_gives_each_rank_the_least_that_any_row_may_give_it(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + self.TABLE)
        answer = desk.ask("agent", 1, "refund_only", customer__refund_rate=UNTOLD)
        assert limits(answer) == ["none", "none", "200", "200", "200"]
        assert verdict(answer) == ("needs_approval", "supervisor")
        assert [m.rule for m in answer.unknown] == ["refund_only"]
        assert desk.ask("supervisor", 200, "refund_only", customer__refund_rate=UNTOLD).verdict == "allowed"

    def test_where_no_row_holds_nobody_has_a_limit(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + "  remedies: {refund: [{when: {customer.tier: svip}, agent: 50}]}\n")
        assert desk.ask("director", 1).verdict == "refused"

    def test_limits_of_one_category_for_one_remedy_only(self, tmp_path: Path) -> None:
        """T05: where a wrong charge is found agents refund up to 500; other remedies aren't touched."""
        rows = "  remedies:\n    refund:\n      - {when: {tags.category: 资费争议/误扣费}, agent: 500, senior: 800, manager: 5000}\n      - {agent: 100, senior: 300, manager: 5000}\n    gift: {agent: 30}\n"
        desk = Desk(tmp_path, RANKS + rows)
        assert desk.ask("agent", 500, tags__category="资费争议/误扣费").verdict == "allowed"
        assert desk.ask("agent", 500, tags__category="资费争议").verdict == "needs_approval"
        assert desk.ask("agent", 31, "gift", tags__category="资费争议/误扣费").verdict == "refused"


class TestUnits:
    TEXT = "  remedies: {data_gift: {unit: GB, agent: 5, supervisor: 50}, coupon: {unit: 张, agent: 1}, waive: {unit: 月, supervisor: 1, manager: 3}}\n"

    @pytest.mark.parametrize(("amount", "by"), [("5GB", ""), ("5 GB", ""), ("5", ""), ("5gb", ""), ("４.5GB", ""), (5, ""), ("5.01GB", "supervisor"), ("五十GB", "supervisor")])
    def test_the_trades_own_units(self, tmp_path: Path, amount: str, by: str) -> None:
        """T03: data in GB, waived months."""
        assert Desk(tmp_path, RANKS + self.TEXT).ask("agent", amount, "data_gift").by == by

    def test_units_never_add_up_with_money_or_each_other(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, RANKS + self.TEXT)
        desk.granted(5, "data_gift")
        assert desk.ask("agent", 1, "coupon").verdict == "allowed"
        assert desk.ask("agent", "1GB", "data_gift").by == "supervisor"

    @pytest.mark.parametrize(("remedy", "amount", "code"), [
        ("coupon", "1.5张", "too_many_decimals"), ("coupon", "1GB", "amount_unreadable"), ("data_gift", "5元", "amount_unreadable"), ("waive", "-1月", "not_positive"),
    ])  # fmt: skip
    def test_what_isnt_an_amount_in_the_unit(self, tmp_path: Path, remedy: str, amount: str, code: str) -> None:
        answer = Desk(tmp_path, RANKS + self.TEXT).ask("director", amount, remedy)
        assert [w.code for w in answer.why] == [code]
