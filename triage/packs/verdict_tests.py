"""Tests of verdicts in a pack's `tests:`, spell-checked: who asks for what, what was granted before, and what must be answered."""

from __future__ import annotations

from collections.abc import Callable, Collection

from triage.domain.authority import PERS, Authority
from triage.domain.facts import FactType
from triage.domain.values import parse_duration
from triage.packs.authority_values import Values
from triage.packs.draft import Draft
from triage.packs.nodes import known, words
from triage.source import Entry, Items, Map, Node, Text

ASK_KEYS = ("remedy", "amount", "handler", "granted", "pending", "case")
"""Keys of `given` that a verdict test has besides facts."""
ENTRY_KEYS = ("remedy", "amount", "at", "handler", "rank", "case", "customer", "order", "approved_by", "approver", "revoked", "waits_for")
EXPECT_KEYS = ("verdict", "by", "room", "approvers", "may", "rules", "why", "unknown", "notify", "limits", "not", "only")
VERDICTS = ("allowed", "needs_approval", "refused")
CODES = (
    "amount_missing", "amount_unreadable", "not_positive", "too_large", "too_many_decimals", "no_rate", "no_amount", "missing_key", "unknown_key",
    "missing_limit", "unknown_limit", "avoidance", "avoidance_unknown", "handler_missing", "cap", "nobody",
)  # fmt: skip
"""Reasons for which something is refused."""


class VerdictTests:
    """Checks verdict tests against a pack's authority; findings go to the draft's."""

    def __init__(self, draft: Draft, authority: Authority | None) -> None:
        self.draft, self.findings, self.authority = draft, draft.findings, authority
        self.ladder: Collection[str] = authority.ladder if authority else ()

    def read(self, name: Text, given: Node | None, expect: Node | None, facts: Callable[[Node], None]) -> None:
        """One test; `facts` checks what `given` says besides."""
        if self.authority is None:
            if not any(f.sections.get("authority") for f in self.draft.folders):
                self.findings.add("TR103", name.place, "规则包没有 authority，测不了授权", "the pack has no `authority:`, so no verdict can be tested", ("先写 authority.yaml", "write authority.yaml first"))
            return
        if not isinstance(given, Map) or given.get("remedy") is None:
            self.findings.add("TR103", name.place, "授权测试的 given 要写 remedy", "the `given` of a verdict test names a remedy", ("例如 given: {handler: {rank: agent}, remedy: refund, amount: 200元}", "such as given: {handler: {rank: agent}, remedy: refund, amount: 200元}"))
            return
        self.given(given, facts)
        if not isinstance(expect, Map) or not expect.entries:
            self.findings.add("TR103", name.place, "授权测试缺少 expect", "the verdict test has no `expect`", ("例如 expect: {verdict: needs_approval, by: senior}", "such as expect: {verdict: needs_approval, by: senior}"))
            return
        self.expect(expect)

    def given(self, node: Map, facts: Callable[[Node], None]) -> None:
        """Who asks for what, and the history."""
        rest: list[Entry] = []
        for entry in node.entries:
            match entry.key.text:
                case "remedy":
                    self.remedy(entry.value)
                case "handler":
                    rest += self.handler(entry)
                case "granted" | "pending":
                    self.entries(entry.key.text, entry.value)
                case "amount" | "case":
                    if entry.key.text == "case" and isinstance(entry.value, Map):
                        rest.append(entry)
                    elif not isinstance(entry.value, Text):
                        self.findings.add("TR102", entry.value.place, f"“{entry.key.text}”应是一个值", f"{entry.key.text!r} wants a value")
                case _:
                    rest.append(entry)
        if node.get("handler") is None:
            self.findings.add("TR103", node.place, "授权测试要写谁来授权：handler: {rank: ...}", "a verdict test says who asks: handler: {rank: ...}")
        facts(Map(tuple(rest), node.place))

    def handler(self, entry: Entry) -> list[Entry]:
        """The person who asks: a rank, an id, and facts."""
        if not isinstance(entry.value, Map):
            self.findings.add("TR102", entry.value.place, "handler 应是“键: 值”", "`handler` wants a mapping", ("写成 handler: {rank: agent}", "write handler: {rank: agent}"))
            return []
        rank = entry.value.get("rank")
        if rank is None:
            self.findings.add("TR103", entry.key.place, "handler 缺少 rank", "`handler` needs a rank", ("写成 handler: {rank: agent}", "write handler: {rank: agent}"))
        for item in words(rank):
            known(item, self.ladder, "TR128", "级别", "rank", self.findings)
        rest = tuple(e for e in entry.value.entries if e.key.text not in ("rank", "id"))
        return [Entry(entry.key, Map(rest, entry.value.place))] if rest else []

    def remedy(self, node: Node | None) -> None:
        assert self.authority is not None
        for name in words(node):
            known(name, self.authority.remedies, "TR128", "授权项目", "remedy", self.findings)

    def entries(self, section: str, node: Node) -> None:
        """Earlier grants, or requests that wait."""
        for item in node.items if isinstance(node, Items) else (node,):
            if not isinstance(item, Map):
                self.findings.add("TR102", item.place, f"{section} 里应是“键: 值”", f"`{section}` holds mappings", ("写成 {remedy: refund, amount: 50元, at: -3d}", "write {remedy: refund, amount: 50元, at: -3d}"))
                continue
            for required in ("remedy", "waits_for") if section == "pending" else ("remedy",):
                if item.get(required) is None:
                    self.findings.add("TR103", item.place, f"缺少“{required}”", f"{required!r} is missing", (f"加上 {required}: ...", f"add `{required}: ...`"))
            for entry in item.entries:
                self.entry(entry)

    def entry(self, entry: Entry) -> None:
        """One key of an earlier grant or request."""
        key, value = entry.key.text, entry.value
        if key not in ENTRY_KEYS and not (key in self.draft.facts and "." in key):
            known(entry.key, ENTRY_KEYS, "TR101", "键", "key", self.findings)
        elif key == "remedy":
            self.remedy(value)
        elif key in ("rank", "approved_by", "waits_for"):
            for name in words(value):
                known(name, self.ladder, "TR128", "级别", "rank", self.findings)
        elif key == "revoked":
            for name in words(value):
                known(name, ("open", "settled"), "TR104", "撤销状态", "state of a revocation", self.findings)
        elif key == "at":
            self.at(value)

    def at(self, node: Node) -> None:
        """An instant, or how long before: -3d."""
        if isinstance(node, Text) and node.text.startswith(("-", "+")):
            try:
                if parse_duration(node.text[1:]).elapsed is not None:
                    return
            except ValueError:
                pass
            self.findings.add("TR203", node.place, f"“{node.text}”不是多久以前", f"{node.text!r} isn't how long ago", ("写成 -3d、-2h", "write -3d or -2h"))
            return
        Values(self.draft).operands.scalar(node, FactType("instant"))

    def expect(self, node: Map, inside: bool = False) -> None:
        """What must be answered."""
        assert self.authority is not None
        for entry in node.entries:
            key, value = entry.key.text, entry.value
            if key in ("not", "only") and not inside:
                if isinstance(value, Map):
                    self.expect(value, inside=True)
                continue
            if not known(entry.key, [k for k in EXPECT_KEYS if not inside or k not in ("not", "only")], "TR101", "可期望的键", "key to expect", self.findings):
                continue
            if isinstance(value, Text) and value.is_null:
                continue
            names: Collection[str]
            match key:
                case "verdict":
                    names, kind = VERDICTS, ("TR104", "授权结论", "verdict")
                case "by" | "may":
                    names, kind = self.ladder, ("TR128", "级别", "rank")
                case "rules" | "unknown":
                    names, kind = self.rule_ids(), ("TR118", "规则", "rule")
                case "why":
                    names, kind = CODES, ("TR104", "理由", "reason")
                case "notify":
                    names, kind = self.draft.people, ("TR112", "人员", "person")
                case "limits":
                    for inner in value.entries if isinstance(value, Map) else ():
                        known(inner.key, self.ladder, "TR128", "级别", "rank", self.findings)
                    continue
                case _:
                    continue
            for name in words(value):
                known(name, names, *kind, self.findings)

    def rule_ids(self) -> set[str]:
        """Ids of everything that an answer may name."""
        assert self.authority is not None
        a = self.authority
        return {*a.remedies, *(x.id for x in a.adjust), *(x.id for x in a.caps), *(x.id for x in a.four_eyes), *PERS}
