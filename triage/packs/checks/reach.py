"""Conditions that can never hold, rows that are never reached, and a table without a last row for everything else."""

from __future__ import annotations

from triage.diagnostics import Diagnostic
from triage.domain.pack import Pack, Rule
from triage.packs.checks.satisfy import Conjunction, Solver, conjunctions, implies, is_always
from triage.source import Findings

MAX_COMPARED = 200_000


def check(pack: Pack) -> list[Diagnostic]:
    """Dead conditions and dead rows."""
    findings = Findings()
    solver = Solver(pack.facts, [c.path for c in pack.taxonomy.categories])
    alternatives: dict[str, list[Conjunction] | None] = {}
    for rule in pack.rules:
        found = alternatives[rule.id] = conjunctions(rule.when)
        if found is not None and all(solver.example(c) is None for c in found):
            findings.add("TR304", rule.place, f"“{rule.id}”的条件自相矛盾，永远不会成立", f"the condition of {rule.id!r} contradicts itself and never holds",
                         ("检查数值范围、互斥的选项和分类", "check ranges, values and categories that exclude each other"))  # fmt: skip
    tables: dict[str, list[Rule]] = {}
    for rule in pack.rules:
        if rule.table and rule.status == "active":
            tables.setdefault(rule.table, []).append(rule)
    for rows in tables.values():
        rows.sort(key=lambda r: r.row)
        _rows(rows, alternatives, findings)
    return findings


def _rows(rows: list[Rule], alternatives: dict[str, list[Conjunction] | None], findings: Findings) -> None:
    open_row: Rule | None = None
    compared = 0
    for i, row in enumerate(rows):
        if open_row is not None:
            findings.add("TR302", row.place, f"这一行到不了：上面“{open_row.id}”（{open_row.place}）没有 when，总是成立", f"never reached: {open_row.id!r} above ({open_row.place}) has no `when` and always holds",
                         ("把没有 when 的一行移到最后", "move the row without `when` to the end"))  # fmt: skip
            continue
        if is_always(row.when):
            open_row = row
            continue
        mine = alternatives[row.id]
        for earlier in rows[:i] if mine is not None else ():
            theirs = alternatives[earlier.id]
            compared += 1
            if compared > MAX_COMPARED:
                return
            if theirs is not None and mine and all(any(implies(c, d) for d in theirs) for c in mine):
                findings.add("TR302", row.place, f"这一行到不了：上面“{earlier.id}”（{earlier.place}）已包含它", f"never reached: {earlier.id!r} above ({earlier.place}) holds whenever this does",
                             ("把更具体的一行移到上面", "move the more specific row up"))  # fmt: skip
                break
    if rows and open_row is None:
        findings.add("TR303", rows[-1].place, "表的最后没有“其余”一行，都不成立时落到默认队列", "the table has no last row without `when`: what fits no row goes to the default queue",
                     ("最后加一行只写 queue 的", "add a last row with a `queue` alone"), level="warning")  # fmt: skip
