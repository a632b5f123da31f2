"""Small readers of nodes whose shape is already checked: they give nothing where the shape was wrong."""

from __future__ import annotations

from triage.conditions.suggest import did_you_mean
from triage.diagnostics import Place
from triage.domain.facts import FromFact, Lookup
from triage.message import Message
from triage.source import Findings, Items, Map, Node, Text, as_bool


def word(node: Node | None) -> Text | None:
    """The scalar, if it is one and isn't empty."""
    return node if isinstance(node, Text) and not node.is_null and node.text else None


def text(node: Node | None, otherwise: str = "") -> str:
    """The scalar's text."""
    found = word(node)
    return otherwise if found is None else found.text


def words(node: Node | None) -> list[Text]:
    """A scalar, or the scalars of a list."""
    items = node.items if isinstance(node, Items) else (node,)
    return [found for item in items if (found := word(item)) is not None]


def flag(node: Node | None, findings: Findings) -> bool:
    """A `true` or `false`; a quoted one is a finding."""
    if node is None:
        return False
    value = as_bool(node)
    if value is None and isinstance(node, Text) and not node.plain:
        findings.add("TR102", node.place, "true、false 不加引号", "true and false take no quotes", ("去掉引号", "remove the quotes"))
    return bool(value)


def message(node: Node | None, otherwise: str = "") -> Message:
    """A title: text, or {zh:, en:}; a language that isn't given reads as the other."""
    if isinstance(node, Map):
        zh, en = text(node.get("zh")), text(node.get("en"))
        if zh or en:
            return Message(zh or en, en or zh)
    return Message.same(text(node, otherwise))


def known(name: Text, names: object, code: str, zh: str, en: str, findings: Findings) -> bool:
    """Whether a name is among `names`; if not, a finding with the nearest one."""
    assert hasattr(names, "__contains__")
    assert hasattr(names, "__iter__")
    if name.text in names:
        return True
    findings.add(code, name.place, f"没有{zh}“{name.text}”", f"unknown {en} {name.text!r}", did_you_mean(name.text, names))
    return False


def target(node: Map, findings: Findings) -> Lookup | FromFact | None:
    """`{lookup:, by:, else:}` or `{from:, else:}`; names are checked by the caller."""
    lookup, source = word(node.get("lookup")), word(node.get("from"))
    otherwise = text(node.get("else")) or None
    if (lookup is None) == (source is None):
        findings.add("TR102", node.place, "这里要 lookup 或 from 其中之一", "this wants one of `lookup` and `from`",
                     ("写成 {lookup: 表.csv, by: 事实, else: 名字} 或 {from: 事实, else: 名字}", "write {lookup: table.csv, by: fact, else: name} or {from: fact, else: name}"))  # fmt: skip
        return None
    if source is not None:
        return FromFact(source.text, otherwise)
    by = tuple(t.text for t in words(node.get("by")))
    if not by:
        findings.add("TR103", node.place, "lookup 缺少 by：按哪个事实查", "`lookup` needs `by`: the facts to look up", ("加上 by: complaint.region", "add by: complaint.region"))
        return None
    assert lookup is not None
    return Lookup(lookup.text, by, otherwise)


def start_of(place: Place) -> Place:
    """The first character of a place."""
    return place._replace(end_line=place.line, end_column=place.column + 1)
