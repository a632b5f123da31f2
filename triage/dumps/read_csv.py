"""Delimited text, row by row: what can't be read is one reject, and reading goes on at the next line."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from triage.dumps.dialect import NO_DELIMITER, Dialect, delimiter_of, quote_of, sniff_dialect
from triage.dumps.lines import MARK, Bytes, Lines, OddLine
from triage.dumps.reading import ReadOptions, not_a_table, rename, text_sample
from triage.dumps.record import MAX_CELL, MAX_COLUMNS, MAX_LINE, Reject, Row, excerpt, sample_of
from triage.errors import DumpError
from triage.message import Message

MAX_ROW_LINES = 2_000
"""Lines that one row may span. A quote that never closes is noticed there, and reading resumes after its first line."""

_FEWEST_LINES = 200
"""The cap is halved down to this at each such quote, so that a file full of them is still read in linear time."""


class _Runaway(Exception):
    """A row grew past all bounds: its quote was never closed."""


class CsvDump:
    """A delimited text file, opened: encoding, dialect and columns are known, rows are read on demand."""

    format = "csv"

    def __init__(self, path: Path, options: ReadOptions, delimiter: str | None = None) -> None:
        self.path = path
        self.blank = 0
        self._source: Bytes | None = None
        self._header = options.header
        given = options.delimiter or delimiter
        separator = delimiter_of(given) if given else None
        quote = None if options.quote is None else quote_of(options.quote, separator)
        self._encoding, sample = text_sample(path, options)
        self._dialect = sniff_dialect(sample, separator, quote)
        csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_LINE))
        first = next(self._rows(width=None), None)
        if first is None or isinstance(first, Reject):
            why = first.message if isinstance(first, Reject) else Message("没有任何内容", "it has no content")
            raise not_a_table(path, why)
        if len(first) > MAX_COLUMNS:
            raise DumpError(
                Message(f"{path}：有 {len(first)} 列，最多 {MAX_COLUMNS} 列", f"{path}: has {len(first)} columns, at most {MAX_COLUMNS} are read"),
                Message("请确认文件和分隔符（--delimiter）", "check the file and its delimiter (--delimiter)"),
            )
        names = [str(c) for c in first] if options.header else [str(n + 1) for n in range(len(first))]
        self.columns = rename(names)
        self.details = {
            "encoding": self._encoding,
            "delimiter": "none" if self._dialect.delimiter == NO_DELIMITER else self._dialect.delimiter,
            "quote": self._dialect.quote or "none",
        }
        self.sample: tuple[Row, ...] = sample_of(self.records())

    @property
    def done(self) -> float:
        return self._source.done if self._source else 0.0

    def records(self) -> Iterator[Row | Reject]:
        rows = self._rows(width=len(self.columns))
        if self._header:
            next(rows, None)
        yield from rows

    def _rows(self, width: int | None) -> Iterator[Row | Reject]:
        """All rows, the header too. `width` None: the first row only, whatever its width."""
        self.blank = 0
        with Bytes(self.path) as source:
            self._source = source
            lines = iter(Lines(source, self._encoding, self._dialect.carriage_returns))
            for row in _Parser(lines, self._dialect, width, 1 if self._header else 0).rows():
                if type(row) is list and not any(row):
                    self.blank += 1
                else:
                    yield row


class _Parser:
    def __init__(self, lines: Iterator[str], dialect: Dialect, width: int | None, free: int) -> None:
        self._lines = lines
        self._dialect = dialect
        self._width = width
        self._free = free  # rows at the start (the header) that may be of any width
        self._again: deque[str] = deque()
        self._pending: list[str] = []
        self._cap = MAX_ROW_LINES
        self._line = 0
        self._size = 0
        self._odd = False

    def rows(self) -> Iterator[Row | Reject]:
        pending = self._pending
        width, free = self._width, self._free
        more = True
        while more:
            try:
                for cells in self._reader(self._feed(), strict=True):
                    if len(pending) > 1 or self._odd or (len(cells) != width and cells and not free):
                        yield self._unusual(cells)
                    elif len(pending[0]) > MAX_CELL and any(len(c) > MAX_CELL for c in cells):
                        yield self._reject("long-cell", _long_cell(), self._consume())
                    else:
                        self._line += 1
                        pending.clear()
                        yield cells  # type: ignore[misc]
                    free = 0
                    self._free = 0
                more = False
            except (csv.Error, _Runaway) as error:
                yield self._broken(error)
                free = self._free = 0

    def _reader(self, lines: Iterator[str], strict: bool) -> Iterator[list[str]]:
        d = self._dialect
        if d.quote:
            return csv.reader(lines, delimiter=d.delimiter, quotechar=d.quote, strict=strict)
        return csv.reader(lines, delimiter=d.delimiter, quoting=csv.QUOTE_NONE, strict=strict)

    def _feed(self) -> Iterator[str]:
        """Lines to the parser, remembered until their row is complete, so that they can be read again another way."""
        pending, again = self._pending, self._again
        while True:
            line = again.popleft() if again else next(self._lines, None)
            if line is None:
                return
            pending.append(line)
            if type(line) is not str:
                self._odd = True
                if isinstance(line, OddLine) and line.too_long:
                    raise _Runaway
            if len(pending) > 1:
                self._size = (self._size if len(pending) > 2 else len(pending[0])) + len(line)
                if len(pending) > self._cap or self._size > MAX_LINE:
                    raise _Runaway
            yield line

    def _consume(self, lines: int | None = None) -> list[str]:
        """Take the first lines (default: all) out of the row being read; the others will be read again."""
        taken = self._pending[:lines]
        self._again.extendleft(reversed(self._pending[len(taken) :]))
        self._pending.clear()
        self._odd = False
        self._line += len(taken)
        return taken

    def _reject(self, code: str, message: Message, lines: list[str]) -> Reject:
        return Reject(code, message, excerpt(lines[0] if lines else ""), self._line - len(lines) + 1)

    def _unusual(self, cells: list[str]) -> Row | Reject:
        """A row over several lines, of another width, or with an odd line."""
        width = self._width
        several = len(self._pending) > 1
        if not several and not any(cells):
            self._consume()
            return []
        if width is not None and not self._free and cells and len(cells) != width:
            if len(cells) > width and not any(cells[width:]):
                cells = cells[:width]
            elif several:
                return self._unclosed()
            else:
                return self._reject("ragged", _ragged(width, len(cells)), self._consume())
        if self._odd:
            spots = [s for line in self._pending if isinstance(line, OddLine) for s in line.spots]
            if spots:
                if self._free:  # a header with a bad byte is still a header
                    self._consume()
                    return [c.replace(MARK, "\N{REPLACEMENT CHARACTER}") for c in cells]
                return self._reject("undecodable", _undecodable(spots), self._consume())
        self._consume()
        if any(len(c) > MAX_CELL for c in cells):
            return self._reject("long-cell", _long_cell(), [])
        return cells  # type: ignore[return-value]

    def _unclosed(self) -> Reject:
        self._cap = max(_FEWEST_LINES, self._cap // 2)
        return self._reject("unclosed-quote", _UNCLOSED, self._consume(1))

    def _broken(self, error: Exception) -> Row | Reject:
        """A row that the strict parser refuses. One line may still be read leniently (a bare quote inside a cell)."""
        if not self._pending:
            return self._reject("unreadable", Message(f"无法读取：{error}", f"can't be read: {error}"), [])
        first = self._pending[0]
        if isinstance(first, OddLine) and first.too_long:
            return self._reject("long-row", _LONG_ROW, self._consume(1))
        if len(self._pending) > 1 or isinstance(error, _Runaway):
            return self._unclosed()
        text = first.rstrip("\r\n").replace("\r", " ")
        try:
            cells = list(self._reader(iter([text + "\n", "end\n"]), strict=False))
        except csv.Error:
            cells = []
        if len(cells) != 2 or cells[1] != ["end"]:
            return self._unclosed()
        if isinstance(first, OddLine) or (self._width is not None and not self._free and len(cells[0]) != self._width):
            self._pending[:] = [first]
            return self._unusual(cells[0])
        self._consume()
        return cells[0]  # type: ignore[return-value]


_UNCLOSED = Message(
    "引号没有闭合：这一行被拒收，从下一行继续读取。请补上引号，或用 --quote none",
    "a quote isn't closed: this line is rejected and reading goes on at the next; close it, or use --quote none",
)
_LONG_ROW = Message(f"这一行超过 {MAX_LINE} 个字符", f"the row has more than {MAX_LINE} characters")


def _long_cell() -> Message:
    return Message(f"有单元格超过 {MAX_CELL} 个字符", f"a cell has more than {MAX_CELL} characters")


def _ragged(expected: int, actual: int) -> Message:
    return Message(
        f"应有 {expected} 列，实际 {actual} 列。请检查分隔符和引号",
        f"expected {expected} columns, found {actual}; check delimiters and quotes",
    )


def _undecodable(spots: list[int]) -> Message:
    return Message(
        f"文件第 {spots[0]} 字节起无法解码（本行共 {len(spots)} 处）。若整个文件都这样，请用 --encoding 指定编码",
        f"bytes can't be decoded, first at byte {spots[0]} of the file ({len(spots)} in this row); if all rows are so, name the --encoding",
    )
