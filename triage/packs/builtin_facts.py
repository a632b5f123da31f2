"""The facts that every pack has without declaring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.domain.facts import Fact, FactType, Kind, Origin
from triage.domain.pack import SEVERITIES

RESERVED = frozenset(("text", "tags", "decision", "counts", "now", "event"))
"""First parts of paths that packs don't declare facts under."""
NARROWED = frozenset(("complaint.source",))
"""Built-in facts that a pack may declare once more, as a choice."""
READABLE_DECISION = frozenset(("severity", "queue", "owner", "green_channel", "tags"))

_PLAIN: tuple[tuple[str, Kind, bool, Origin, str, tuple[str, ...]], ...] = (
    ("complaint.text", "text", False, "host", "投诉内容", ()),
    ("complaint.id", "text", False, "host", "投诉编号", ()),
    ("complaint.source", "text", False, "host", "来源", ("来源", "渠道", "投诉渠道", "受理渠道", "来源渠道", "source", "channel")),
    ("complaint.received_at", "instant", False, "host", "受理时间", ()),
    ("complaint.amount", "money", False, "host", "涉及金额", ("涉及金额", "金额", "争议金额", "amount")),
    ("text.amounts", "money", True, "text", "文中金额", ()),
    ("text.largest_amount", "money", False, "text", "文中最大金额", ()),
    ("text.dates", "date", True, "text", "文中日期", ()),
    ("text.durations", "duration", True, "text", "文中时长", ()),
    ("text.phones", "text", True, "text", "文中电话", ()),
    ("text.orders", "text", True, "text", "文中单号", ()),
    ("text.id_numbers", "text", True, "text", "文中身份证号", ()),
    ("text.bank_cards", "text", True, "text", "文中银行卡号", ()),
    ("text.length", "integer", False, "text", "字数", ()),
    ("tags.category", "category", False, "tags", "分类", ()),
    ("tags.confidence", "decimal", False, "tags", "把握", ()),
    ("tags.abstained", "bool", False, "tags", "拿不准", ()),
    ("decision.owner", "text", False, "decision", "承办", ()),
    ("decision.tags", "text", True, "decision", "标记", ()),
    ("now", "instant", False, "now", "现在", ()),
)


def builtin_facts(values: Mapping[str, Sequence[str]]) -> dict[str, Fact]:
    """The built-in facts. `values` gives the domains: intents, requests, risks, emotions, queues, channels."""

    def choice(name: str, many: bool = False, ordered: bool = False) -> FactType:
        return FactType("choice", many, tuple(values.get(name, ())), ordered)

    facts = [Fact(p, FactType(kind, many), origin, title=title, names=names) for p, kind, many, origin, title, names in _PLAIN]
    facts += [
        Fact("tags.intent", choice("intents"), "tags", title="意图"),
        Fact("tags.requests", choice("requests", many=True), "tags", title="诉求"),
        Fact("tags.risks", choice("risks", many=True), "tags", title="风险"),
        Fact("tags.emotion", choice("emotions", ordered=True), "tags", title="情绪"),
        Fact("decision.severity", FactType("choice", False, SEVERITIES, True), "decision", title="严重程度"),
        Fact("decision.queue", choice("queues"), "decision", title="队列"),
        Fact("decision.green_channel", choice("channels"), "decision", title="绿色通道"),
    ]
    return {fact.path: fact for fact in facts}
