"""Reading of dumps for commands other than `run`: one row as a complaint, or texts with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triage.cli.options import read_pairs
from triage.domain.complaint import Complaint
from triage.domain.pack import Pack
from triage.dumps.columns import ColumnOptions, ColumnPlan, plan_columns
from triage.dumps.open import open_dump
from triage.dumps.reading import ReadOptions
from triage.dumps.record import Reject, as_text, clean
from triage.dumps.work import complaint_of
from triage.errors import DumpError, UsageError
from triage.message import Message


def read_options(options: Mapping[str, Any]) -> ReadOptions:
    """How to read a dump, from the options of a command."""
    delimiter = {"\\t": "\t", "tab": "\t"}.get(options.get("delimiter") or "", options.get("delimiter"))
    return ReadOptions(
        options.get("input_format"),
        options.get("encoding"),
        delimiter,
        options.get("quote"),
        not options.get("no_header"),
        options.get("sheet"),
    )


def column_options(options: Mapping[str, Any]) -> ColumnOptions:
    """Which columns hold what, from the options of a command."""
    text = tuple(name.strip() for name in (options.get("text") or "").split(",") if name.strip())
    return ColumnOptions(
        text,
        options.get("id_column"),
        options.get("time_column"),
        tuple(read_pairs(options.get("mapping") or (), "--map").items()),
    )


def complaint_at(file: str, row: int, pack: Pack, options: Mapping[str, Any]) -> Complaint:
    """The complaint in row `row` (as in the output of `run`). Raises UsageError if there is no such row, DumpError if it can't be read."""
    path = Path(file)
    dump = open_dump(path, read_options(options))
    plan = plan_columns(path, dump.columns, dump.sample, pack.facts, column_options(options), not options.get("no_header"))
    number = 0
    for number, record in enumerate(dump.records(), 1):
        if number < row:
            continue
        if isinstance(record, Reject):
            raise DumpError(
                Message(f"{file} 第 {row} 行读不出：{record.message.zh}", f"{file}: row {row} can't be read: {record.message.en}")
            )
        return complaint_of(record, plan, pack.timezone)[0]
    raise UsageError(Message(f"{file} 只有 {number} 行，没有第 {row} 行", f"{file} has {number} rows; there is no row {row}"))


def text_of_row(record: Any, plan: ColumnPlan) -> str:
    """The text columns of a row as one text."""
    parts = [as_text(record[n]) for n in plan.text]
    return clean("\n".join(p for p in parts if p and not p.isspace()))[0]
