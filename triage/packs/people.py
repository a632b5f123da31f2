"""Queues, receivers and escalation chains: the names that rules may send work and news to."""

from __future__ import annotations

from collections.abc import Collection

from triage.conditions.suggest import did_you_mean
from triage.diagnostics import Place
from triage.domain.facts import FromFact, Lookup
from triage.packs.draft import Draft
from triage.packs.nodes import known, message, target, word
from triage.packs.tables import check_lookup
from triage.source import Map


def declare_queues(draft: Draft) -> None:
    """`queues:` id -> title."""
    for folder, key, value in draft.declared("queues"):
        draft.redeclared("queues", folder, key, value, same=True)
        title = value.get("title") if isinstance(value, Map) and value.get("title") is not None else value
        draft.queues[key.text] = message(title, key.text)


def declare_chains(draft: Draft) -> None:
    """`escalations:` names of chains; a pack's own chain replaces an extended one whole."""
    for folder, key, value in draft.declared("escalations"):
        draft.redeclared("escalations", folder, key, value, same=True)
        draft.chains[key.text] = message(value.get("title") if isinstance(value, Map) else None, key.text)


def declare_people(draft: Draft) -> None:
    """`people:` plain receivers, looked-up ones, and those that a fact names. Facts and tables must be known already."""
    late: list[tuple[Map, Lookup | FromFact]] = []
    for folder, key, value in draft.declared("people"):
        person: object = None
        if isinstance(value, Map) and (value.get("lookup") is not None or value.get("from") is not None):
            found = target(value, draft.findings)
            if found is not None:
                late.append((value, found))
            person = found
        draft.redeclared("people", folder, key, value, same=key.text not in draft.people or draft.people[key.text] == person)
        draft.people[key.text] = person
    for node, person in late:
        check_target(node, person, draft, draft.people, ("人员", "person", "TR112"))


def check_target(node: Map, value: Lookup | FromFact, draft: Draft, names: Collection[str], kind: tuple[str, str, str]) -> None:
    """A value taken from a table or a fact: its fact, its `else`, and what the table holds must be names that are declared."""
    findings = draft.findings
    zh, en, code = kind
    otherwise = word(node.get("else"))
    if otherwise is not None:
        known(otherwise, names, code, zh, en, findings)
    if isinstance(value, FromFact):
        source = word(node.get("from"))
        if source is not None and known(source, draft.facts, "TR110", "事实", "fact", findings):
            fact = draft.facts[value.path]
            if fact.type.kind not in ("text", "choice", "person", "category") or (fact.type.many and kind[2] == "TR113"):
                findings.add("TR203", source.place, f"“{value.path}”不是一个名字", f"{value.path!r} isn't a name")
        return
    table = check_lookup(node, value, draft, findings)
    if table is None:
        return
    unknown = sorted({v for v in table.rows.values() if v not in names})
    for name in unknown[:20]:
        file = draft.table_files[value.table]
        line = _line_of(draft, file, name)
        findings.add(code, Place(file, line, 1, line, 2) if line else Place(file), f"表里的“{name}”不是已声明的{zh}", f"{name!r} in the table isn't a declared {en}",
                     did_you_mean(name, names))  # fmt: skip


def _line_of(draft: Draft, file: str, value: str) -> int:
    """The first line of a table that ends with a value."""
    for folder in draft.folders:
        if file in folder.sources:
            for number, line in enumerate(folder.sources[file].splitlines(), 1):
                if number > 1 and line.rstrip().strip('"').endswith(value):
                    return number
    return 0
