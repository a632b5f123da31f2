"""Names that a pack declares and nothing uses: receivers, templates, tables, periods, chains."""

from __future__ import annotations

import re

import orjson

from triage.diagnostics import Diagnostic, Place
from triage.domain.condition import Period, tests
from triage.domain.facts import FromFact, Lookup
from triage.domain.pack import Pack
from triage.source import Findings


def check(pack: Pack) -> list[Diagnostic]:
    """Unused names, one note for each kind. Packs made to be extended declare more than they use, so these are notes."""
    used: set[str] = set()
    periods: set[str] = set()
    for rule in pack.rules:
        for action in rule.actions:
            used.update(_names(action.value))
        for test in tests(rule.when):
            periods.update(c.operand.name for c in test.checks if isinstance(c.operand, Period))
    if pack.authority is not None:
        used.update(name for cap in pack.authority.caps for step in cap.steps for name in step.notify)
        for condition in pack.authority.conditions():
            periods.update(c.operand.name for test in tests(condition) for c in test.checks if isinstance(c.operand, Period))
    for value in pack.people.values():
        used.update(_names(value))
    for fact in pack.facts.values():
        used.update(_names(fact.lookup))
    for table in pack.tables.values():
        if table.name in used:
            used.update(table.rows.values())
    used.update(c.owner for c in pack.taxonomy.categories)
    carried = orjson.dumps(pack.sections, default=str).decode()
    findings = Findings()
    kinds = (
        ("人员", "receivers", [n for n in pack.people if n not in used and f'"{n}"' not in carried]),
        ("模板", "templates", [n for n in pack.templates if n not in used]),
        ("查找表", "lookup tables", [n for n in pack.tables if n not in used]),
        ("期间", "periods", [n for n in pack.periods if n not in periods]),
    )
    home, own = _own(pack)
    for zh, en, names in kinds:
        # what an extended pack declares for others to use isn't this author's to mend
        if some := sorted(name for name in names if name in own):
            more = "…" if len(some) > 10 else ""
            findings.add("TR307", home, f"声明了却没有用到的{zh}：{'、'.join(some[:10])}{more}", f"declared and not used, {en}: {', '.join(some[:10])}{more}", level="info")
    return findings


def _own(pack: Pack) -> tuple[Place, str]:
    """The pack's own pack.yaml, and the text of all its own files with their names; not those of the packs that it extends."""
    headers = [f for f, text in pack.sources.items() if f.endswith("pack.yaml") and re.search(rf"\bid: *['\"]?{re.escape(pack.id)}\b", text)]
    if not headers:
        return Place(pack.id), "\n".join((*pack.sources, *pack.sources.values()))
    folder = headers[-1].removesuffix("pack.yaml")
    return Place(headers[-1]), "\n".join(f"{f}\n{text}" for f, text in pack.sources.items() if f.startswith(folder))


def _names(value: object) -> set[str]:
    if isinstance(value, Lookup):
        return {value.table, *([value.otherwise] if value.otherwise else [])}
    if isinstance(value, FromFact):
        return {value.otherwise} if value.otherwise else set()
    return {value} if isinstance(value, str) else set()
