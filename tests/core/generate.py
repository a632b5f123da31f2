"""Random conditions, facts and rules from a seed: each operator, with missing, unknown, list and Chinese values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from triage.diagnostics import Place
from triage.domain.condition import ALWAYS, All, AnyOf, Check, Condition, FactOperand, Not, Period, Test
from triage.domain.facts import Fact, FactType, Unknown
from triage.domain.pack import SEVERITIES, Action, Pack, Rule, Taxonomy
from triage.message import Message

CATEGORIES = ("网络", "网络/断网", "网络/网速", "资费", "资费/误扣", "资费/误扣/重复")
TIERS = ("normal", "vip", "svip")
WORDS = ("记者", "曝光", "退款", "法院", "停电", "ß", "ＡＢ", "断网了", "不", "扣费", "电")
PIECES = (
    "再不处理", "我", "就", "找记者", "，", "没有", "曝光", "！", "退款", "法院", "停电三天", "ß", "Ａb", "断网了", "不", "想", "扣费",
    "。", "👍", "\n", "電話", "登记者", "123", " ", "200元", "並非", "才", "\ud800", "\u200b", "𠮷",
)  # fmt: skip

FACTS: dict[str, FactType] = {
    "complaint.text": FactType("text"),
    "complaint.note": FactType("text"),
    "tags.category": FactType("category"),
    "tags.risks": FactType("choice", many=True, domain=("media", "legal", "safety")),
    "customer.tier": FactType("choice", domain=TIERS, ordered=True),
    "customer.age": FactType("integer"),
    "customer.fee": FactType("money"),
    "complaint.amount": FactType("money"),
    "text.amounts": FactType("money", many=True),
    "complaint.vip": FactType("bool"),
    "complaint.opened": FactType("instant"),
    "complaint.day": FactType("date"),
    "customer.names": FactType("text", many=True),
    "decision.severity": FactType("choice", domain=SEVERITIES, ordered=True),
    "now": FactType("instant"),
}
_ORIGINS = {"decision": "decision", "tags": "tags", "text": "text", "now": "now"}
_BASE = datetime(2026, 3, 16, 9, tzinfo=UTC)


def declared() -> dict[str, Fact]:
    return {path: Fact(path, kind, _ORIGINS.get(path.split(".")[0], "host")) for path, kind in FACTS.items()}  # type: ignore[arg-type]


def text(rng: Random, most: int = 12) -> str:
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, most)))


def scalar(rng: Random, path: str) -> Any:
    kind = FACTS[path]
    match kind.kind:
        case "text":
            return text(rng, 5) or "空"
        case "category":
            return rng.choice(CATEGORIES)
        case "choice":
            return rng.choice(kind.domain)
        case "integer":
            return rng.randint(0, 4)
        case "money":
            return Decimal(rng.choice(["0", "0.1", "0.30", "100", "199.99", "200", "2E+2"]))
        case "bool":
            return rng.random() < 0.5
        case "instant":
            return _BASE + timedelta(hours=rng.randint(-80, 80))
        case "date":
            return date(2026, 3, rng.randint(12, 20))
    raise AssertionError(kind)


def facts(rng: Random, missing: float = 0.2, unknown: float = 0.12) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for path, kind in FACTS.items():
        if path == "complaint.text":
            out[path] = text(rng)
            continue
        draw = rng.random()
        if draw < missing:
            continue
        if draw < missing + unknown:
            out[path] = Unknown(rng.choice(["abstained", "invalid"]))
        elif kind.many:
            out[path] = tuple(scalar(rng, path) for _ in range(rng.randint(0, 3)))
        else:
            out[path] = scalar(rng, path)
    return out


def _period(rng: Random) -> Period:
    return rng.choice(
        [
            Period("大促", start=date(2026, 3, 15), end=date(2026, 3, 16)),
            Period("割接", start=_BASE - timedelta(hours=5), end=_BASE + timedelta(hours=20)),
            Period("供暖季", every_year=((11, 15), (3, 15))),
            Period("夜间", daily=(time(18), time(8, 30))),
        ]
    )


def test_of(rng: Random) -> Test:
    path = rng.choice(list(FACTS))
    kind = FACTS[path]
    if rng.random() < 0.06:
        return Test(path, (Check("exists", rng.random() < 0.5),))
    if kind.kind == "text" and rng.random() < 0.85:
        if kind.many and rng.random() < 0.5:
            op = rng.choice(["contains", "contains_any", "contains_all"])
            return Test(path, (Check(op, rng.choice(PIECES) if op == "contains" else tuple(rng.sample(PIECES, 2))),))  # type: ignore[arg-type]
        op = rng.choice(["contains", "contains_any", "contains_all", "words", "starts_with", "ends_with", "matches"])
        if kind.many and op.startswith("contains"):
            op = "words"
        negated = rng.random() < 0.4
        operand: Any = tuple(rng.sample(WORDS, rng.randint(1, 3)))
        if op in ("contains", "starts_with", "ends_with"):
            operand = rng.choice(WORDS + PIECES[:4])
            negated = negated and op == "contains"
        elif op == "matches":
            operand = rng.choice(["记者|法院", "停电.{0,3}天", "[0-9]+元?", "找(记|登)者", "ß+", "Ａ[Bb]", ".", "不.*退"])
            negated = False
        return Test(path, (Check(op, operand, negated),))  # type: ignore[arg-type]
    if kind.many:
        op = rng.choice(["eq", "in", "ne", "not_in", "contains", "contains_any", "contains_all", "gte" if kind.kind == "money" else "eq"])
        many = op in ("in", "not_in", "contains_any", "contains_all")
        value: Any = tuple(scalar(rng, path) for _ in range(rng.randint(1, 2))) if many else scalar(rng, path)
        if op == "gte":
            return Test(path, (Check("gte", value), Check("lt", scalar(rng, path))))
        return Test(path, (Check(op, value),))  # type: ignore[arg-type]
    if kind.kind == "category":
        op = rng.choice(["under", "exactly", "in", "not_in", "ne"])
        value = tuple(rng.sample(CATEGORIES, 2)) if op in ("in", "not_in") else rng.choice(CATEGORIES)
        return Test(path, (Check(op, value),))  # type: ignore[arg-type]
    if kind.kind in ("instant", "date") and rng.random() < 0.5:
        if rng.random() < 0.5:
            return Test(path, (Check("during", _period(rng)),))
        return Test(path, (Check("within", timedelta(hours=rng.choice([1, 24, 72]))),))
    op = rng.choice(["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte"] if kind.kind not in ("bool", "text") else ["eq", "ne"])
    if op in ("in", "not_in"):
        return Test(path, (Check(op, tuple(scalar(rng, path) for _ in range(2))),))  # type: ignore[arg-type]
    if kind.kind == "money" and rng.random() < 0.3:
        other = "customer.fee" if path == "complaint.amount" else "complaint.amount"
        return Test(path, (Check(op, FactOperand(other, Decimal(rng.choice([1, 2, 3])))),))  # type: ignore[arg-type]
    checks = [Check(op, scalar(rng, path))]  # type: ignore[arg-type]
    if op in ("gte", "gt") and rng.random() < 0.4:
        checks.append(Check("lt", scalar(rng, path)))
    return Test(path, tuple(checks))


def condition(rng: Random, depth: int = 3) -> Condition:
    draw = rng.random()
    if depth == 0 or draw < 0.4:
        return test_of(rng)
    if draw < 0.55:
        return Not(condition(rng, depth - 1))
    parts = tuple(condition(rng, depth - 1) for _ in range(rng.randint(1, 4)))
    return All(parts) if draw < 0.78 else AnyOf(parts)


QUEUES = ("crisis", "billing", "network", "general", "manual-triage")


def actions(rng: Random, *, queue: float = 0.4) -> tuple[Action, ...]:
    out = []
    if rng.random() < 0.6:
        out.append(Action("severity", rng.choice(SEVERITIES)))
    if rng.random() < queue:
        out.append(Action("queue", rng.choice(QUEUES[:4])))
    if rng.random() < 0.2:
        out.append(Action("owner", rng.choice(["张三", "李四"])))
    if rng.random() < 0.4:
        out.append(Action("notify", rng.choice(["pr", "ops", "boss"])))
    if rng.random() < 0.2:
        out.append(Action("template", rng.choice(["a", "b"]), "acknowledge"))
    return tuple(out) or (Action("tag", "看"),)


def rules(rng: Random, count: int, when: Any = None) -> list[Rule]:
    make = when or (lambda: condition(rng))
    out = []
    for i in range(count):
        layer = rng.choices(["rules", "green_channels", "routes"], [6, 1.5, 2.5])[0]
        name = f"{layer[:1]}{i}"
        then = actions(rng)
        if layer == "green_channels":
            then = (*(a for a in then if a.slot != "template"), Action("green_channel", name))
        elif layer == "routes":
            then = tuple(a for a in then if a.slot in ("queue", "owner", "notify")) or (Action("queue", rng.choice(QUEUES[:4])),)
        out.append(
            Rule(
                name, Message.same(name), Place("f.yaml", i + 1, 1), make(), then, layer=layer,  # type: ignore[arg-type]
                table="routes" if layer == "routes" else "", row=i if layer == "routes" else 0,
                status="trial" if rng.random() < 0.05 else "active",
            )
        )  # fmt: skip
    plain = [r.id for r in out if r.layer == "rules"]
    for n, rule in enumerate(out):
        if rule.layer == "rules" and rng.random() < 0.15:
            earlier = [x for x in plain if x < rule.id]
            if earlier:
                object.__setattr__(out[n], "replaces", (rng.choice(earlier),))
    if rng.random() < 0.5:
        out.append(Rule("last", Message.same("last"), Place("f.yaml", 99, 1), ALWAYS, (Action("queue", "general"),), layer="routes", table="routes", row=999))
    return out


def pack(rng: Random, rule_list: list[Rule]) -> Pack:
    channels = [r.id for r in rule_list if r.layer == "green_channels"]
    rng.shuffle(channels)
    return Pack(
        "random", "1", "f" * 64, tuple(rule_list), declared(), Taxonomy(), queues=QUEUES if rng.random() < 0.7 else (),
        channels=tuple(channels),
    )  # fmt: skip
