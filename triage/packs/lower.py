"""Rules, green channels and table rows as authors write them -> `Rule`, with the laws on replacing, removing and locking."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast

from triage.conditions.parse import parse_condition
from triage.conditions.suggest import did_you_mean
from triage.domain.condition import ALWAYS, All, Check, Condition, Test
from triage.domain.pack import Action, Layer, Rule, Status
from triage.packs.actions import ActionReader
from triage.packs.draft import Draft
from triage.packs.facts import read_period
from triage.packs.nodes import flag, known, message, text, word, words
from triage.packs.reading import Folder
from triage.source import Items, Map, Text

_ID = re.compile(r"^[^\s/#,\[\]{}]{1,100}$")
ROUTES = "routes"


@dataclass
class Written:
    """A rule as written: where it came from, beside what it was lowered to (None if it has errors)."""

    id: str
    key: Text
    pack: str
    locked: bool
    rule: Rule | None
    replace: Text | None
    replaces: list[Text]


def lower(draft: Draft) -> list[Rule]:
    """All rules that count, over all packs: drafts, retired, replaced and removed ones are left out."""
    reader = ActionReader(draft)
    standing: dict[str, Written] = {}
    ever: set[str] = set()
    routes_of: str | None = None
    for folder in draft.folders:
        _remove(draft, folder, standing)
        own = [*_written(draft, reader, folder, "rules"), *_written(draft, reader, folder, "green_channels")]
        rows = _written(draft, reader, folder, ROUTES)
        if len(folder.sections.get(ROUTES, [])) > 1:
            second = folder.sections[ROUTES][1][0]
            draft.findings.add("TR105", second.place, "routes 是一张表，只能写在一个文件里", "routes is one table and stands in one file", ("合并成一张表", "merge the tables"))
        if rows and routes_of is not None:
            # a table is replaced whole, never mixed
            standing = {k: w for k, w in standing.items() if w.rule is None or w.rule.table != ROUTES}
        if rows:
            routes_of = folder.id
        _admit(draft, [*own, *rows], standing)
        ever.update(standing)
    kept = list(standing.values())
    _check_replaces(draft, kept, ever)
    rules = [w.rule for w in kept if w.rule is not None and w.rule.status in ("active", "trial")]
    ids = {r.id for r in rules}
    return [replace(r, replaces=tuple(sorted({t for t in r.replaces if t in ids}))) for r in rules]


def _remove(draft: Draft, folder: Folder, standing: dict[str, Written]) -> None:
    """`remove:` rules of extended packs that don't count here."""
    for _, node in folder.sections.get("remove", []):
        for name in words(node) if isinstance(node, Items) else []:
            target = name.text.rpartition("/")[2]
            written = standing.get(target)
            if written is None or ("/" in name.text and name.text != f"{written.pack}/{target}"):
                draft.findings.add("TR118", name.place, f"上游包里没有规则“{name.text}”", f"no extended pack has a rule {name.text!r}", did_you_mean(target, standing))
            elif written.locked:
                _locked(draft, name, target, "删去", "removed")
            else:
                del standing[target]


def _locked(draft: Draft, name: Text, target: str, zh: str, en: str) -> None:
    draft.findings.add("TR123", name.place, f"规则“{target}”已锁定，不能{zh}", f"rule {target!r} is locked and can't be {en}",
                       ("锁定的规则（法定要求）下游不得放宽；保留它", "a locked rule can't be relaxed downstream; keep it"))  # fmt: skip


def _admit(draft: Draft, own: list[Written], standing: dict[str, Written]) -> None:
    """Take the rules of one pack in, under the law that an id is given once unless the new one says what it replaces."""
    inherited = dict(standing)
    seen: dict[str, Written] = {}
    for written in own:
        first = seen.get(written.id)
        if first is not None:
            draft.findings.add("TR105", written.key.place, f"编号“{written.id}”重复，已在 {first.key.place} 用过", f"id {written.id!r} is already used at {first.key.place}",
                               ("换一个编号", "choose another id"))  # fmt: skip
            continue
        seen[written.id] = written
        if written.replace is not None:
            pack, _, target = written.replace.text.rpartition("/")
            before = inherited.get(target)
            if before is None or (pack and pack != before.pack):
                draft.findings.add("TR118", written.replace.place, f"上游包里没有规则“{written.replace.text}”", f"no extended pack has a rule {written.replace.text!r}",
                                   did_you_mean(written.replace.text, [f"{w.pack}/{k}" for k, w in inherited.items()]))  # fmt: skip
                continue
            if not pack:
                draft.findings.add("TR104", written.replace.place, "replace 要写明哪个包的规则", "`replace` names the pack too", (f"写 replace: {before.pack}/{target}", f"write replace: {before.pack}/{target}"))
                continue
            if before.locked:
                _locked(draft, written.replace, target, "替换", "replaced")
                continue
            standing.pop(target, None)
        if written.id in standing and written.id in inherited:
            before = standing[written.id]
            draft.findings.add("TR105", written.key.place, f"编号“{written.id}”在“{before.pack}”里已有（{before.key.place}）", f"id {written.id!r} is already used in {before.pack!r} ({before.key.place})",
                               (f"换一个编号；若要替换它，加上 replace: {before.pack}/{written.id}", f"choose another id; to replace it add `replace: {before.pack}/{written.id}`"))  # fmt: skip
            continue
        standing[written.id] = written


def _check_replaces(draft: Draft, kept: list[Written], ever: set[str]) -> None:
    by_id = {w.id: w for w in kept}
    for written in kept:
        for name in written.replaces:
            if not known(name, ever, "TR118", "规则", "rule", draft.findings):
                continue
            if name.text in by_id and by_id[name.text].locked:
                _locked(draft, name, name.text, "替换", "replaced")
    if draft.replaced_facts:
        for written in kept:
            if written.locked and written.rule is not None and written.pack != draft.own.id:
                _unrelaxed(draft, written.rule)


def _unrelaxed(draft: Draft, rule: Rule) -> None:
    """A locked rule reads facts as its own pack declared them."""
    from triage.domain.condition import facts_read

    for path in sorted(facts_read(rule.when) & draft.replaced_facts):
        place = draft.places["facts", path][1]
        draft.findings.add("TR123", place, f"锁定的规则“{rule.id}”要读“{path}”，不能改它的定义", f"locked rule {rule.id!r} reads {path!r}, which can't be redeclared", ("换个名字声明", "declare it under another name"))


def _written(draft: Draft, reader: ActionReader, folder: Folder, section: str) -> list[Written]:
    out: list[Written] = []
    row = 0
    for node in folder.items(section):
        if not isinstance(node, Map):
            continue
        row += 1
        key = word(node.get("id"))
        if key is None:
            if section != ROUTES:
                continue
            key = Text(f"routes-{row}", True, node.place)
        elif not _ID.match(key.text):
            draft.findings.add("TR104", key.place, f"编号“{key.text}”里不能有空格和 / # , 括号", f"id {key.text!r} can't hold spaces, / # , or brackets", ("用短横线连接，如 media-exposure", "join words with hyphens, such as media-exposure"))
            continue
        out.append(_rule(draft, reader, folder, section, node, key, row))
    return out


def _rule(draft: Draft, reader: ActionReader, folder: Folder, section: str, node: Map, key: Text, row: int) -> Written:
    before = len(draft.findings)
    locked = flag(node.get("locked"), draft.findings)
    when = condition_of(draft, node, optional=section == ROUTES)
    actions = _actions(draft, reader, node, section, key)
    replaces = words(node.get("replaces"))
    for name in replaces:
        if name.text == key.text:
            draft.findings.add("TR127", name.place, "规则不能替换它自己", "a rule can't replace itself", ("删去它", "remove it"))
    status = text(node.get("status"), "active")
    layer = cast(Layer, section)
    because = node.get("because")
    rule: Rule | None = None
    clean = not any(f.level == "error" for f in draft.findings[before:])
    if when is not None and clean and status in ("draft", "trial", "active", "retired"):
        rule = Rule(
            id=key.text,
            title=message(node.get("title"), key.text),
            place=key.place,
            when=when,
            actions=actions,
            layer=layer,
            table=ROUTES if section == ROUTES else "",
            row=row if section == ROUTES else 0,
            replaces=tuple(name.text for name in replaces),
            status=cast(Status, status),
            locked=locked,
            override=flag(node.get("override"), draft.findings),
            pack=folder.id,
            because=message(because) if because is not None else None,
            owner=text(node.get("owner")) if section == "rules" else "",
            source=text(node.get("source")),
            review_by=text(node.get("review_by")),
        )
    return Written(key.text, key, folder.id, locked, rule, word(node.get("replace")), replaces)


def condition_of(draft: Draft, node: Map, optional: bool) -> Condition | None:
    """What `when:` and `valid:` of a rule say together; without `when` always, if that is `optional`. None: a finding was made."""
    written = node.get("when")
    when: Condition | None = ALWAYS
    if written is not None:
        when = parse_condition(written, draft.vocabulary_now, draft.findings)
    elif not optional:
        return None  # the shape has reported it
    valid = node.get("valid")
    if not isinstance(valid, Map):
        return when
    during = word(valid.get("during"))
    if during is not None:
        if valid.get("from") is not None or valid.get("to") is not None:
            draft.findings.add("TR102", valid.place, "valid 写 during 或 from/to 其中一种", "`valid` is either during or from/to")
            return None
        if not known(during, draft.periods, "TR116", "期间", "period", draft.findings):
            return None
        period = draft.periods[during.text]
    else:
        found = read_period(draft, "valid", valid)
        if found is None:
            return None
        period = found
    test = Test("now", (Check("during", period),))
    if when is None:
        return None
    return test if when == ALWAYS else All((*(when.parts if isinstance(when, All) else (when,)), test))


def _actions(draft: Draft, reader: ActionReader, node: Map, section: str, key: Text) -> tuple[Action, ...]:
    match section:
        case "rules":
            then = node.get("then")
            if not isinstance(then, Map):
                return ()
            if not any(not ((isinstance(v, Text) and v.is_null) or (isinstance(v, Map | Items) and not _size(v))) for _, v in then.items()):
                draft.findings.add("TR201", then.place, "then 是空的：规则什么也不做", "`then` is empty: the rule does nothing", ("写上至少一个动作，如 severity: high", "name at least one action, such as severity: high"))
            return reader.read(then)
        case "green_channels":
            return (Action("green_channel", key.text), *reader.read(node))
        case _:
            return reader.read(node, ("queue", "owner", "assist"))


def _size(node: Map | Items) -> int:
    return len(node.entries) if isinstance(node, Map) else len(node.items)

