"""`pack:`, `defaults:` and `orders:`: who the pack is, what it falls back to, and what comes before what."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from triage.conditions.suggest import did_you_mean
from triage.domain.pack import LANGUAGE, SEVERITIES, Layer
from triage.message import Message
from triage.packs.draft import Draft
from triage.packs.nodes import known, message, text, word, words
from triage.packs.reading import Folder
from triage.source import Findings, Map, Node, Text

_LAYERS: tuple[Layer, ...] = ("green_channels", "rules", "routes")


@dataclass
class Header:
    """What stands about the pack as a whole; a pack's own values go before those of packs it extends."""

    version: str = ""
    title: Message = field(default_factory=lambda: Message("", ""))
    locale: str = "zh-CN"
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    owner: str = ""
    approved_by: tuple[str, ...] = ()
    severity: str = "low"
    queue: str = "manual-triage"
    layers: tuple[Layer, ...] = _LAYERS
    queue_order: tuple[str, ...] = ()
    channel_order: tuple[str, ...] = ()


def _single(folder: Folder, section: str, findings: Findings) -> Map | None:
    """The one mapping of a section that stands once."""
    given = folder.sections.get(section, [])
    for key, _ in given[1:]:
        first = given[0][0].place
        findings.add("TR105", key.place, f"“{section}”已在 {first} 写过", f"{section!r} is already given at {first}", ("合并成一处", "merge the two"))
    return given[0][1] if given and isinstance(given[0][1], Map) else None


def read_header(draft: Draft) -> Header:
    """The header of the pack; its queues and channels aren't checked yet (see `check_orders`)."""
    header = Header()
    queue_names = {e[0].text for f in draft.folders for e in f.entries("queues")}
    channel_names = {i.text for f in draft.folders for n in f.items("green_channels") if isinstance(n, Map) and (i := word(n.get("id")))}
    default_queue: Text | None = None
    for folder in draft.folders:
        _pack(folder, header, draft, own=folder is draft.own)
        defaults = _single(folder, "defaults", draft.findings)
        if defaults is not None:
            if text(defaults.get("severity")) in SEVERITIES:
                header.severity = text(defaults.get("severity"))
            if (queue := word(defaults.get("queue"))) is not None:
                header.queue, default_queue = queue.text, queue
        orders = _single(folder, "orders", draft.findings)
        if orders is not None:
            _orders(orders, header, queue_names, channel_names, draft.findings)
    if default_queue is not None:
        known(default_queue, queue_names, "TR113", "队列", "queue", draft.findings)
    elif header.queue not in queue_names and draft.own.readable:
        draft.findings.add("TR113", draft.own.place, f"没有声明默认队列“{header.queue}”", f"the default queue {header.queue!r} isn't declared",
                           (f"在 queues 里加上 {header.queue}，或写 defaults: {{queue: ...}}", f"declare {header.queue} under queues, or write defaults: {{queue: ...}}"))  # fmt: skip
    return header


def _pack(folder: Folder, header: Header, draft: Draft, own: bool) -> None:
    findings = draft.findings
    node = _single(folder, "pack", findings)
    if node is None:
        if folder.readable and "pack" not in folder.sections and folder.sources:
            findings.add("TR103", folder.place, "缺少 pack 一节", "the `pack` section is missing", ("写上 pack: {id: ..., version: ...}", "write pack: {id: ..., version: ...}"))
        return
    language = word(node.get("language"))
    if language is not None and language.text != str(LANGUAGE):
        findings.add("TR107", language.place, f"规则语言版本 {language.text}，本程序只读版本 {LANGUAGE}", f"rule language {language.text}; this program reads {LANGUAGE}",
                     (f"写 language: {LANGUAGE}，或升级程序", f"write language: {LANGUAGE}, or upgrade the program"))  # fmt: skip
    identity = word(node.get("id"))
    if identity is not None and "/" in identity.text:
        findings.add("TR104", identity.place, "包的编号里不能有 /", "a pack's id can't hold a slash")
    zone = word(node.get("timezone"))
    if zone is not None and own:
        try:
            zoneinfo.ZoneInfo(zone.text)
            header.timezone = zone.text
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            findings.add("TR104", zone.place, f"没有时区“{zone.text}”", f"unknown time zone {zone.text!r}", did_you_mean(zone.text, ["Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Urumqi", "UTC"]))
    if own:
        header.version = text(node.get("version"))
        header.title = message(node.get("title"), text(node.get("id")))
        header.locale = text(node.get("locale"), header.locale)
        header.currency = text(node.get("currency"), header.currency)
        header.owner = text(node.get("owner"))
        header.approved_by = tuple(t.text for t in words(node.get("approved_by")))


def _orders(node: Map, header: Header, queues: set[str], channels: set[str], findings: Findings) -> None:
    layers = node.get("layers")
    if layers is not None:
        given = [t.text for t in words(layers) if t.text != "people"]
        if sorted(given) != sorted(_LAYERS):
            findings.add("TR104", layers.place, "layers 要把 green_channels、rules、routes 各写一次", "`layers` names green_channels, rules and routes once each",
                         ("例如 [green_channels, rules, routes]", "such as [green_channels, rules, routes]"))  # fmt: skip
        else:
            header.layers = cast(tuple[Layer, ...], tuple(given))
    if (value := node.get("queues")) is not None:
        header.queue_order = _ordered(value, queues, header.queue_order, ("TR113", "队列", "queue"), findings)
    if (value := node.get("channels")) is not None:
        header.channel_order = _ordered(value, channels, header.channel_order, ("TR119", "绿色通道", "green channel"), findings)


def _ordered(node: Node, names: set[str], before: Sequence[str], kind: tuple[str, str, str], findings: Findings) -> tuple[str, ...]:
    """An order as given; names that an extended pack ordered and that aren't in it follow."""
    given: list[str] = []
    for name in words(node):
        if name.text in given:
            findings.add("TR105", name.place, f"“{name.text}”写了两次", f"{name.text!r} is given twice", ("删去一个", "remove one"))
        elif known(name, names, *kind, findings):
            given.append(name.text)
    return (*given, *(b for b in before if b not in given))
