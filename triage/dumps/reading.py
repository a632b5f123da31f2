"""What all readers share: options, the sample of a text file, names of columns, and errors about whole files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triage.dumps.lines import Bytes
from triage.dumps.sniff import SAMPLE, codec_of, sniff_encoding, with_byte_order
from triage.errors import DumpError, UsageError
from triage.message import Message

_ASCII_LIMIT = 1 << 24
"""How far to look for the first byte that isn't ASCII."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a dump; None is "find out".

    format     csv, tsv, jsonl, json, excel, parquet
    header     False: the first row is data, and columns are named 1, 2, 3...
    quote      the quote character, or "none"
    sheet      name of an Excel sheet, or its number from 1
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool = True
    sheet: str | None = None


def not_a_table(path: Path, why: Message) -> DumpError:
    """The error for a file that has no rows to read."""
    return DumpError(
        Message(f"{path}：不是可读的表格：{why.zh}", f"{path}: not a table that can be read: {why.en}"),
        Message(
            "可读取 CSV、TSV、JSONL、Excel、Parquet；也可用 --encoding、--delimiter、--format 指定",
            "CSV, TSV, JSONL, Excel and Parquet can be read; name the --encoding, --delimiter or --format if it is one of them",
        ),
    )


def text_sample(path: Path, options: ReadOptions) -> tuple[str, str]:
    """The encoding of a text file and its beginning (whole lines where there is a line end)."""
    with Bytes(path) as source:
        data = source.read(SAMPLE)
        head = data
        looked = len(data)
        # ids and dates may fill the beginning; the encoding shows at the first Chinese character
        while head.isascii() and len(data) == SAMPLE and looked < _ASCII_LIMIT:
            data = source.read(SAMPLE)
            looked += len(data)
            if not data.isascii():
                head += data[:SAMPLE]
    if not head.strip():
        raise not_a_table(path, Message("文件是空的", "the file is empty"))
    if options.encoding:
        codec = codec_of(options.encoding)
        if codec is None:
            raise UsageError(
                Message(f"不认识编码“{options.encoding}”", f"unknown encoding {options.encoding!r}"),
                Message("常用：utf-8、gb18030、big5、utf-16", "common ones: utf-8, gb18030, big5, utf-16"),
            )
        codec = with_byte_order(codec, head)
    else:
        codec = sniff_encoding(head)
    text = head[:SAMPLE].decode(codec, "replace")
    controls = sum(c < " " and c not in "\t\n\r\0\x0b\x0c\x1b" for c in text[:4096])
    nuls = text[:4096].count("\0")
    odd = controls > max(20, len(text[:4096]) * 0.05) and not options.encoding  # who names an encoding says that it is text
    if odd or nuls > len(text[:4096]) * 0.5:
        raise not_a_table(path, Message("内容是二进制，不是文本", "its content is binary, not text"))
    if text.lstrip("\ufeff \t\r\n")[:14].lower().startswith(("<!doctype html", "<html")):
        raise not_a_table(
            path, Message("内容是网页（HTML），可能是导出失败或登录超时的页面", "its content is a web page (HTML), perhaps of a failed export")
        )
    ends = max(text.rfind("\n"), text.rfind("\r"))
    return codec, text[: ends + 1] if ends > 0 and len(head) >= SAMPLE else text


def rename(names: list[str]) -> tuple[str, ...]:
    """Column names, trimmed, each once: an empty one becomes its number, a second `a` becomes `a.2`."""
    seen: dict[str, int] = {}
    out = []
    taken = set()
    for number, name in enumerate(names, 1):
        name = name.replace("\0", "").replace("\ufeff", "").strip() or str(number)
        seen[name] = seen.get(name, 0) + 1
        new = name if seen[name] == 1 and name not in taken else f"{name}.{seen[name]}"
        while new in taken:
            seen[name] += 1
            new = f"{name}.{seen[name]}"
        taken.add(new)
        out.append(new)
    return tuple(out)
