"""Refuses a sheet whose few cells lie so far apart that the table around them wouldn't fit into memory."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from triage.dumps.reading import not_a_table
from triage.message import Message

MOST_CELLS = 20_000_000
"""The reader keeps a full table, 32 bytes a place: one of more places than this must have something in 1 of SPARSE of them."""

SPARSE = 20

_CELL = re.compile(rb'<(?:\w{1,9}:)?c r="([A-Z]{1,3})(\d{1,7})"[^>]{0,99}[^/>]>|<(?:\w{1,9}:)?c r="([A-Z]{1,3})(\d{1,7})">')
_SHEET = re.compile(rb'<(?:\w{1,9}:)?sheet [^>]{0,999}?\w{1,99}:id="([^"]{1,99})"')
_RELATION = re.compile(rb"<(?:\w{1,9}:)?Relationship [^>]{0,2000}>")
_CHUNK = 1 << 20
_OVERLAP = 128


def refuse_strewn(path: Path, sheet: int) -> None:
    """Raises DumpError if sheet number `sheet` (from 0) of a workbook in the zip format with XML is such a one."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as book:
            member = _member(book, sheet)
            found = _extent(book, member) if member else None
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, KeyError, RuntimeError, EOFError, zlib.error):
        return  # the reader will say what is wrong
    if found is None:
        return
    rows, columns, cells = found
    if rows * columns > MOST_CELLS and rows * columns > SPARSE * cells:
        error = not_a_table(
            path,
            Message(
                f"工作表有 {cells} 个有内容的单元格，却散在 {rows} 行 × {columns} 列里",
                f"the sheet has {cells} cells with content, strewn over {rows} rows x {columns} columns",
            ),
        )
        error.hint = Message("删去远离表格的单元格，或另存为 CSV", "delete the cells far from the table, or save it as CSV")
        raise error


def _member(book: zipfile.ZipFile, sheet: int) -> str | None:
    """The name within the zip of the sheet's XML."""
    ids = _SHEET.findall(book.read("xl/workbook.xml"))
    for relation in _RELATION.findall(book.read("xl/_rels/workbook.xml.rels")):
        ident, target = re.search(rb'\bId="([^"]*)"', relation), re.search(rb'\bTarget="([^"]*)"', relation)
        if ident and target and ident[1] == ids[sheet : sheet + 1][0]:
            name = target[1].decode()
            return name[1:] if name.startswith("/") else f"xl/{name}"
    return None


def _extent(book: zipfile.ZipFile, member: str) -> tuple[int, int, int]:
    """Rows and columns from the first to the last cell with content, and how many such cells there are."""
    cells = 0
    columns: set[bytes] = set()
    first, last = 1 << 30, 0
    with book.open(member) as file:
        for piece in _pieces(file):
            found = _CELL.findall(piece)
            cells += len(found)
            if found:
                columns.update([a or c for a, _, c, _ in found])
                numbers = [int(b or d) for _, b, _, d in found]
                first, last = min(first, *numbers), max(last, *numbers)
    if not cells:
        return 0, 0, 0
    places = [_column(name) for name in columns]
    return last - first + 1, max(places) - min(places) + 1, cells


def _pieces(file: object) -> Iterator[bytes]:
    """The XML in pieces that end where a cell's tag ends."""
    kept = b""
    while data := file.read(_CHUNK):  # type: ignore[attr-defined]
        data = kept + data
        cut = data.rfind(b">") + 1
        kept = data[cut:][-_OVERLAP:]
        yield data[:cut]
    yield kept


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
