"""`then:` and the actions of channels and rows: names checked, values typed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from triage.conditions.operands import KIND_NAMES, Operands
from triage.conditions.suggest import did_you_mean
from triage.domain.facts import FactType, Scalar, Value
from triage.domain.pack import SEVERITIES, Action
from triage.domain.values import parse_duration
from triage.packs.draft import Draft
from triage.packs.nodes import known, target, word, words
from triage.packs.people import check_target
from triage.source import Items, Map, Node

SLOTS = (
    "severity", "queue", "owner", "owner_rank", "notify", "assist", "require", "tag", "escalate", "propose", "approver", "visible_to",
    "mute", "template", "set", "clocks",
)  # fmt: skip
"""Keys that are actions."""


class ActionReader:
    """Reads actions against what a pack declares."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.findings = draft, draft.findings
        self.units: Mapping[str, object] = {**draft.people, **draft.queues}
        alerts = {a.text for f in draft.folders for item in f.items("alerts") if isinstance(item, Map) and (a := word(item.get("id")))}
        self.alerts: set[str] = alerts
        self.operands = Operands(draft.vocabulary(), draft.findings)
        self.readers: dict[str, Callable[[str, Node], Iterable[Action]]] = {
            "severity": self.severity, "queue": self.single, "owner": self.single, "notify": self.receivers, "assist": self.receivers,
            "escalate": self.names, "visible_to": self.names, "mute": self.names, "require": self.names, "tag": self.names, "propose": self.names,
            "approver": self.names, "owner_rank": self.names, "template": self.template, "set": self.set, "clocks": self.clocks,
        }  # fmt: skip

    def read(self, node: Map, keys: Iterable[str] = SLOTS) -> tuple[Action, ...]:
        """All actions under `node`, each once, sorted by slot."""
        found: dict[Action, None] = {}
        for key in sorted(keys):
            value = node.get(key)
            if value is not None:
                found.update(dict.fromkeys(self.readers[key](key, value)))
        return tuple(found)

    def severity(self, slot: str, node: Node) -> Iterable[Action]:
        name = word(node)
        if name is not None and name.text in SEVERITIES:  # another value is reported by the shape
            yield Action(slot, name.text)

    def kind(self, slot: str) -> tuple[Collection[str], tuple[str, str, str]]:
        """The names that a slot takes, and how they are called in a finding."""
        match slot:
            case "queue":
                return self.draft.queues, ("队列", "queue", "TR113")
            case "notify":
                return self.draft.people, ("人员", "person", "TR112")
            case "escalate":
                return self.draft.chains, ("升级链", "escalation chain", "TR114")
            case _:
                return self.units, ("队列或人员", "queue or person", "TR113")

    def single(self, slot: str, node: Node) -> Iterable[Action]:
        names, kind = self.kind(slot)
        if isinstance(node, Map):
            value = target(node, self.findings)
            if value is not None:
                check_target(node, value, self.draft, names, kind)
                yield Action(slot, value)
        elif (name := word(node)) is not None and known(name, names, kind[2], kind[0], kind[1], self.findings):
            yield Action(slot, name.text)

    def receivers(self, slot: str, node: Node) -> Iterable[Action]:
        for item in node.items if isinstance(node, Items) else (node,):
            yield from self.single(slot, item)

    def names(self, slot: str, node: Node) -> Iterable[Action]:
        for name in words(node):
            if slot in ("escalate", "visible_to"):
                names, kind = self.kind(slot)
                if not known(name, names, kind[2], kind[0], kind[1], self.findings):
                    continue
            elif slot == "mute" and self.alerts and not known(name, self.alerts, "TR118", "预警", "alert", self.findings):
                continue
            yield Action(slot, name.text)

    def template(self, slot: str, node: Node) -> Iterable[Action]:
        if isinstance(node, Map):
            for entry in node.entries:
                name = word(entry.value)
                if name is not None and known(name, self.draft.templates, "TR115", "模板", "template", self.findings):
                    yield Action(slot, name.text, entry.key.text)

    def clocks(self, slot: str, node: Node) -> Iterable[Action]:
        if isinstance(node, Map):
            for entry in node.entries:
                value = word(entry.value)
                if value is None:
                    continue
                try:
                    yield Action("clock", parse_duration(value.text), entry.key.text)
                except ValueError:
                    zh, en = KIND_NAMES["duration"]
                    self.findings.add("TR203", value.place, f"“{value.text}”不是{zh}", f"{value.text!r} isn't {en}",
                                      ("写成 30min、8h、3d、2 working_hours 或 3个工作日", "write 30min, 8h, 3d, 2 working_hours or 3 working_days"))  # fmt: skip

    def set(self, slot: str, node: Node) -> Iterable[Action]:
        if not isinstance(node, Map):
            return
        derived = [p for p, f in self.draft.facts.items() if f.origin == "derived"]
        for entry in node.entries:
            fact = self.draft.facts.get(entry.key.text)
            if fact is None or fact.origin != "derived":
                hint = did_you_mean(entry.key.text, derived) or ("在 facts 里声明 derived.名", "declare derived.name under facts")
                self.findings.add("TR110", entry.key.place, f"“{entry.key.text}”不是可由规则设置的事实", f"{entry.key.text!r} isn't a fact that rules set", hint)
                continue
            value = self.value(entry.value, fact.type)
            if value is not None:
                yield Action(slot, value, entry.key.text)

    def value(self, node: Node, type_: FactType) -> Value | None:
        element = FactType(type_.kind, False, type_.domain, type_.ordered)
        if not type_.many:
            return self.operands.scalar(node, element)
        items = node.items if isinstance(node, Items) else (node,)
        read = [self.operands.scalar(item, element) for item in items]
        found: list[Scalar] = [v for v in read if v is not None]
        return tuple(dict.fromkeys(found)) if found and len(found) == len(read) else None


