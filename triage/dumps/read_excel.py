"""Excel workbooks (.xlsx .xlsm .xlsb .xls .ods): one sheet, values as shown by its cells, formulas by their last result."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triage.dumps.excel_extent import refuse_strewn
from triage.dumps.reading import ReadOptions, not_a_table, rename
from triage.dumps.record import MAX_CELL, MAX_COLUMNS, Reject, Row, cell_of, sample_of
from triage.errors import DumpError, UsageError
from triage.message import Message

UNPACKED_LIMIT = 1 << 30
UNPACKED_RATIO = 300
"""A workbook is a zip: it may unpack to UNPACKED_LIMIT bytes, and where it is more than 50 MB, to UNPACKED_RATIO times its size."""

_MEMBERS = 10_000
_RATIO_FROM = 50 << 20


class ExcelDump:
    """One sheet of a workbook, opened. The first row with content is the header. Of merged cells, the first holds the value."""

    format = "excel"

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path = path
        self.blank = 0
        self._header = options.header
        self._at = 0
        _refuse_bomb(path)
        self._sheet, self._rows = self._open(options.sheet)
        self.details = {"sheet": self._name}
        first = next(self._filled(), None)
        if first is None:
            error = not_a_table(path, Message(f"工作表“{self._name}”是空的", f"the sheet {self._name!r} is empty"))
            if len(self._names) > 1:
                others = [name for name in self._names if name != self._name][:20]
                error.hint = Message(f"用 --sheet 指明工作表，还有：{'、'.join(others)}", f"name the sheet with --sheet; there are also: {', '.join(others)}")
            raise error
        cells = first[1]
        if len(cells) > MAX_COLUMNS:
            raise not_a_table(path, Message(f"有 {len(cells)} 列，最多 {MAX_COLUMNS} 列", f"it has {len(cells)} columns, at most {MAX_COLUMNS}"))
        names = [str(c) for c in cells] if self._header else [str(n + 1) for n in range(len(cells))]
        if self._header:
            while len(names) > 1 and not names[-1]:
                names.pop()
        self.columns = rename(names)
        self.sample: tuple[Row, ...] = sample_of(self.records())

    @property
    def done(self) -> float:
        return min(self._at / max(self._rows, 1), 1.0)

    def _open(self, wanted: str | None) -> tuple[Any, int]:
        from python_calamine import CalamineError, CalamineWorkbook

        try:
            book = CalamineWorkbook.from_path(self.path)
            self._names = names = book.sheet_names
            self._name = self._choose(names, wanted)
            refuse_strewn(self.path, names.index(self._name))
            sheet = book.get_sheet_by_name(self._name)
        except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
            raise self._cannot_open(error) from None
        except BaseException as error:
            # the reader is native code; on some damaged files it panics, which isn't an Exception
            if type(error).__name__ != "PanicException":
                raise
            raise self._cannot_open(error) from None
        width = sheet.end[1] + 1 if sheet.end else 0
        if sheet.end and width > MAX_COLUMNS:
            raise not_a_table(self.path, Message(f"有 {width} 列，最多 {MAX_COLUMNS} 列", f"it has {width} columns, at most {MAX_COLUMNS}"))
        return sheet, sheet.total_height

    def _cannot_open(self, error: BaseException) -> DumpError:
        why = str(error) or type(error).__name__
        return not_a_table(self.path, Message(f"工作簿打不开：{why}", f"the workbook can't be opened: {why}"))

    def _choose(self, names: list[str], wanted: str | None) -> str:
        if not names:
            raise not_a_table(self.path, Message("工作簿里没有工作表", "the workbook has no sheet"))
        if wanted is None:
            return names[0]
        if wanted in names:
            return wanted
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            return names[int(wanted) - 1]
        raise UsageError(
            Message(f"{self.path}：没有工作表“{wanted}”", f"{self.path}: there is no sheet {wanted!r}"),
            Message(f"有：{'、'.join(names)}", f"there are: {', '.join(names)}"),
        )

    def _filled(self) -> Iterator[tuple[int, Row]]:
        """Rows with content, and their line (row of the sheet, from 1)."""
        start = self._sheet.start[0] if self._sheet.start else 0
        self.blank = 0
        for number, values in enumerate(self._sheet.iter_rows(), start + 1):
            self._at = number
            row = [cell_of(v) for v in values]
            if any(row):
                yield number, row
            elif number > start:
                self.blank += 1

    def records(self) -> Iterator[Row | Reject]:
        width = len(self.columns)
        rows = self._filled()
        if self._header:
            next(rows, None)
        for number, row in rows:
            extra = row[width:]
            if any(extra):
                yield Reject("ragged", _beyond(width, len(row)), "", number)
            elif any(len(cell) > MAX_CELL for cell in row):
                message = Message(f"有单元格超过 {MAX_CELL} 个字符", f"a cell has more than {MAX_CELL} characters")
                yield Reject("long-cell", message, "", number)
            else:
                yield row[:width] + [""] * (width - len(row))


def _beyond(width: int, actual: int) -> Message:
    return Message(f"表头有 {width} 列，这一行有 {actual} 列", f"the header has {width} columns, this row has {actual}")


def _refuse_bomb(path: Path) -> None:
    """Refuse a zip that unpacks to far more than it is, before anything is unpacked."""
    if not zipfile.is_zipfile(path):
        return  # .xls isn't a zip
    try:
        with zipfile.ZipFile(path) as book:
            members = book.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise not_a_table(path, Message(f"工作簿已损坏：{error}", f"the workbook is damaged: {error}")) from None
    total = sum(m.file_size for m in members)
    size = path.stat().st_size
    if total > UNPACKED_LIMIT or len(members) > _MEMBERS or (total > _RATIO_FROM and total > UNPACKED_RATIO * size):
        raise DumpError(
            Message(
                f"{path}：工作簿解压后有 {total >> 20} MB（文件只有 {size >> 10} KB），像是压缩炸弹，拒绝打开",
                f"{path}: the workbook unpacks to {total >> 20} MB from a file of {size >> 10} KB: refused as a bomb",
            ),
            Message("如果文件可信，请另存为 CSV", "if you trust the file, save it as CSV"),
        )
