"""What readers hand out: one list of cells for each row, or a reject that says why a row can't be read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeAlias

from triage.message import Message

MAX_CELL = 1_000_000
"""Characters that one cell may have; a row with a longer one is rejected."""

MAX_LINE = 4_000_000
"""Characters that one row may have; what is longer is skipped to the next line without being kept."""

MAX_COLUMNS = 10_000
"""Columns that a table may have."""

EXCERPT = 200
"""Characters of a bad row that are shown in the rejects."""

Cell: TypeAlias = "str | list[str]"
Row: TypeAlias = "list[Cell]"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that can't be read: a stable code, why, its beginning, and the line of the file (0 where lines mean nothing)."""

    code: str
    message: Message
    raw: str = ""
    line: int = 0


class Dump(Protocol):
    """An opened dump. `records()` starts from the first row each time it is called."""

    path: Path
    format: str
    columns: tuple[str, ...]
    sample: tuple[Row, ...]
    details: dict[str, str]
    blank: int
    """Rows without any content that the last pass skipped; they have no row number."""

    @property
    def done(self) -> float:
        """How much of the file the last pass has read, 0 to 1."""
        ...

    def records(self) -> Iterator[Row | Reject]: ...


def sample_of(records: Iterator[Row | Reject]) -> tuple[Row, ...]:
    """The first rows of a dump that can be read, by which its columns are told: 20 at most, of the first 50."""
    return tuple(islice((row for row in islice(records, 50) if not isinstance(row, Reject)), 20))


def excerpt(text: str) -> str:
    """The beginning of a bad row, printable, for the rejects."""
    short = text[:EXCERPT].rstrip("\r\n")
    shown = "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short)
    return shown + ("…" if len(text) > EXCERPT else "")


_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> tuple[str, tuple[Message, ...]]:
    """The text as it can be decided and written: half characters are replaced one for one, NUL characters dropped."""
    notes: list[Message] = []
    try:
        text.encode()  # several times as fast as looking for them
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
        notes.append(Message("文本里有半个字符（孤立代理项），已替换为 �", "the text had half a character (a lone surrogate), replaced by �"))
    if "\0" in text:
        text = text.replace("\0", "")
        notes.append(Message("文本里有空字符（NUL），已去掉", "the text had NUL characters, dropped"))
    return text, tuple(notes)


def cell_of(value: object) -> Cell:
    """A value of a typed format (JSON, Excel, Parquet) as a cell: text as a CSV of the same data would have it; lists stay lists."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        if math.isnan(value):  # not a number: spreadsheets and data frames write it for "nothing"
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds" if not value.microsecond else "microseconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | tuple):
        return [as_text(cell_of(v)) for v in value]
    return str(value)


def as_text(cell: Cell) -> str:
    """A cell as one text; the parts of a list are joined by `;`."""
    return cell if isinstance(cell, str) else ";".join(cell)
