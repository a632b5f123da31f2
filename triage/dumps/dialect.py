"""How a delimited text file is written: delimiter, quote, line ends; guessed from a sample, each overridable."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from triage.errors import UsageError
from triage.message import Message

DELIMITERS = (",", "\t", ";", "|")
NO_DELIMITER = "\x1f"
"""Stands for the delimiter of a file of one column."""

_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "none": NO_DELIMITER}

_WORDS = tuple(word for word in _NAMES if word.isalpha())


@dataclass(frozen=True, slots=True)
class Dialect:
    """`quote` is "" where quotes mean nothing; `carriage_returns` where lines end in a carriage return alone."""

    delimiter: str
    quote: str
    carriage_returns: bool = False


def delimiter_of(name: str) -> str:
    """The delimiter that a user means: the character itself, or tab, comma, semicolon, pipe, none. Raises UsageError for anything else."""
    found = _NAMES.get(name.lower(), name)
    if len(found) != 1 or found in "\"\r\n\0":
        raise UsageError(
            Message("--delimiter 应是一个字符（引号和换行除外）", "--delimiter must be one character, and no quote or line end"),
            Message(f"也可写：{'、'.join(_WORDS)}", f"or one of the words {', '.join(_WORDS)}"),
        )
    return found


def quote_of(name: str, delimiter: str | None) -> str:
    """The quote character that a user means; "" for none. Raises UsageError for anything else."""
    found = "" if name.lower() == "none" else name
    if len(found) > 1 or found in ("\r", "\n", "\0") or (found and found == delimiter):
        raise UsageError(
            Message("--quote 应是一个字符（不能与分隔符相同），或 none", "--quote must be one character, and not the delimiter, or none"),
            Message("不写则自动判断", "it is found out if not given"),
        )
    return found


def sniff_dialect(sample: str, delimiter: str | None = None, quote: str | None = None) -> Dialect:
    """The dialect of a file that begins with `sample` (complete lines). What is given isn't guessed.

    Chinese texts are full of commas, so counting characters says little: each candidate is tried, and the one wins under
    which most rows have as many cells as the first.
    """
    carriage_returns = "\r" in sample and "\n" not in sample
    if carriage_returns:
        sample = sample.replace("\r", "\n")
    head = sample.partition("\n")[0]
    delimiters = [delimiter] if delimiter else [d for d in DELIMITERS if d in head]
    best: tuple[float, float, int] = (-1.0, 0.0, 0)
    found = Dialect(delimiter or NO_DELIMITER, '"' if quote is None else quote, carriage_returns)
    for d in delimiters:
        for q in ('"', "'", "") if quote is None else (quote,):
            if q == "'" and not _wrapped(sample, d, "'"):
                continue
            # whoever writes commas quotes; other delimiters also come without any quoting, and then a quote is just a character
            if q == "" and quote is None and (d == "," or re.search(f'(^|{re.escape(d)})"[^"\n]*"({re.escape(d)}|\r?$)', sample, re.MULTILINE)):
                continue
            even, width = _consistency(sample, d, q)
            if width < 2 and not delimiter:
                continue
            # of equals: double quotes before none, then the earlier delimiter of the list
            rank = (round(even, 3), 1.0 if q == "'" else 0.5 if q else 0.0, -DELIMITERS.index(d) if d in DELIMITERS else 0)
            if rank > best:
                best, found = rank, Dialect(d, q, carriage_returns)
    return found


def _wrapped(sample: str, delimiter: str, quote: str) -> bool:
    """Whether cells are wrapped in `quote`, and none in double quotes."""
    return (
        sample.count(f"{quote}{delimiter}{quote}") > sample.count(f'"{delimiter}"')
        and sample.count(f"{quote}{delimiter}{quote}") >= max(1, sample.count("\n") // 4)
    )


def _consistency(sample: str, delimiter: str, quote: str) -> tuple[float, int]:
    """The share of rows with as many cells as the first, and how many those are. A parse error counts as a bad row."""
    limit = max(csv.field_size_limit(), len(sample) + 1)
    csv.field_size_limit(limit)
    lines = io.StringIO(sample, newline="\n")
    if quote:
        rows = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
    else:
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    widths: Counter[int] = Counter()
    first = 0
    errors = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error:
            errors += 1
            continue
        if row:
            first = first or len(row)
            widths[len(row)] += 1
    total = sum(widths.values()) + errors
    return (widths[first] / total if total else 0.0), first
