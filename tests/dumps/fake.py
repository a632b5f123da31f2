"""An engine that decides by arithmetic over the text: deterministic, quick, and with some of every kind of output."""

from __future__ import annotations

import json
import os
import signal
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from triage.diagnostics import Place
from triage.domain.complaint import Complaint
from triage.domain.condition import AnyOf, Check, Test
from triage.domain.decision import Conflict, Decision, Fault, Reason
from triage.domain.facts import Fact, FactType
from triage.domain.pack import Pack, Rule, Taxonomy
from triage.domain.tags import Tags
from triage.message import Message

TIER = Fact("customer.tier", FactType("choice", domain=("normal", "vip")), names=("客户等级", "tier"))
REGION = Fact("complaint.region", FactType("text"), names=("地区",))
ITEMS = Fact("order.items", FactType("text", many=True), names=("商品",))
SOURCE = Fact("complaint.source", FactType("text"), names=("来源",))


def rule(name: str, *facts: str) -> Rule:
    when = AnyOf(tuple(Test(f, (Check("eq", "x"),)) for f in facts))
    return Rule(name, Message.same(name), Place("rules.yaml", 1), when, ())


PACK = Pack(
    "fake", "1", "f" * 8, (rule("by-tier", "customer.tier"), rule("by-region", "complaint.region"), rule("by-text", "text.length")),
    {f.path: f for f in (TIER, REGION, ITEMS, SOURCE, Fact("text.length", FactType("integer"), origin="text"))}, Taxonomy(),
)  # fmt: skip


class FakeEngine:
    """`slow` seconds a row; dies once at a text with `die_once` (the file of that name says that it has), always at `die`."""

    matcher_name = "builtin"

    def __init__(self, source: FakeSource) -> None:
        self._source = source
        self.timings: dict[str, float] = {"fold": 0.0, "decide": 0.0}
        self.fingerprints: Mapping[str, str] = {"pack": source.fingerprint, "model": ""}

    def decide_many(self, complaints: Iterable[Complaint], now: datetime | None = None) -> Iterator[Decision]:
        for complaint in complaints:
            if self._source.slow:
                time.sleep(self._source.slow)
            if "进程暴毙" in complaint.text:
                once = self._source.once
                if once is None or not once.exists():
                    if once is not None:
                        once.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            if "程序出错" in complaint.text:
                raise ValueError("boom")
            self.timings["decide"] += 1e-6
            yield decision(complaint)


def decision(c: Complaint) -> Decision:
    n = zlib.crc32(json.dumps([c.text, sorted(c.facts.items())], ensure_ascii=True).encode())
    abstained = n % 5 == 0
    return Decision(
        id=c.id, text=c.text,
        tags=Tags(None if abstained else f"类别{n % 3}", round(n % 1000 / 1000, 4), abstained, requests=("refund",) if n % 2 else ()),
        severity=("low", "medium", "high", "critical")[n % 4], green_channel="vip" if c.facts.get("customer.tier") == "vip" else None,
        queue=f"q{n % 7}", owner=None, actions={"notify": ("a", "b")} if n % 3 == 0 else {},
        reasons=(Reason(f"r{n % 11}", Message("规则", "rule"), ()),),
        conflicts=(Conflict("queue", (("a", ("r1",)), ("b", ("r2",))), "a"),) if n % 13 == 0 else (),
        incomplete={"queue": ("customer.tier",)} if n % 17 == 0 else {},
        errors=(Fault("x", Message("错", "bad")),) if n % 19 == 0 else (),
        facts={"now": c.received_at} if c.received_at else {}, pack="fake",
    )  # fmt: skip


@dataclass(frozen=True)
class FakeSource:
    slow: float = 0.0
    once: Path | None = None
    fingerprint: str = "f" * 8
    the_pack: Pack = field(default=PACK)

    def pack(self) -> Pack:
        return self.the_pack

    def engine(self) -> FakeEngine:
        return FakeEngine(self)

    def cells(self, d: Decision) -> Mapping[str, str]:
        def js(value: object) -> str:
            return json.dumps(value, ensure_ascii=False) if value else ""

        return {
            "id": d.id, "category": d.tags.category or "", "confidence": f"{d.tags.confidence:.4f}",
            "abstained": str(d.tags.abstained).lower(), "intent": "", "requests": js(d.tags.requests), "risks": "", "emotion": "",
            "severity": d.severity, "green_channel": d.green_channel or "", "queue": d.queue, "actions": js(dict(d.actions)),
            "reasons": js([{"rule": r.rule, "now": str(d.facts.get("now", "")), "text": len(d.text)} for r in d.reasons]),
            "conflicts": js([c.slot for c in d.conflicts]), "incomplete": js(dict(d.incomplete)),
            "errors": js([[f.where, f.message.zh] for f in d.errors]),
        }  # fmt: skip
