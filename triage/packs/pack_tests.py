"""`tests:` of a pack: names and values spell-checked, then kept as plain data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from triage.conditions.operands import Operands
from triage.conditions.suggest import did_you_mean
from triage.domain.authority import Authority
from triage.domain.facts import FactType
from triage.domain.pack import SEVERITIES, PackTest
from triage.packs.draft import Draft
from triage.packs.nodes import known, word, words
from triage.packs.verdict_tests import VerdictTests
from triage.source import Entry, Items, Map, Node, Text, plain

TAG_KEYS = ("category", "intent", "requests", "risks", "emotion", "confidence", "abstained")
_GROUPS = {"intent": "intents", "requests": "requests", "risks": "risks", "emotion": "emotions"}
_FREE = ("require", "tag", "propose", "mute", "approver", "assist", "visible_to", "owner", "owner_rank", "incomplete", "conflicts")
EXPECT_KEYS = (
    "category", "abstained", "intent", "requests", "risks", "emotion", "severity", "green_channel", "queue", "notify", "escalate", "template",
    "reasons", "replaced", "trial", "set", "clock", "errors", *_FREE, "not", "only",
)  # fmt: skip
_OTHER_EXPECT = ("alerts", "due", "told_at")


def read_tests(draft: Draft, rule_ids: set[str], authority: Authority | None = None) -> list[PackTest]:
    """The tests of the pack itself; those of extended packs stay with them."""
    tests: list[PackTest] = []
    names: dict[str, Text] = {}
    reader = _Reader(draft, rule_ids)
    verdicts = VerdictTests(draft, authority)
    for node in draft.own.items("tests"):
        if not isinstance(node, Map):
            continue
        name = word(node.get("name"))
        if name is None:
            continue
        if name.text in names:
            draft.findings.add("TR105", name.place, f"测试“{name.text}”重名，第 {names[name.text].place.line} 行已有", f"test {name.text!r} is already there, on line {names[name.text].place.line}",
                               ("换一个名字", "choose another name"))  # fmt: skip
            continue
        names[name.text] = name
        given, expect = node.get("given"), node.get("expect")
        kind = _kind(node, given, expect)
        if kind == "decision":
            reader.given(given if given is not None else Map((), node.place))
            if expect is None:
                draft.findings.add("TR103", name.place, "测试缺少 expect", "the test has no `expect`", ("写上期望的结果，如 expect: {severity: high}", "say what to expect, such as expect: {severity: high}"))
            else:
                reader.expect(expect)
        elif kind == "verdict":
            verdicts.read(name, given, expect, reader.given)
        data_given, data_expect = plain(given), plain(expect)
        if node.get("journey") is not None:
            data_expect = {"journey": plain(node.get("journey"))}
        tests.append(PackTest(name.text, data_given if isinstance(data_given, dict) else {}, data_expect if isinstance(data_expect, dict) else {}, name.place, kind))
    return tests


def _kind(node: Map, given: Node | None, expect: Node | None) -> Literal["decision", "verdict", "journey", "stream"]:
    if node.get("journey") is not None:
        return "journey"
    if isinstance(given, Map) and given.get("stream") is not None:
        return "stream"
    if (isinstance(expect, Map) and expect.get("verdict") is not None) or (isinstance(given, Map) and given.get("remedy") is not None):
        return "verdict"
    return "decision"


class _Reader:
    def __init__(self, draft: Draft, rule_ids: set[str]) -> None:
        self.draft, self.findings, self.rule_ids = draft, draft.findings, rule_ids
        self.operands = Operands(draft.vocabulary_now, draft.findings)
        self.groups = {p.split(".")[0] for p in draft.facts} - {"tags", "decision", "derived", "text", "now"}
        self.units = {**draft.people, **draft.queues}

    # -- given

    def given(self, node: Node) -> None:
        if not isinstance(node, Map):
            self.findings.add("TR102", node.place, "given 应是“键: 值”", "`given` wants a mapping")
            return
        for entry in node.entries:
            key = entry.key.text
            if key == "tags":
                self.tags(entry.value)
            elif key == "at":
                self.operands.scalar(entry.value, FactType("instant"))
            elif key == "by_hand":
                self.by_hand(entry.value)
            elif key in self.groups:
                if not isinstance(entry.value, Map):
                    self.findings.add("TR102", entry.value.place, f"“{key}”应是“键: 值”", f"{key!r} wants a mapping")
                    continue
                for inner in entry.value.entries:
                    self.fact(f"{key}.{inner.key.text}", inner)
            elif "." in key:
                self.fact(key, entry)
            else:
                self.findings.add("TR101", entry.key.place, f"given 里没有“{key}”", f"unknown key {key!r} in `given`",
                                  did_you_mean(key, [*self.groups, "tags", "at", "by_hand"]))  # fmt: skip

    def fact(self, path: str, entry: Entry) -> None:
        fact = self.draft.facts.get(path)
        if fact is None or fact.origin in ("tags", "decision", "derived", "text", "now"):
            settable = [p for p, f in self.draft.facts.items() if f.origin in ("host", "case", "counts", "lookup")]
            self.findings.add("TR110", entry.key.place, f"没有可给的事实“{path}”", f"no fact {path!r} can be given", did_you_mean(path, settable))
            return
        value = entry.value
        if path == "complaint.text" or (isinstance(value, Text) and value.is_null):
            if not isinstance(value, Text):
                self.findings.add("TR102", value.place, "text 应是文字", "`text` wants a text")
            return
        if isinstance(value, Map):
            self.findings.add("TR102", value.place, f"“{path}”应是一个值", f"{path!r} wants a value")
            return
        element = FactType(fact.type.kind, False, fact.type.domain, fact.type.ordered)
        if fact.type.many and isinstance(value, Items):
            for item in value.items:
                self.operands.scalar(item, element)
        else:
            self.operands.scalar(value, element)

    def tags(self, node: Node) -> None:
        if not isinstance(node, Map):
            self.findings.add("TR102", node.place, "tags 应是“键: 值”", "`tags` wants a mapping")
            return
        for entry in node.entries:
            if known(entry.key, TAG_KEYS, "TR101", "标签", "tag", self.findings):
                self.tag(entry)

    def tag(self, entry: Entry) -> None:
        key = entry.key.text
        type_ = self.draft.facts[f"tags.{key}"].type
        element = FactType(type_.kind, False, type_.domain, type_.ordered)
        if isinstance(entry.value, Text) and entry.value.is_null:
            return
        for item in entry.value.items if type_.many and isinstance(entry.value, Items) else (entry.value,):
            self.operands.scalar(item, element)

    def by_hand(self, node: Node) -> None:
        if not isinstance(node, Map):
            self.findings.add("TR102", node.place, "by_hand 应是“键: 值”", "`by_hand` wants a mapping")
            return
        for entry in node.entries:
            if known(entry.key, ("severity", "queue", "owner"), "TR101", "键", "key", self.findings):
                self.value(entry.key.text, entry.value)

    # -- expect

    def expect(self, node: Node, inside: bool = False) -> None:
        if not isinstance(node, Map):
            self.findings.add("TR102", node.place, "expect 应是“键: 值”", "`expect` wants a mapping")
            return
        if not node.entries:
            self.findings.add("TR201", node.place, "expect 是空的，什么也没有检验", "`expect` is empty: nothing is tested", ("写上期望的结果", "say what to expect"))
        for entry in node.entries:
            key = entry.key.text
            if key in ("not", "only") and not inside:
                self.expect(entry.value, inside=True)
            elif key in _OTHER_EXPECT:
                continue
            elif known(entry.key, [k for k in EXPECT_KEYS if not inside or k not in ("not", "only")], "TR101", "可期望的键", "key to expect", self.findings):
                self.value(key, entry.value)

    def value(self, key: str, node: Node) -> None:
        """Values of one expected key are names that exist."""
        if isinstance(node, Text) and node.is_null:
            return
        names: Collection[str]
        match key:
            case "category" | "intent" | "emotion" | "requests" | "risks" | "abstained":
                self.tag(Entry(Text(key, True, node.place), node))
                return
            case "severity":
                names, kind = SEVERITIES, ("TR104", "严重程度", "severity")
            case "green_channel":
                names, kind = self.draft.channels, ("TR119", "绿色通道", "green channel")
            case "queue":
                names, kind = self.draft.queues, ("TR113", "队列", "queue")
            case "notify":
                names, kind = self.draft.people, ("TR112", "人员", "person")
            case "escalate":
                names, kind = self.draft.chains, ("TR114", "升级链", "escalation chain")
            case "reasons" | "trial" | "replaced":
                names, kind = self.rule_ids, ("TR118", "规则", "rule")
            case "owner" | "assist" | "visible_to":
                names, kind = self.units, ("TR113", "队列或人员", "queue or person")
            case "template":
                if isinstance(node, Map):
                    for entry in node.entries:
                        for name in words(entry.value):
                            known(name, self.draft.templates, "TR115", "模板", "template", self.findings)
                return
            case _:
                return
        if isinstance(node, Map):
            self.findings.add("TR102", node.place, f"“{key}”应是一个值或列表", f"{key!r} wants a value or a list")
        for name in words(node):
            known(name, names, *kind, self.findings)


