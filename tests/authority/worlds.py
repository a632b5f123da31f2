"""Random policies, staff and the packs that say the same, for holding the program against the reference."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.authority.reference import World
from triage.authority.staff import Delegation, Person, Staff
from triage.domain.pack import Pack
from triage.packs.load import load_pack
from triage.testing import write_pack

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 1, 1, tzinfo=CHINA)
MONEY = ("refund", "gift", "pay")
TIERS = ("normal", "vip", "svip")
ACCOUNTS = ("c1", "c2", "c3")
FACTS = """\
facts:
  customer.tier: {type: choice, values: [normal, vip, svip]}
  complaint.about_employee: text
  order.paid: money
"""


def at(minutes: int) -> datetime:
    """An instant, in minutes since the start."""
    return START + timedelta(minutes=minutes)


def exact(value: Decimal) -> Fraction:
    return Fraction(value)


def a_policy(rng: random.Random) -> dict:
    """A policy as plain data. Numbers are small, so that limits and caps are met often."""
    ranks = ["r1", "r2", "r3", "r4"][: rng.choice((1, 2, 3, 4, 4, 4))]

    def by_rank(scale: int, least: int) -> dict:
        some = [r for r in ranks if rng.random() < 0.8] or [rng.choice(ranks)]
        found, value = {}, 0
        for rank in some:
            value = max(0, value + rng.randint(-1, 5)) if rng.random() < 0.9 else value
            found[rank] = max(least, value) * scale
        return found

    remedies = {name: by_rank(10, 0) for name in MONEY[: rng.randint(1, 3)]}
    for limits in remedies.values():
        if rng.random() < 0.3:
            limits[max(limits)] = "unlimited"
    if rng.random() < 0.4:
        remedies["sorry"] = {rng.choice(ranks): "yes"}
    money = [r for r in remedies if r != "sorry"]

    def some(names: list[str]) -> list[str]:
        return sorted(rng.sample(names, rng.randint(1, len(names))))

    caps = []
    for _ in range(rng.randint(0, 4)):
        count = rng.random() < 0.2
        of = some(list(remedies)) if count else some(money)
        kind = rng.random()
        limit: object = rng.randint(2, 9) if count else rng.randint(2, 40) * 10
        if kind < 0.3:
            limit = {r: (int(v / 10) if count else v) for r, v in by_rank(10, 1).items()}
        elif kind < 0.6 and not count:
            limit = "case_limit"
        caps.append({"of": of, "count": count, "per": rng.choice(("customer", "customer", "handler", "order", "case")),
                     "window": rng.choice(("always", "1d", "3d", "calendar_day")), "limit": limit})  # fmt: skip
    adjust = [
        {"tier": rng.choice(("svip", "svip", "vip")), "remedies": some(money), "times": rng.choice(("1", "1.5", "2", "3")), "ranks": sorted(some(ranks), key=ranks.index)}
        for _ in range(rng.choice((0, 1, 2, 2)))
    ]
    four_eyes = [
        {"of": some(money), "from": rng.choice((0, 10, 20, 30, 50)), "per": rng.choice(("customer", "case", "handler")), "window": rng.choice(("calendar_day", "2d"))}
        for _ in range(rng.choice((0, 1, 1, 2)))
    ]
    return {
        "ranks": ranks, "above_top": rng.choice(("", "board", "board")), "remedies": remedies, "adjust": adjust, "caps": caps, "four_eyes": four_eyes,
        "answer_in": rng.choice((None, 120, 600)), "expire": rng.choice((None, 1440, 3000)),
    }  # fmt: skip


def as_yaml(policy: dict) -> str:
    """The same as a pack's author would write it."""

    def flow(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(flow, value)) + "]"
        return str(value)

    lines = ["authority:", f"  ranks: {flow(policy['ranks'])}"]
    if policy["above_top"]:
        lines.append(f"  above_top: {policy['above_top']}")
    lines.append(f"  remedies: {flow(policy['remedies'])}")
    if policy["adjust"]:
        lines.append("  adjust:")
        lines += [f"    - {{when: {{customer.tier: {a['tier']}}}, remedies: {flow(a['remedies'])}, times: {a['times']}, ranks: {flow(a['ranks'])}}}" for a in policy["adjust"]]
    if policy["caps"]:
        lines.append("  caps:")
        for cap in policy["caps"]:
            window = "" if cap["window"] == "always" else f", in: {cap['window']}"
            lines.append(f"    - {{{'count_of' if cap['count'] else 'sum_of'}: {flow(cap['of'])}, per: {cap['per']}{window}, limit: {flow(cap['limit'])}}}")
    if policy["four_eyes"]:
        lines.append("  four_eyes:")
        lines += [f"    - {{sum_of: {flow(f['of'])}, from: {f['from']}, per: {f['per']}, in: {f['window']}}}" for f in policy["four_eyes"]]
    lines.append("  never: [complaint.about_employee]")
    terms = {"answer_in": policy["answer_in"], "expire": policy["expire"]}
    if any(terms.values()):
        lines.append("  approvals: {" + ", ".join(f"{k}: {v}min" for k, v in terms.items() if v) + "}")
    return FACTS + "\n".join(lines) + "\n"


def a_pack(policy: dict, folder: Path) -> Pack:
    """The policy as a loaded pack."""
    loaded = load_pack(write_pack(folder, others={"authority.yaml": as_yaml(policy)}))
    assert loaded.pack is not None, loaded.findings
    return loaded.pack


def a_world(rng: random.Random, policy: dict) -> tuple[World, Staff]:
    """People with ranks, some acting for others, and accounts of which some belong to one person."""
    people = {f"p{i}": rng.choice(policy["ranks"] + policy["ranks"][1:]) for i in range(rng.randint(4, 9))}
    if policy["above_top"]:
        people["chair"] = policy["above_top"]
    names = list(people)
    delegations = []
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        start = rng.randint(0, 3000)
        delegations.append((rng.choice(names), rng.choice(names), start, start + rng.randint(1, 6000)))
    links = {"c2": "c1"} if rng.random() < 0.5 else {}
    staff = Staff([Person(p, r) for p, r in people.items()], [Delegation(by, to, at(a), at(b)) for by, to, a, b in delegations])
    return World(policy, people, delegations, links), staff
