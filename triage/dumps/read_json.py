"""JSON Lines (one object a line) and small JSON arrays; nested objects become dotted columns."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import orjson

from triage.dumps.lines import MARK, Bytes, Lines, OddLine
from triage.dumps.reading import ReadOptions, not_a_table, text_sample
from triage.dumps.record import MAX_CELL, MAX_COLUMNS, MAX_LINE, Reject, Row, cell_of, excerpt, sample_of
from triage.errors import DumpError
from triage.message import Message

ARRAY_LIMIT = 64 << 20
"""Bytes that a JSON array may have; it must be in memory as a whole."""

_HEAD = 1_000
"""Objects whose keys make the columns."""

_DEPTH = 20


class JsonDump:
    """A JSONL file or a JSON array, opened. Keys that first appear after the first thousand objects aren't columns."""

    def __init__(self, path: Path, options: ReadOptions, array: bool | None = None) -> None:
        self.path = path
        self.blank = 0
        self._source: Bytes | None = None
        self._encoding, sample = text_sample(path, options)
        self._array = sample.lstrip("\ufeff \t\r\n").startswith("[") if array is None else array
        self.format = "json" if self._array else "jsonl"
        self.details = {"encoding": self._encoding}
        columns: dict[str, None] = {}
        refused: Message | None = None
        for item in itertools.islice(self._objects(), _HEAD):
            if isinstance(item, dict):
                columns.update(dict.fromkeys(item))
            else:
                refused = refused or item.message
            if len(columns) > MAX_COLUMNS:
                raise not_a_table(path, Message(f"超过 {MAX_COLUMNS} 个字段", f"more than {MAX_COLUMNS} keys"))
        if not columns:
            raise not_a_table(path, refused or Message("没有读到任何 JSON 对象", "no JSON object was found"))
        self.columns = tuple(columns)
        self.sample: tuple[Row, ...] = sample_of(self.records())

    @property
    def done(self) -> float:
        return self._source.done if self._source else 0.0

    def records(self) -> Iterator[Row | Reject]:
        columns = self.columns
        for number, item in enumerate(self._objects(), 1):
            if isinstance(item, Reject):
                yield item
                continue
            row: Row = [cell_of(item.get(column)) for column in columns]
            if any(len(cell) > MAX_CELL for cell in row):
                message = Message(f"有单元格超过 {MAX_CELL} 个字符", f"a cell has more than {MAX_CELL} characters")
                yield Reject("long-cell", message, "", 0 if self._array else number)
            elif any(row):
                yield row
            else:
                self.blank += 1

    def _objects(self) -> Iterator[dict[str, object] | Reject]:
        self.blank = 0
        with Bytes(self.path) as source:
            self._source = source
            if self._array:
                yield from self._items(source)
                return
            for number, line in enumerate(Lines(source, self._encoding), 1):
                if isinstance(line, OddLine):
                    yield _odd(line, number)
                elif line.isspace():
                    self.blank += 1
                else:
                    yield _object(line, number)

    def _items(self, source: Bytes) -> Iterator[dict[str, object] | Reject]:
        data = source.read(ARRAY_LIMIT + 1)
        if len(data) > ARRAY_LIMIT:
            raise DumpError(
                Message(f"{self.path}：JSON 数组超过 {ARRAY_LIMIT >> 20} MB", f"{self.path}: the JSON array has more than {ARRAY_LIMIT >> 20} MB"),
                Message("请改用 JSONL（每行一个对象）", "write it as JSONL (one object a line)"),
            )
        try:
            items = json.loads(data.decode(self._encoding, "replace"), parse_float=str, parse_int=_integer)
        except (ValueError, RecursionError) as error:
            raise not_a_table(self.path, Message(f"JSON 有误：{error}", f"the JSON is wrong: {error}")) from None
        if not isinstance(items, list):
            raise not_a_table(self.path, Message("JSON 不是数组", "the JSON isn't an array"))
        for item in items:
            yield flatten(item) if isinstance(item, dict) else _not_an_object(str(item), 0)


def _object(line: str, number: int) -> dict[str, object] | Reject:
    value: object
    try:
        value = orjson.loads(line)
        if isinstance(value, dict) and any(type(v) is float and abs(v) >= 2**63 for v in value.values()):
            raise ValueError("an integer beyond 64 bits lost its last digits")
    except ValueError:
        # half characters (\ud83d alone) and very long numbers are more than the fast parser takes
        try:
            value = json.loads(line.removeprefix("\ufeff"), parse_float=str, parse_int=_integer)
        except (ValueError, RecursionError) as error:
            why = str(error).replace("\n", " ")
            return Reject("bad-json", Message(f"这一行不是有效的 JSON：{why}", f"the line isn't valid JSON: {why}"), excerpt(line), number)
    if not isinstance(value, dict):
        return _not_an_object(line, number)
    return flatten(value) if any(type(v) is dict for v in value.values()) else value


def _integer(digits: str) -> object:
    return int(digits) if len(digits) < 19 else digits


def _not_an_object(line: str, number: int) -> Reject:
    message = Message("应是一个 JSON 对象（{...}）", "expected a JSON object ({...})")
    return Reject("not-an-object", message, excerpt(line), number)


def _odd(line: OddLine, number: int) -> Reject:
    if line.too_long:
        message = Message(f"这一行超过 {MAX_LINE} 个字符", f"the line has more than {MAX_LINE} characters")
        return Reject("long-row", message, excerpt(line), number)
    message = Message(
        f"文件第 {line.spots[0]} 字节起无法解码（本行共 {len(line.spots)} 处）。若整个文件都这样，请用 --encoding 指定编码",
        f"bytes can't be decoded, first at byte {line.spots[0]} of the file ({len(line.spots)} in this row); if all rows are so, name the --encoding",
    )
    return Reject("undecodable", message, excerpt(line.replace(MARK, "\N{REPLACEMENT CHARACTER}")), number)


def flatten(value: dict[str, object]) -> dict[str, object]:
    """Nested objects as dotted paths: {"customer": {"tier": 1}} -> {"customer.tier": 1}. Objects inside lists stay, as JSON text."""
    out: dict[str, object] = {}
    stack: list[tuple[str, dict[str, object], int]] = [("", value, 0)]
    while stack:
        prefix, node, depth = stack.pop()
        nested = []
        for key, item in node.items():
            path = f"{prefix}{key}"
            if isinstance(item, dict) and item and depth < _DEPTH:
                nested.append((path + ".", item, depth + 1))
            elif isinstance(item, dict | list) and _holds_objects(item):
                out[path] = json.dumps(item, ensure_ascii=False)
            else:
                out[path] = item
        stack.extend(reversed(nested))
    return out


def _holds_objects(item: object) -> bool:
    return bool(item) if isinstance(item, dict) else isinstance(item, list) and any(isinstance(v, dict | list) for v in item)
