"""Opens a dump by its kind: told, else by its first bytes, else by its name."""

from __future__ import annotations

from pathlib import Path

from triage.dumps.lines import Bytes
from triage.dumps.read_csv import CsvDump
from triage.dumps.read_excel import ExcelDump
from triage.dumps.read_json import JsonDump
from triage.dumps.read_parquet import ParquetDump
from triage.dumps.reading import ReadOptions, not_a_table
from triage.dumps.record import Dump
from triage.errors import UsageError
from triage.message import Message

FORMATS = ("csv", "tsv", "jsonl", "json", "excel", "parquet")
_ENDINGS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel", ".xls": "excel", ".ods": "excel", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_dump(path: Path, options: ReadOptions | None = None) -> Dump:
    """Open a dump. Raises UsageError where it isn't there or an option is wrong, DumpError where it has no table to read."""
    options = options or ReadOptions()
    if not path.is_file():
        what = ("是文件夹", "is a folder") if path.is_dir() else ("不存在或不是普通文件", "doesn't exist or isn't a plain file")
        hint = Message("请检查路径", "check the path")
        if str(path) == "-" or path.exists() and not path.is_dir():
            # it is read more than once, and again to resume
            hint = Message("标准输入和管道不能直接读，请先存成文件", "standard input and pipes can't be read: save them to a file first")
        raise UsageError(Message(f"{path}：{what[0]}", f"{path}: {what[1]}"), hint)
    try:
        kind = options.format or _kind(path)
        if kind == "excel":
            return ExcelDump(path, options)
        if kind == "parquet":
            return ParquetDump(path, options)
        if kind in ("json", "jsonl"):
            return JsonDump(path, options, array=None if kind == "json" else False)
        if kind in ("csv", "tsv"):
            return CsvDump(path, options, delimiter="\t" if kind == "tsv" else None)
    except PermissionError:
        raise UsageError(Message(f"{path}：没有读取权限", f"{path}: no permission to read it")) from None
    raise UsageError(
        Message(f"不认识格式“{kind}”", f"unknown format {kind!r}"), Message(f"可用：{'、'.join(FORMATS)}", f"use one of {', '.join(FORMATS)}")
    )


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", _OLE)):
        return "excel"
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    named = _ENDINGS.get(suffixes[-1], "") if suffixes else ""
    if named in ("excel", "parquet"):
        if not head:
            raise not_a_table(path, Message("文件是空的", "the file is empty"))
        return named if head.startswith(b"\x1f\x8b") is False and b"\0" in head else _text_kind(path)
    return named or _text_kind(path)


def _text_kind(path: Path) -> str:
    """JSONL or CSV by the first character: for names that say nothing, and for CSV files that are named .xls."""
    with Bytes(path) as source:
        start = source.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    return "json" if start[:1] in (b"{", b"[") else "csv"
