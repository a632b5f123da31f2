"""What the arithmetic guarantees, and no more: more history never enlarges the room, and splitting gains nothing under a case limit."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.authority.worlds import ACCOUNTS, a_pack, a_policy, at
from triage.authority.approvals import grant
from triage.authority.history import MemoryHistory
from triage.authority.verdict import authorize
from triage.domain.grants import Answer, Approver, Ask, Grant, Pending

WORLDS = 600 if os.environ.get("TRIAGE_LONG") else 60
INFINITE = Decimal("Infinity")


def room(answer: Answer) -> Decimal:
    return INFINITE if answer.room is None else answer.room


@pytest.mark.parametrize("part", range(3))
def test_more_history_never_enlarges_the_room(tmp_path: Path, part: int) -> None:
    smaller = 0
    for seed in range(part, WORLDS, 3):
        rng = random.Random(seed)
        policy = a_policy(rng)
        pack = a_pack(policy, tmp_path / str(seed))
        assert pack.authority is not None
        ladder, now = pack.authority.ladder, at(9000)
        history = MemoryHistory(ladder=ladder, links={"c2": "c1"})
        remedies = [r for r in policy["remedies"] if r != "sorry"]
        asks = [Ask(rng.choice(remedies), 10, f"p{n}", rng.choice(policy["ranks"]), rng.choice(("k1", "k2")), rng.choice(ACCOUNTS), "o1") for n in range(3)]
        facts = {"customer.tier": rng.choice(("svip", "normal"))}
        before = [room(authorize(pack, ask, facts, history, now)) for ask in asks]
        for number in range(12):
            remedy, amount = rng.choice(list(policy["remedies"])), Decimal(rng.randint(1, 9) * 10)
            keys = {"case": rng.choice(("k1", "k2", "k3")), "customer": rng.choice(ACCOUNTS), "order": rng.choice(("o1", "o2"))}
            handler, rank = f"p{rng.randint(0, 4)}", rng.choice(policy["ranks"])
            if rng.random() < 0.5:
                approvers = (Approver("p9", rng.choice(ladder)),) if rng.random() < 0.5 else ()
                history.grants.append(Grant(f"g{number}", remedy, amount, now - timedelta(hours=rng.randint(-5, 90)), handler, rank, keys, approvers, number))
            else:
                history.pending.append(Pending(f"q{number}", remedy, amount, now, handler, rank, keys, rng.choice(ladder), now, seq=number))
            after = [room(authorize(pack, ask, facts, history, now)) for ask in asks]
            assert all(b <= a for a, b in zip(before, after, strict=True)), seed
            smaller += sum(b < a for a, b in zip(before, after, strict=True))
            before = after
    assert smaller > WORLDS // 3


def test_the_room_is_what_one_gets_and_a_cent_more_isnt(tmp_path: Path) -> None:
    """Where no four eyes are needed: exactly the room is allowed, and nothing above it."""
    tried = 0
    for seed in range(WORLDS):
        rng = random.Random(seed)
        policy = {**a_policy(rng), "four_eyes": []}
        pack = a_pack(policy, tmp_path / str(seed))
        assert pack.authority is not None
        history = MemoryHistory(ladder=pack.authority.ladder)
        remedy = rng.choice([r for r in policy["remedies"] if r != "sorry"])
        ask = Ask(remedy, 10, "p1", rng.choice(policy["ranks"]), "k1", "c1", "o1")
        history.grants.append(Grant("g", remedy, Decimal("3.33"), at(100), "p1", ask.rank, {"case": "k1", "customer": "c1", "order": "o1"}))
        left = authorize(pack, ask, {}, history, at(101)).room
        if left is None or left == 0:
            continue
        tried += 1
        assert authorize(pack, Ask(remedy, left, "p1", ask.rank, "k1", "c1", "o1"), {}, history, at(101)).verdict == "allowed"
        assert authorize(pack, Ask(remedy, left + Decimal("0.01"), "p1", ask.rank, "k1", "c1", "o1"), {}, history, at(101)).verdict != "allowed"
    assert tried > WORLDS // 3


def test_splitting_under_a_case_limit_gains_nothing(tmp_path: Path) -> None:
    """However one rank splits over days, cases, handlers, accounts and remedies: inside each window no more than its largest limit."""
    granted = 0
    for seed in range(WORLDS // 2):
        rng = random.Random(seed)
        policy = a_policy(rng)
        money = sorted(r for r in policy["remedies"] if r != "sorry")
        policy |= {"four_eyes": [], "adjust": [], "caps": [{"of": money, "count": False, "per": "customer", "window": "3d", "limit": "case_limit"}]}
        pack = a_pack(policy, tmp_path / str(seed))
        assert pack.authority is not None
        history = MemoryHistory(ladder=pack.authority.ladder, links={"c2": "c1", "c3": "c1"})
        rank, now = rng.choice(policy["ranks"]), 5000
        most = Decimal(0)
        for n in range(40):
            now += rng.choice((0, 30, 700, 1440, -200))
            ask = Ask(rng.choice(money), Decimal(rng.randint(1, 400)) / 10, f"p{rng.randint(0, 3)}", rank, f"k{n}", rng.choice(ACCOUNTS), "o1")
            answer = authorize(pack, ask, {}, history, at(now))
            limit = next(x.limit for x in answer.limits if x.rank == rank)
            most = max(most, Decimal(0) if limit is None else limit)
            if answer.verdict == "allowed":
                history.grants.append(grant(answer, f"g{n}", n))
                granted += 1
        for end in history.grants:
            inside = [g.amount for g in history.grants if end.at - timedelta(days=3) <= g.at <= end.at]
            assert sum(inside) <= most, seed
    assert granted > WORLDS
