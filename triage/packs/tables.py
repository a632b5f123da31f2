"""Lookup tables: CSV files of a pack, key columns first, the value last."""

from __future__ import annotations

import csv
import io

from triage.diagnostics import Place
from triage.domain.facts import Lookup
from triage.domain.pack import Table
from triage.packs.draft import Draft
from triage.packs.nodes import known, word, words
from triage.source import Findings, Map

MAX_ROWS = 200_000


def read_tables(draft: Draft) -> None:
    """All tables of all packs; a pack's own stands in for an extended pack's of the same name."""
    for folder in draft.folders:
        for name, (file, text) in folder.tables.items():
            if name.startswith("tests/"):
                continue
            table = read_table(name, file, text, draft.findings)
            if table is not None:
                draft.tables[name] = table
                draft.table_files[name] = file


def read_table(name: str, file: str, text: str, findings: Findings) -> Table | None:
    """One table. Rows that don't fit are findings at their line."""
    rows: dict[tuple[str, ...], str] = {}
    lines: dict[tuple[str, ...], int] = {}
    header: list[str] | None = None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    bad = 0
    try:
        for cells in reader:
            line = reader.line_num
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if header is None:
                header = cells
                if len(header) < 2 or len(set(header)) < len(header) or not all(header):
                    findings.add("TR125", Place(file, line, 1, line, 2), "表头至少两列，列名不空不重：前面是键，最后一列是值", "the header needs two or more named, different columns: keys, then the value")
                    return None
                continue
            key = tuple(cells[:-1])
            if len(cells) != len(header):
                findings.add("TR125", Place(file, line, 1, line, 2), f"这一行有 {len(cells)} 列，表头有 {len(header)} 列", f"{len(cells)} cells here, {len(header)} in the header")
            elif not cells[-1]:
                findings.add("TR125", Place(file, line, 1, line, 2), "最后一列（值）是空的", "the last cell (the value) is empty")
            elif key in rows:
                findings.add("TR125", Place(file, line, 1, line, 2), f"键“{'、'.join(key)}”重复，第 {lines[key]} 行已有", f"key {', '.join(key)!r} is already on line {lines[key]}")
            else:
                rows[key], lines[key] = cells[-1], line
                continue
            bad += 1
            if bad > 50 or len(rows) > MAX_ROWS:
                break
    except csv.Error as error:
        line = max(reader.line_num, 1)
        findings.add("TR125", Place(file, line, 1, line, 2), f"CSV 读不懂：{error}", f"not readable as CSV: {error}", ("检查引号是否成对", "check that quotes are paired"))
        return None
    if header is None:
        findings.add("TR125", Place(file), "表是空的", "the table is empty", ("第一行写列名", "write the column names on the first line"))
        return None
    return Table(name, tuple(header[:-1]), rows)


def check_lookup(node: Map, lookup: Lookup, draft: Draft, findings: Findings) -> Table | None:
    """The table that a lookup names, its facts checked."""
    name = word(node.get("lookup"))
    if name is None or not known(name, draft.tables, "TR117", "查找表", "lookup table", findings):
        return None
    table = draft.tables[name.text]
    for path in words(node.get("by")):
        if known(path, draft.facts, "TR110", "事实", "fact", findings) and draft.facts[path.text].type.many:
            findings.add("TR203", path.place, f"“{path.text}”是列表，不能用来查表", f"{path.text!r} is a list and can't be looked up")
    if len(lookup.by) != len(table.keys):
        findings.add("TR125", name.place, f"表“{name.text}”有 {len(table.keys)} 个键列（{'、'.join(table.keys)}），by 给了 {len(lookup.by)} 个",
                     f"table {name.text!r} has {len(table.keys)} key columns ({', '.join(table.keys)}), `by` gives {len(lookup.by)}")  # fmt: skip
        return None
    return table
