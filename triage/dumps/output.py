"""The output columns, version 1, and rows of them as bytes: CSV that spreadsheets open safely, or typed JSONL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import orjson

from triage.dumps.record import Cell, Row, as_text
from triage.errors import UsageError
from triage.message import Message

OutputFormat: TypeAlias = Literal["csv", "jsonl", "parquet"]

_FORMATS: tuple[OutputFormat, ...] = ("csv", "jsonl", "parquet")

COLUMNS = (
    "row", "id", "category", "confidence", "abstained", "intent", "requests", "risks", "emotion", "severity", "green_channel", "queue",
    "actions", "reasons", "conflicts", "incomplete", "errors",
)  # fmt: skip
"""The output columns in order. Their meaning is versioned by `DECISION_FORMAT`."""

JSON_CELLS = {"requests": "[]", "risks": "[]", "actions": "{}", "reasons": "[]", "conflicts": "[]", "incomplete": "{}", "errors": "[]"}
"""Columns that hold JSON, and what an empty cell of them means."""

_NO_FORMULA = frozenset({*JSON_CELLS, "confidence", "abstained", "severity"})
"""Columns whose cells can't begin like a formula: numbers, fixed words, and JSON, which begins with a bracket."""

REJECT_COLUMNS = ("file", "row", "line", "code", "reason_zh", "reason_en", "raw")

BOM = b"\xef\xbb\xbf"

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


def output_format(path: Path, told: str | None = None) -> OutputFormat:
    """The format of an output, by its name unless told. Raises UsageError for others."""
    kind: str | None = told or {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet"}.get(path.suffix.lower())
    for known in _FORMATS:
        if kind == known:
            return known
    raise UsageError(
        Message(f"{path}：不知道写成什么格式", f"{path}: can't tell which format to write"),
        Message("输出文件请以 .csv、.jsonl 或 .parquet 结尾", "let the output's name end in .csv, .jsonl or .parquet"),
    )


def kept_names(columns: Iterable[str]) -> tuple[str, ...]:
    """Names of original columns in the output: one that is an output column too gets `in.` before it."""
    taken = set(COLUMNS)
    out = []
    for column in columns:
        name = column
        while name in taken:
            name = f"in.{name}"
        taken.add(name)
        out.append(name)
    return tuple(out)


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a leading ' where it begins like one. Plain numbers stay."""
    return "'" + cell if cell and _FORMULA.match(cell) and not _NUMBER.match(cell) else cell


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows of two cells or more as RFC 4180 CSV in UTF-8, without a byte order mark.

    Written out here, since most of a row is JSON, in which the csv module looks at each character on its own.
    """
    lines = [",".join([_field(cell if isinstance(cell, str) else str(cell)) for cell in row]) for row in rows]
    lines.append("")
    return "\r\n".join(lines).encode("utf-8", "replace")


def _field(cell: str) -> str:
    if cell.isalnum() or not cell:
        return cell
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    return f'"{cell}"' if "," in cell or "\n" in cell or "\r" in cell else cell


def csv_row(row: int, cells: Mapping[str, str], kept: Row, raw: bool) -> list[object]:
    """One output row of a CSV; own cells come clean but `id`, which is the host's."""
    if raw:
        return [row, *[cells[c] for c in COLUMNS[1:]], *[as_text(c) for c in kept]]
    return [row, *[cells[c] if c in _NO_FORMULA else safe(cells[c]) for c in COLUMNS[1:]], *[safe(as_text(c)) for c in kept]]


def json_row(row: int, cells: Mapping[str, str], names: Sequence[str], kept: Row) -> bytes:
    """One output row as a line of JSON: numbers, booleans, lists and objects as such, empty cells as null."""
    out: dict[str, object] = {"row": row, "id": _sound(cells["id"])}
    for column in COLUMNS[2:]:
        cell = cells[column]
        if column in JSON_CELLS:
            out[column] = orjson.Fragment(cell or JSON_CELLS[column])
        elif column == "confidence":
            out[column] = float(cell) if cell else None
        elif column == "abstained":
            out[column] = cell.lower() == "true"
        else:
            out[column] = cell or None
    for name, value in zip(names, kept, strict=True):
        out[name] = _sound_cell(value)
    return orjson.dumps(out, option=orjson.OPT_APPEND_NEWLINE)


def _sound(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _sound_cell(cell: Cell) -> object:
    return _sound(cell) if isinstance(cell, str) else [_sound(c) for c in cell]
