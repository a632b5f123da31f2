"""Declared facts, counts and periods."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from triage.conditions.operands import Operands
from triage.conditions.types import NUMERIC
from triage.domain.condition import Period
from triage.domain.facts import KINDS, Fact, FactType, Kind, Lookup, Scalar, Value
from triage.domain.values import read_value
from triage.packs.builtin_facts import NARROWED, RESERVED, builtin_facts
from triage.packs.draft import Draft
from triage.packs.nodes import flag, known, message, text, word, words
from triage.packs.reading import Folder
from triage.packs.strata import lookup_cycle
from triage.packs.tables import check_lookup
from triage.source import Items, Map, Node, Text

_PATH = re.compile(r"^[^\W\d][\w-]*(\.[\w-]+)+$")
_YEARLY = re.compile(r"^(\d{1,2})-(\d{1,2})\s*(?:to|至|到|~)\s*(\d{1,2})-(\d{1,2})$")
_DAILY = re.compile(r"^(\d{1,2}):(\d{2})\s*[-~]\s*(\d{1,2}):(\d{2})$")


def declare_facts(draft: Draft) -> None:
    """Built-in facts, then `facts:` and `counts:` of all packs; lookups are checked at the end, when all facts are known."""
    domains = {group: tuple(values) for group, values in draft.tags.items()}
    domains |= {"queues": tuple(draft.queues), "channels": tuple(draft.channels)}
    draft.facts.update(builtin_facts(domains))
    late: list[tuple[Map, Lookup]] = []
    for folder, key, value in draft.declared("facts"):
        fact = _fact(draft, key, value)
        if fact is None:
            continue
        before = draft.facts.get(key.text)
        narrowing = key.text in NARROWED and ("facts", key.text) not in draft.places
        if fact.lookup is not None and isinstance(value, Map):
            late.append((value, fact.lookup))
        if before is not None and not narrowing and isinstance(value, Map) and value.get("replace") is not None:
            draft.replaced_facts.add(key.text)
        if draft.redeclared("facts", folder, key, value, before is None or narrowing or _meaning(before) == _meaning(fact)):
            draft.facts[key.text] = fact
    for folder, key, value in draft.declared("counts"):
        _count(draft, folder, key, value)
    for node, lookup in late:
        check_lookup(node, lookup, draft, draft.findings)
    for path in lookup_cycle(draft.facts):
        place = draft.places[("facts", path)][1]
        draft.findings.add("TR126", place, f"“{path}”查表绕回了自己", f"{path!r} is looked up by itself in the end", ("改用别的事实查表", "look it up by other facts"))


def _meaning(fact: Fact) -> object:
    return (fact.type, fact.default, fact.merge, fact.lookup)


def _fact(draft: Draft, key: Text, value: Node) -> Fact | None:
    findings = draft.findings
    path = key.text
    first = path.split(".")[0]
    if not _PATH.match(path):
        findings.add("TR104", key.place, f"“{path}”不能作事实的名字", f"{path!r} isn't a fact's name", ("写成 组.名，如 customer.tier", "write group.name, such as customer.tier"))
        return None
    if (first in RESERVED or (path in draft.facts and ("facts", path) not in draft.places)) and path not in NARROWED:
        findings.add("TR124", key.place, f"“{path}”是内置的，不必声明", f"{path!r} is built in and isn't declared", ("删去这一行；自己的事实放在别的组下", "remove this line; put facts of your own under another group"))
        return None
    node = value if isinstance(value, Map) else None
    kind_text = word(node.get("type")) if node else word(value)
    lookup = _lookup(draft, node) if node and node.get("lookup") is not None else None
    if kind_text is None:
        if lookup is None:
            findings.add("TR103", key.place, f"“{path}”缺少类型", f"{path!r} has no type", ("加上 type: text 等", "add a type, such as type: text"))
            return None
        kind: Kind = "text"
    else:
        if kind_text.text not in KINDS:
            if node is None:
                known(kind_text, KINDS, "TR104", "类型", "type", findings)
            return None
        kind = next(k for k in KINDS if k == kind_text.text)
    many = flag(node.get("many"), findings) if node else False
    ordered = flag(node.get("ordered"), findings) if node else False
    values = words(node.get("values")) if node else []
    domain = tuple(dict.fromkeys(v.text for v in values))
    if kind == "choice" and not domain:
        findings.add("TR103", key.place, f"选项“{path}”缺少 values", f"choice {path!r} needs `values`", ("写成 {type: choice, values: [甲, 乙]}", "write {type: choice, values: [a, b]}"))
        return None
    if kind != "choice" and (domain or ordered):
        findings.add("TR102", key.place, f"“{path}”不是 choice，不能有 values 或 ordered", f"{path!r} isn't a choice, so no `values` or `ordered`", ("改成 type: choice", "make it type: choice"))
        return None
    if path in NARROWED and kind not in ("text", "choice"):
        findings.add("TR124", key.place, f"“{path}”只能声明为 text 或 choice", f"{path!r} is a text or a choice")
        return None
    type_ = FactType(kind, many, domain, ordered)
    derived = first == "derived"
    merge = text(node.get("merge")) if node else ""
    if (fault := _merge_fault(merge, type_, derived)) is not None:
        findings.add("TR102", key.place, f"“{path}”{fault[0]}", f"{path!r} {fault[1]}")
        return None
    default = _default(draft, node, type_) if node else None
    names = tuple(t.text for t in words(node.get("names"))) if node else ()
    title = message(node.get("title")).zh if node else ""
    origin = "lookup" if lookup else "derived" if derived else "case" if first == "case" else "host"
    return Fact(path, type_, origin, default, title, names, merge if merge in ("max", "min", "union", "unique") else "", lookup)  # type: ignore[arg-type]


def _merge_fault(merge: str, type_: FactType, derived: bool) -> tuple[str, str] | None:
    if merge and not derived:
        return "不在 derived 下，不能有 merge", "isn't under `derived.`, so no `merge`"
    if not derived:
        return None
    if not merge:
        return "由规则给值，须写 merge: max、min、union 或 unique", "is set by rules and needs merge: max, min, union or unique"
    if merge == "union" and not type_.many:
        return "merge: union 要求 many: true", "needs many: true for merge: union"
    if merge in ("max", "min", "unique") and type_.many:
        return f"是列表，merge 只能是 union，不能是 {merge}", f"is a list, which merges by union, not {merge}"
    if merge in ("max", "min") and not (type_.kind in NUMERIC or type_.kind in ("instant", "date") or type_.ordered):
        return f"的类型没有大小，不能 merge: {merge}", f"has no order, so no merge: {merge}"
    return None


def _default(draft: Draft, node: Map, type_: FactType) -> Value | None:
    value = node.get("default")
    if value is None:
        return None
    operands = Operands(draft.vocabulary(), draft.findings)
    element = FactType(type_.kind, False, type_.domain, type_.ordered)
    if not type_.many:
        return operands.scalar(value, element)
    items = value.items if isinstance(value, Items) else (value,)
    read = [operands.scalar(item, element) for item in items]
    found: list[Scalar] = [v for v in read if v is not None]
    return tuple(found) if len(found) == len(read) else None


def _lookup(draft: Draft, node: Map) -> Lookup | None:
    name = word(node.get("lookup"))
    by = tuple(t.text for t in words(node.get("by")))
    if name is None:
        return None
    if not by:
        draft.findings.add("TR103", name.place, "lookup 缺少 by：按哪个事实查", "`lookup` needs `by`: the facts to look up", ("加上 by: complaint.region", "add by: complaint.region"))
        return None
    return Lookup(name.text, by, text(node.get("else")) or None)


def _count(draft: Draft, folder: Folder, key: Text, value: Node) -> None:
    if not isinstance(value, Map):
        return
    findings = draft.findings
    path = f"counts.{key.text}"
    if not _PATH.match(path):
        findings.add("TR104", key.place, f"“{key.text}”不能作名字", f"{key.text!r} isn't a name", ("只用字母、数字、汉字、下划线", "use letters, digits and underscores"))
        return
    for same in words(value.get("same")):
        known(same, draft.facts, "TR110", "事实", "fact", findings)
    within = value.get("within")
    if within is not None:
        Operands(draft.vocabulary(), findings).elapsed(within)
    names = tuple(t.text for t in words(value.get("names")))
    meaning = [text(value.get("of")), sorted(t.text for t in words(value.get("same"))), text(within)]
    before = draft.count_meanings.get(key.text)
    draft.redeclared("counts", folder, key, value, before is None or before == meaning)
    draft.count_meanings[key.text] = meaning
    draft.facts[path] = Fact(path, FactType("integer"), "counts", title=message(value.get("title")).zh, names=names)


def declare_periods(draft: Draft) -> None:
    """`periods:` named stretches of time."""
    for folder, key, value in draft.declared("periods"):
        if not isinstance(value, Map):
            continue
        period = read_period(draft, key.text, value)
        if period is not None:
            before = draft.periods.get(key.text)
            if draft.redeclared("periods", folder, key, value, before is None or before == period):
                draft.periods[key.text] = period


def read_period(draft: Draft, name: str, node: Map) -> Period | None:
    """One period: from/to, every_year, or daily."""
    yearly, daily = word(node.get("every_year")), word(node.get("daily"))
    ends = node.get("from") is not None or node.get("to") is not None
    if (yearly is not None) + (daily is not None) + ends != 1:
        draft.findings.add("TR102", node.place, "期间要写 from/to、every_year、daily 其中一种", "a period is one of from/to, every_year, daily")
        return None
    if yearly is not None:
        found = _YEARLY.match(yearly.text)
        try:
            if found:
                a, b, c, d = (int(g) for g in found.groups())
                date(2000, a, b), date(2000, c, d)
                return Period(name, every_year=((a, b), (c, d)))
        except ValueError:
            pass
        draft.findings.add("TR203", yearly.place, f"“{yearly.text}”不是每年的一段日子", f"{yearly.text!r} isn't a part of the year", ("写成 11-15 to 03-15", "write 11-15 to 03-15"))
        return None
    if daily is not None:
        found = _DAILY.match(daily.text)
        try:
            if found:
                a, b, c, d = (int(g) for g in found.groups())
                start, end = time(a, b), time(0) if (c, d) == (24, 0) else time(c, d)
                if start != end:
                    return Period(name, daily=(start, end))
        except ValueError:
            pass
        draft.findings.add("TR203", daily.place, f"“{daily.text}”不是每天的一段时间", f"{daily.text!r} isn't a part of the day", ('写成 "18:00-08:30"', 'write "18:00-08:30"'))
        return None
    start_node, end_node = node.get("from"), node.get("to")
    first, last = _end(draft, start_node), _end(draft, end_node)
    if (start_node is not None and first is None) or (end_node is not None and last is None):
        return None
    if first is not None and last is not None and _backwards(first, last):
        place = end_node.place if end_node is not None else node.place
        draft.findings.add("TR203", place, "期间的结束早于开始", "the period ends before it starts", ("对调 from 和 to", "swap from and to"))
        return None
    return Period(name, start=first, end=last)


def _backwards(a: datetime | date, b: datetime | date) -> bool:
    if isinstance(a, datetime) and isinstance(b, datetime):
        return b <= a
    if isinstance(a, datetime) or isinstance(b, datetime):
        day_a, day_b = (x.date() if isinstance(x, datetime) else x for x in (a, b))
        return day_b < day_a
    return b < a


def _end(draft: Draft, node: Node | None) -> datetime | date | None:
    if node is None:
        return None
    found = word(node)
    if found is not None:
        kind = FactType("instant" if ":" in found.text else "date")  # read as a day, an instant would lose its time
        try:
            value = read_value(found.text, kind, timezone=draft.timezone)
        except ValueError:
            value = None
        if isinstance(value, datetime | date):
            return value
    draft.findings.add("TR203", node.place, "这里应是日期或时刻", "expected a date or an instant", ("写成 2026-11-01 或 2026-03-02T06:00:00+08:00", "write 2026-11-01 or 2026-03-02T06:00:00+08:00"))
    return None
