"""`authority:` as authors write it: the section of the language's description loads, mistakes have places, extending, editors' schema."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from tests.authority.desk import FACTS, RANKS, REFUND, load
from triage.diagnostics import has_errors, render_text
from triage.domain.authority import UNLIMITED, Window
from triage.domain.condition import ALWAYS, FactOperand
from triage.domain.durations import Duration
from triage.packs.authority_values import decimals_of
from triage.packs.load import check_pack, load_pack
from triage.packs.schema import json_schema
from triage.source import parse, plain
from triage.testing import write_pack

WHOLE = """\
  ranks: [agent, senior, supervisor, manager, director]
  above_top: 总经理办公会
  remedies:
    refund:          {agent: 100, senior: 300, supervisor: 1000, manager: 5000, director: unlimited}
    compensation:    {senior: 200, supervisor: 500, manager: 3000, director: 50000}
    gift:            {agent: 30, supervisor: 200}
    coupon:          {unit: 张, agent: 1}
    data_gift:       {unit: GB, agent: 5, supervisor: 50}
    written_apology: {supervisor: yes}
    refund_only:
      - {when: {customer.refund_rate: {lt: 0.2}}, agent: 50, supervisor: 200}
      - {supervisor: 200}
  adjust:
    - {when: {customer.tier: svip}, remedies: [refund], times: 2, ranks: [agent, senior, supervisor]}
  caps:
    - {sum_of: [refund, compensation, gift], per: customer, in: 30d, limit: case_limit}
    - {sum_of: [refund, compensation, gift], per: customer, in: 365d, limit: {agent: 300, supervisor: 1000}}
    - {sum_of: [refund], per: handler, in: calendar_day, limit: {agent: 500, supervisor: 3000, manager: 2万}}
    - {sum_of: [refund, compensation], per: order, limit: order.paid, unless: {tags.category: 假货}}
    - {count_of: [coupon], per: order, limit: 1}
  four_eyes: [{sum_of: [refund, compensation], from: 3000, per: customer, in: calendar_day, second: same_rank_or_above}]
  never: [complaint.about_employee]
  approvals: {answer_in: 2 working_hours, then: next_rank, expire: 5 working_days}
"""


def test_the_description_of_the_language_loads_as_it_stands(tmp_path: Path) -> None:
    loaded = load(tmp_path, WHOLE)
    assert loaded.findings == [], render_text(loaded.findings, loaded.sources)
    assert loaded.pack is not None
    found = loaded.pack.authority
    assert found is not None
    assert found.ladder == ("agent", "senior", "supervisor", "manager", "director", "总经理办公会")
    assert found.remedies["refund"].rows[0].limits["director"] == UNLIMITED
    assert (found.remedies["written_apology"].yes, found.remedies["coupon"].unit, found.remedies["coupon"].decimals) == (True, "张", 0)
    assert [row.when == ALWAYS for row in found.remedies["refund_only"].rows] == [False, True]
    assert found.adjust[0].times == 2
    assert [c.window for c in found.caps] == [Window("rolling", timedelta(days=30)), Window("rolling", timedelta(days=365)), Window("calendar_day"), Window(), Window()]
    assert [c.absolute for c in found.caps] == [False, False, False, True, True]
    assert found.caps[2].limit == {"agent": 500, "supervisor": 3000, "manager": 20000}
    assert found.caps[3].limit == FactOperand("order.paid")
    assert found.caps[4].counting == "grants"
    assert found.four_eyes[0].start == 3000
    assert found.never == ("complaint.about_employee",)
    assert (found.approvals.answer_in, found.approvals.expire) == (Duration(2, "working_hour"), Duration(5, "working_day"))
    assert found.caps[0].place.line == 17
    assert found.caps[0].place.file.endswith("authority.yaml")


def test_the_section_may_stand_in_several_files(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "p", others={"a.yaml": "authority:\n" + RANKS + "  remedies: {refund: {agent: 1}}\n", "b.yaml": "authority:\n  remedies: {gift: {agent: 2}}\n  caps: [{sum_of: [refund, gift], per: customer, limit: 9}]\n"})
    loaded = load_pack(folder)
    assert loaded.pack is not None
    assert loaded.pack.authority is not None
    assert sorted(loaded.pack.authority.remedies) == ["gift", "refund"]
    (folder / "c.yaml").write_text("authority:\n  ranks: [x]\n  remedies: {gift: {agent: 3}}\n", "utf-8")
    assert [(d.code, d.place.file.rpartition("/")[2]) for d in load_pack(folder).findings] == [("TR105", "c.yaml"), ("TR105", "c.yaml")]


class TestExtending:
    BASE = "authority:\n" + RANKS + "  remedies: {refund: {agent: 100}, gift: {agent: 5}}\n  caps:\n    - {id: law, sum_of: [refund], per: customer, in: 30d, limit: 500, locked: true}\n    - {id: habit, sum_of: [refund], per: customer, limit: 900}\n"

    def extended(self, folder: Path, own: str) -> object:
        write_pack(folder / "base", others={"a.yaml": self.BASE}, pack_id="base")
        return load_pack(write_pack(folder / "own", others={"e.yaml": "extends: [base]\n" + own}, pack_id="own"))

    def test_without_its_own_a_pack_takes_the_inherited_one(self, tmp_path: Path) -> None:
        loaded = self.extended(tmp_path, "")
        assert [c.id for c in loaded.pack.authority.caps] == ["law", "habit"]  # type: ignore[attr-defined]

    def test_its_own_replaces_it_whole_but_for_what_is_locked(self, tmp_path: Path) -> None:
        loaded = self.extended(tmp_path, "authority:\n  ranks: [a, b]\n  remedies: {refund: {a: 7}}\n")
        found = loaded.pack.authority  # type: ignore[attr-defined]
        assert (found.ranks, sorted(found.remedies), [c.id for c in found.caps]) == (("a", "b"), ["refund"], ["law"])

    def test_what_a_locked_cap_sums_must_stay(self, tmp_path: Path) -> None:
        loaded = self.extended(tmp_path, "authority:\n  ranks: [a, b]\n  remedies: {gift: {a: 7}}\n")
        assert [d.code for d in loaded.findings] == ["TR123"]  # type: ignore[attr-defined]


class TestMeaning:
    def test_layout_and_order_of_limits_dont_change_it_a_limit_does(self, tmp_path: Path) -> None:
        def mark(text: str, name: str) -> str:
            pack = load(tmp_path / name, text).pack
            assert pack is not None
            assert pack.authority is not None
            return pack.authority.fingerprint

        plain_one = mark(RANKS + REFUND, "a")
        assert mark(RANKS + "\n\n  # 说明\n" + "  remedies: {refund: {director: unlimited, manager: 5000, supervisor: 1000, senior: 300, agent: 100.00}}\n", "b") == plain_one
        assert mark(RANKS + REFUND.replace("100", "101"), "c") != plain_one

    def test_authority_is_live_so_decisions_keep_their_fingerprint(self, tmp_path: Path) -> None:
        packs = [load(tmp_path / n, RANKS + text).pack for n, text in (("a", REFUND), ("b", REFUND.replace("100", "101")))]
        assert packs[0] is not None
        assert packs[1] is not None
        assert packs[0].fingerprint == packs[1].fingerprint

    def test_drafts_and_retired_rows_dont_count(self, tmp_path: Path) -> None:
        caps = "  caps:\n    - {sum_of: [refund], per: customer, limit: 5, status: draft}\n    - {sum_of: [refund], per: customer, limit: 6, status: trial}\n    - {sum_of: [refund], per: customer, limit: 7}\n"
        pack = load(tmp_path, RANKS + REFUND + caps).pack
        assert pack is not None
        assert pack.authority is not None
        assert [(c.id, c.limit) for c in pack.authority.caps] == [("cap-3", Decimal(7))]

    @pytest.mark.parametrize(("unit", "decimals"), [("", 2), ("GB", 2), ("小时", 2), ("张", 0), ("月", 0), ("次", 0)])
    def test_how_many_decimals_amounts_have(self, unit: str, decimals: int) -> None:
        assert decimals_of(unit) == decimals

    def test_the_pack_may_say_how_many(self, tmp_path: Path) -> None:
        pack = load(tmp_path, RANKS + "  remedies: {points: {unit: 分, decimals: 1, agent: 0.5}, odd: {unit: 件, agent: 3}}\n").pack
        assert pack is not None
        assert pack.authority is not None
        assert pack.authority.remedies["points"].decimals == 1
        assert has_errors(load(tmp_path / "x", RANKS + "  remedies: {odd: {unit: 件, agent: 0.5}}\n").findings)


class TestChecks:
    def found(self, folder: Path, authority: str) -> list[tuple[str, str, int]]:
        folder = write_pack(folder / "pack", others={"authority.yaml": "authority:\n" + authority, "facts.yaml": FACTS})
        return [(d.code, d.level, d.place.line) for d in check_pack(folder).findings if d.place.file.endswith("authority.yaml")]

    def test_remedies_that_splitting_gets_more_of(self, tmp_path: Path) -> None:
        assert ("TR313", "info", 1) in self.found(tmp_path / "a", RANKS + REFUND)
        assert self.found(tmp_path / "b", RANKS + REFUND + "  caps: [{sum_of: [refund], per: customer, in: 30d, limit: case_limit}]\n") == []

    def test_a_limit_below_a_lower_ranks(self, tmp_path: Path) -> None:
        assert ("TR314", "warning", 3) in self.found(tmp_path, RANKS + "  remedies: {refund: {agent: 100, senior: 50}}\n")

    def test_counting_what_comes_in_pieces(self, tmp_path: Path) -> None:
        assert ("TR315", "info", 4) in self.found(tmp_path, RANKS + "  remedies: {coupon: {unit: 张, agent: 5}}\n  caps: [{count_of: [coupon], per: order, limit: 1}]\n")

    def test_a_table_without_a_last_row(self, tmp_path: Path) -> None:
        assert ("TR303", "warning", 3) in self.found(tmp_path, RANKS + "  remedies: {refund: [{when: {customer.tier: vip}, agent: 5}]}\n")

    def test_a_channel_that_asks_for_a_rank_there_isnt(self, tmp_path: Path) -> None:
        channel = "green_channels: [{id: vip, title: 贵宾, when: {customer.tier: vip}, queue: urgent, owner_rank: boss}]\n"
        folder = write_pack(tmp_path / "pack", others={"authority.yaml": "authority:\n" + RANKS + REFUND, "facts.yaml": FACTS, "g.yaml": channel})
        assert "TR316" in [d.code for d in check_pack(folder).findings]


def test_names_used_only_there_are_used(tmp_path: Path) -> None:
    more = "periods: {大促: {from: 2026-11-01, to: 2026-11-12}}\npeople: {audit: 审计}\n"
    adjust = "  adjust: [{times: 2, valid: {during: 大促}}]\n  caps: [{sum_of: [refund], per: customer, in: 30d, limit: 900, steps: [{at: 80%, notify: [audit]}]}]\n"
    folder = write_pack(tmp_path / "pack", others={"authority.yaml": "authority:\n" + RANKS + REFUND + adjust, "m.yaml": more})
    assert [d.message.en for d in check_pack(folder).findings if d.code == "TR307"] == []


def test_a_remedy_named_twice_in_a_cap_counts_once(tmp_path: Path) -> None:
    pack = load(tmp_path, RANKS + REFUND + "  caps: [{sum_of: [refund, refund], per: customer, limit: 5}]\n").pack
    assert pack is not None
    assert pack.authority is not None
    assert [c.of for c in pack.authority.caps] == [("refund",)]


@pytest.mark.parametrize(("wrong", "right"), [
    ("agent: 100", "agnet: 100"), ("sum_of: [refund, gift]", "sum_of: [refnud, gift]"), ("per: customer", "per: custmer"), ("calendar_day", "calender_day"),
    ("order.paid", "order.payed"), ("complaint.about_employee", "complaint.about_employe"), ("ranks: [agent, senior]", "ranks: [agent, senoir]"), ("four_eyes", "four_eye"),
])  # fmt: skip
def test_a_slip_gets_the_nearest_name(tmp_path: Path, wrong: str, right: str) -> None:
    text = WHOLE.replace("sum_of: [refund, compensation, gift]", "sum_of: [refund, gift]").replace("ranks: [agent, senior, supervisor]}", "ranks: [agent, senior]}")
    errors = [d for d in load(tmp_path, text.replace(wrong, right, 1)).findings if d.level == "error"]
    assert len(errors) == 1
    assert errors[0].hint is not None
    assert "是不是" in errors[0].hint.zh


def test_editors_get_its_shape() -> None:
    schema = json_schema()

    def valid(text: str) -> bool:
        root, _, _ = parse(("authority:\n" + text).encode(), "a.yaml")
        return jsonschema.Draft202012Validator(schema).is_valid(plain(root))

    assert valid(WHOLE)
    assert not valid(WHOLE.replace("per: handler", "pre: handler"))
    assert not valid(RANKS + "  remedies: {refund: {when: {a.b: 1}, agent: 5}}\n")
    assert not valid("  rank: [a]\n")


def test_a_damaged_section_never_raises(tmp_path: Path) -> None:
    rng = random.Random(3)
    folder = write_pack(tmp_path / "pack", others={"facts.yaml": FACTS})
    pieces = ["", " ", "{", "}", "[", "]", ":", ",", "-1", "yes", "unlimited", "case_limit", "null", "~", "agent", "9" * 40, "when", "[]", "{}", "：", "\n", "x.y", "3 × order.paid", "80%", "true"]
    good = 0
    for _ in range(400):
        at = rng.randrange(len(WHOLE))
        text = WHOLE[:at] + rng.choice(pieces) + WHOLE[at + rng.choice((0, 1, 3, 8)) :]
        (folder / "authority.yaml").write_text("authority:\n" + text, "utf-8")
        loaded = check_pack(folder)
        good += loaded.pack is not None
        for finding in loaded.findings:
            assert finding.message.zh
            assert finding.place.line <= len(loaded.sources.get(finding.place.file, "").splitlines()) + 1
        assert (loaded.pack is None) <= has_errors(loaded.findings)
    assert 10 < good < 390
