"""Authors' YAML as nodes that know their places: scalars stay the text that was written, and faults become findings.

Types are read on demand (`as_bool`, `as_integer`), under the core rules of YAML 1.2, so that `no`, `0500`, `9:00`, `1.10`
and `5,000` never turn into something else on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from triage.diagnostics import Diagnostic, Level, Place
from triage.message import Message
from triage.source_faults import decode, fullwidth_in_scalar, syntax_findings

MAX_BYTES = 16 * 1024 * 1024
"""Largest file that is read."""
MAX_DEPTH = 40
"""Deepest nesting of lists and mappings."""
MAX_FINDINGS = 200
"""Findings of one file after which reading stops: more of the same help nobody."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar: the text as written (quotes resolved); `plain` if it stood without quotes."""

    text: str
    plain: bool
    place: Place

    @property
    def is_null(self) -> bool:
        """Nothing was written, or `null`."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Text
    value: Node


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping, in the order written, without repeated keys."""

    entries: tuple[Entry, ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value at `key`, or None."""
        for entry in self.entries:
            if entry.key.text == key:
                return entry.value
        return None

    def key(self, key: str) -> Text | None:
        """The key itself, for its place."""
        for entry in self.entries:
            if entry.key.text == key:
                return entry.key
        return None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values."""
        return ((entry.key.text, entry.value) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    place: Place


Node: TypeAlias = Text | Map | Items


class Findings(list[Diagnostic]):
    """Findings as they are collected."""

    def add(self, code: str, place: Place, zh: str, en: str, hint: tuple[str, str] | None = None, level: Level = "error") -> None:
        """One finding more; `hint` is how to mend it, in Chinese and English."""
        self.append(Diagnostic(code, level, Message(zh, en), place, Message(*hint) if hint else None))


def as_bool(node: Node) -> bool | None:
    """A plain `true` or `false`; None for anything else (yes, no, on, off too)."""
    if isinstance(node, Text) and node.plain:
        return {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}.get(node.text)
    return None


def as_integer(node: Node) -> int | None:
    """A plain decimal whole number without a leading zero; None for anything else."""
    if isinstance(node, Text):
        digits = node.text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 18 and (digits == "0" or digits[0] != "0"):
            return int(node.text)
    return None


def plain(node: Node | None) -> Any:
    """Plain data: dicts, lists, and scalars as the text written (None for nothing)."""
    if isinstance(node, Map):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return None if node is None or node.is_null else node.text


def parse(data: bytes, file: str) -> tuple[Map | None, str, list[Diagnostic]]:
    """One file: its top-level mapping (None if there is none to speak of), its text, and what is wrong with it. Never raises."""
    findings = Findings()
    if len(data) > MAX_BYTES:
        findings.add(
            "TR007", Place(file), f"文件有 {len(data) // 1024 // 1024} MB，超过上限 {MAX_BYTES // 1024 // 1024} MB",
            f"the file has {len(data) // 1024 // 1024} MB, more than the limit of {MAX_BYTES // 1024 // 1024} MB",
            ("拆成几个文件，数据放进 CSV 查找表", "split it, and keep data in CSV lookup tables"),
        )  # fmt: skip
        return None, "", findings
    text, faults = decode(data, file)
    findings.extend(faults)
    if text is None:
        return None, "", findings
    try:
        root = _Reader(text, file, findings).read()
    except _Stop:
        root = None
    except yaml.YAMLError as error:
        root = None
        findings.extend(syntax_findings(error, text, file))
    except (ValueError, UnicodeError, OverflowError) as error:  # e.g. a character outside Unicode in an escape
        root = None
        findings.add("TR001", Place(file), f"YAML 读不懂：{error}", f"not readable as YAML: {error}")
    return root, text, findings


class _Stop(Exception):
    """Reading can't go on; the finding is recorded."""


class _Reader:
    """One pass over the events of a file."""

    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self.file, self.findings, self.depth, self.in_flow = file, findings, 0, False
        self.plain_codes = frozenset("：，、“”‘’「」［］｛｝【】")

    def place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        return Place(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def add(self, code: str, place: Place, zh: str, en: str, hint: tuple[str, str] | None = None) -> None:
        self.findings.add(code, place, zh, en, hint)
        if len(self.findings) >= MAX_FINDINGS:
            raise _Stop

    def read(self) -> Map | None:
        """The first document; further ones are findings."""
        root: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self.add(
                        "TR008", self.place(event), "一个文件里只能有一个 YAML 文档", "one file holds one YAML document",
                        ("删去这一行 ---，或把后半部分放进另一个文件", "remove this ---, or move what follows into a file of its own"),
                    )  # fmt: skip
            elif isinstance(event, yaml.NodeEvent):
                node = self.node(event)
                root = node if documents == 1 else root
        if root is None or (isinstance(root, Text) and root.is_null):
            return None
        if not isinstance(root, Map):
            self.add(
                "TR009", root.place._replace(end_line=root.place.line, end_column=root.place.column + 1),
                "文件最外层应是“节名: 内容”，例如 rules:", "the file must be sections with their content, such as `rules:`",
                ("在最前面加上节名一行，例如 rules:，其余内容缩进", "put the section's name on a line of its own first, such as `rules:`"),
            )  # fmt: skip
            return None
        return root

    def node(self, event: Any) -> Node:
        if isinstance(event, yaml.AliasEvent):
            place = self.place(event)
            self.add(
                "TR006", place, f"不支持引用 *{event.anchor}", f"references (*{event.anchor}) aren't supported",
                ("照样再写一遍；若星号是文字的一部分，加上引号", "write it out again; quote it if the asterisk belongs to the text"),
            )  # fmt: skip
            return Text("", True, place)
        self.marks(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.add("TR007", self.place(event), f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} levels deep",
                     ("拆开写", "write it flatter"))  # fmt: skip
            raise _Stop
        node = self.mapping(event) if isinstance(event, yaml.MappingStartEvent) else self.sequence(event)
        self.depth -= 1
        return node

    def marks(self, event: Any) -> None:
        """Anchors and tags, which packs don't use."""
        if event.anchor is not None:
            place = self.place(event)
            place = place._replace(end_line=place.line, end_column=place.column + 1 + len(event.anchor))
            self.add("TR006", place, f"不支持锚点 &{event.anchor}", f"anchors (&{event.anchor}) aren't supported",
                     ("去掉锚点；若 & 是文字的一部分，加上引号", "remove the anchor; quote it if the & belongs to the text"))  # fmt: skip
        if event.tag is not None and event.tag != "!":
            self.add("TR006", self.place(event), f"不支持类型标记 {event.tag}", f"tags ({event.tag}) aren't supported",
                     ("去掉以 ! 开头的标记；若 ! 是文字的一部分，加上引号", "remove the tag; quote it if the ! belongs to the text"))  # fmt: skip

    def scalar(self, event: Any, key: bool = False, in_list: bool = False) -> Text:
        node = Text(event.value, event.style in (None, ""), self.place(event))
        if node.plain and not self.plain_codes.isdisjoint(node.text):
            for finding in fullwidth_in_scalar(node.text, node.place, key, in_list):
                self.findings.append(finding)
            if len(self.findings) >= MAX_FINDINGS:
                raise _Stop
        return node

    def sequence(self, event: Any) -> Items:
        items: list[Node] = []
        for inner in self.events:
            if isinstance(inner, yaml.SequenceEndEvent):
                return Items(tuple(items), self.span(event, inner))
            if isinstance(inner, yaml.ScalarEvent):
                self.marks(inner)
                items.append(self.scalar(inner, in_list=bool(event.flow_style)))
            else:
                items.append(self.node(inner))
        raise _Stop  # pragma: no cover - the parser always closes what it opened

    def span(self, event: Any, last: Any) -> Place:
        """From where a collection starts to where it ends; in block style its first character only, for its end is white space."""
        start, end = event.start_mark, last.end_mark
        if event.flow_style:
            return Place(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        return Place(self.file, start.line + 1, start.column + 1, start.line + 1, start.column + 2)

    def mapping(self, event: Any) -> Map:
        entries: list[Entry] = []
        seen: dict[str, Place] = {}
        for inner in self.events:
            if isinstance(inner, yaml.MappingEndEvent):
                place = self.span(event, inner)
                return Map(tuple(entries), entries[0].key.place if entries and not event.flow_style else place)
            if not isinstance(inner, yaml.ScalarEvent):
                place = self.place(inner)
                self.node(inner)
                self.node(next(self.events))
                self.add("TR009", place, "键必须是一个词，不能是列表、映射或引用", "a key must be a word, not a list, a mapping or a reference",
                         ("若要写占位符 {{...}}，加上引号", "quote it if it is a placeholder such as {{...}}"))  # fmt: skip
                continue
            self.marks(inner)
            key = self.scalar(inner, key=True)
            value_event = next(self.events)
            value = self.node(value_event)
            if key.plain and key.text == "<<":
                self.add("TR006", key.place, "不支持合并键 <<", "merge keys (<<) aren't supported", ("把要合并的键逐一写出", "write the merged keys out"))
            elif key.is_null:
                self.add("TR009", key.place, "这里缺键名", "a key is missing here", ("在冒号前写上键名", "write a key before the colon"))
            elif key.text in seen:
                first = seen[key.text]
                self.add("TR002", key.place, f"键“{key.text}”重复，第 {first.line} 行已有", f"duplicate key {key.text!r}, already on line {first.line}",
                         ("删去一个，或把两处合并", "remove one of them, or merge the two"))  # fmt: skip
            else:
                seen[key.text] = key.place
                entries.append(Entry(key, value))
        raise _Stop  # pragma: no cover - the parser always closes what it opened
