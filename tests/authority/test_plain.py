"""Grants and requests go to a journal and come back equal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import orjson

from tests.authority.desk import RANKS, REFUND, Desk, staff
from triage.authority.approvals import revoke
from triage.authority.plain import grant_dict, grant_of, pending_dict, pending_of
from triage.authority.report import answer_dict
from triage.domain.grants import Rate

TERMS = "  approvals: {answer_in: 2h, expire: 5d}\n  four_eyes: [{sum_of: [refund], from: 3000, per: customer}]\n"
RATES = (Rate("USD", Decimal("7.10"), date(2026, 3, 15)),)


def test_they_come_back_equal(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + REFUND + TERMS, staff("u1:agent", "m1:manager", "m2:manager"))
    pending = desk.request(desk.ask("", "500美元", rates=RATES))
    assert pending_of(orjson.loads(orjson.dumps(pending_dict(pending)))) == pending
    second = desk.approve(pending, "m1").pending
    assert second.first is not None
    assert pending_of(orjson.loads(orjson.dumps(pending_dict(second)))) == second
    given = desk.approve(second, "m2").grant
    assert given is not None
    assert given.rate == RATES[0]
    for item in (given, revoke(given, settled=False), revoke(given, settled=True), desk.grant(desk.ask("", 5, case="k2", customer="c2"))):
        assert grant_of(orjson.loads(orjson.dumps(grant_dict(item)))) == item


def test_an_answer_is_plain_and_the_same_each_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RANKS + REFUND + TERMS)
    desk.granted("33.30", case="k2")
    once, again = (orjson.dumps(answer_dict(desk.ask("agent", "80元"))) for _ in range(2))
    assert once == again


def test_a_pack_in_another_currency(tmp_path: Path) -> None:
    text = RANKS + "  remedies: {refund: {agent: 100}}\n"
    desk = Desk(tmp_path, text)
    from dataclasses import replace

    desk.pack = replace(desk.pack, currency="HKD")
    assert desk.ask("agent", "100港币").verdict == "allowed"
    assert desk.ask("agent", "100").verdict == "allowed"
    assert [w.code for w in desk.ask("agent", "100元").why] == ["no_rate"]
    assert desk.ask("agent", "90元", rates=(Rate("CNY", Decimal("1.08"), date(2026, 3, 1)),)).amount == Decimal("97.2")
