"""Complaints from a seed for a real pack: its own phrases and tests' texts mixed with filler, and facts of every declared type."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from triage.domain.complaint import Complaint
from triage.domain.condition import tests as tests_in
from triage.domain.facts import Fact, Unknown
from triage.domain.pack import Pack
from triage.packs.load import load_pack
from triage.packtests import complaint_of
from triage.pipeline import Triage

LONG = bool(os.environ.get("TRIAGE_LONG"))
BUILT_IN = ("base-cn", "ecommerce-cn", "government-cn", "property-cn", "telecom-cn")
FILLER = (
    "我", "你们", "，", "。", "！", "\n", " ", "没有", "不是", "昨天", "已经三天了", "打了八次电话", "小区", "３号楼", "500元", "1.2万", "電話",
    "👍🏻", "ß", "\u200b", "https://a.example/b?c=1", "13800001234", "110101199003077571", "e\u0301", "ﬁ", "㎏", "𠮷野家",
)  # fmt: skip
NOW = datetime(2026, 3, 16, 1, tzinfo=UTC)
GARBAGE: tuple[Any, ...] = ("", "abc", "2亿亿", "1e999999", "nan", -1, 3.5, float("inf"), True, b"x", [], ["a", 3], {"x": {"y": 1}}, object, None, "\ud800", 10**400)


@cache
def pack(name: str) -> Pack:
    loaded = load_pack(name).pack
    assert loaded is not None
    return loaded


@cache
def engine(name: str, matcher: str = "builtin", segmenter: str = "auto") -> Triage:
    return Triage.load(pack(name), matcher=matcher, segmenter=segmenter)


@cache
def phrases(name: str) -> tuple[str, ...]:
    """Every phrase that the pack looks for in a text."""
    found: dict[str, None] = {}
    taxonomy = pack(name).taxonomy
    checks = [cue.check for node in (*taxonomy.categories, *taxonomy.intents, *taxonomy.requests, *taxonomy.risks, *taxonomy.emotions) for cue in node.cues]
    checks += [check for rule in pack(name).rules for test in tests_in(rule.when) if test.fact == "complaint.text" for check in test.checks]
    for check in checks:
        if check.op != "matches":
            found |= dict.fromkeys(map(str, check.operand if isinstance(check.operand, tuple) else (check.operand,)))
    return tuple(found)


def text(rng: Random, name: str) -> str:
    if rng.random() < 0.25:
        tests = [t for t in pack(name).tests if t.kind == "decision"]
        if tests:
            return complaint_of(rng.choice(tests), "Asia/Shanghai").text + rng.choice(FILLER)
    pieces = [rng.choice(phrases(name)) if rng.random() < 0.5 else rng.choice(FILLER) for _ in range(rng.randint(0, 14))]
    return "".join(pieces)


def value(rng: Random, fact: Fact) -> Any:
    if fact.type.many:
        return [_scalar(rng, fact) for _ in range(rng.randint(0, 3))]
    return _scalar(rng, fact)


def _scalar(rng: Random, fact: Fact) -> Any:
    kind = fact.type
    if kind.domain:
        return rng.choice(kind.domain)
    return {
        "integer": rng.randint(0, 6), "money": rng.choice(["99元", Decimal(500), "1万", 0, 2000]), "decimal": rng.choice([0.1, "30%", Decimal("1.5")]),
        "bool": rng.choice([True, "否"]), "instant": NOW - timedelta(hours=rng.randint(-50, 200)), "date": "2026-03-20",
        "duration": rng.choice(["3d", "8h"]),
    }.get(kind.kind, rng.choice(["城东", "专线", "宽带", "西河街道", "甲", "投诉", "网络质量/断网"]))  # fmt: skip


def complaint(rng: Random, name: str, garbage: float = 0.0) -> Complaint:
    facts: dict[str, Any] = {}
    for path, fact in sorted(pack(name).facts.items()):
        if fact.origin in ("host", "case", "counts") and path not in ("complaint.text", "complaint.id", "complaint.received_at") and rng.random() < 0.35:
            draw = rng.random()
            facts[path] = rng.choice(GARBAGE) if draw < garbage else Unknown("failed") if draw < garbage + 0.05 else value(rng, fact)
    tags: dict[str, Any] = {}
    if pack(name).taxonomy.categories and rng.random() < 0.5:
        tags["category"] = rng.choice(pack(name).taxonomy.categories).path
    if rng.random() < 0.2:
        tags["risks"] = [rng.choice(pack(name).taxonomy.risks).id]
    at = NOW + timedelta(hours=rng.randint(-3000, 5000)) if rng.random() < 0.7 else None
    by_hand = {"severity": "medium"} if rng.random() < 0.05 else {}
    return Complaint(text(rng, name), str(rng.randint(0, 9)) if rng.random() < 0.3 else "", at, facts, tags, by_hand)


def complaints(name: str, count: int, seed: int = 0, garbage: float = 0.0) -> list[Complaint]:
    rng = Random(f"{name}{seed}")
    return [complaint(rng, name, garbage) for _ in range(count)]
