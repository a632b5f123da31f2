"""Findings in authors' files as values: where, what, how to mend it; and their rendering as text, JSON, GitHub and SARIF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import orjson

from triage.message import Message

Level: TypeAlias = Literal["error", "warning", "info"]
_ORDER = {"error": 0, "warning": 1, "info": 2}


class Place(NamedTuple):
    """A place in an author's file. Lines and columns count from 1; the end is exclusive; 0 means "the whole file"."""

    file: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return self.file if not self.line else f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code (`TR###`), a level, what is wrong, where, and how to mend it."""

    code: str
    level: Level
    message: Message
    place: Place
    hint: Message | None = None

    @property
    def sort_key(self) -> tuple[object, ...]:
        return (self.place.file, self.place.line, self.place.column, _ORDER[self.level], self.code, self.message.en)


def ordered(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings by file and place, without repeats."""
    return sorted(set(findings), key=lambda d: d.sort_key)


def has_errors(findings: Iterable[Diagnostic]) -> bool:
    """Whether any finding is an error."""
    return any(d.level == "error" for d in findings)


def _width(text: str) -> int:
    """Columns that `text` takes on a terminal: East Asian wide characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def render_text(findings: Iterable[Diagnostic], sources: Mapping[str, str], lang: str = "zh", colour: bool = False) -> str:
    """Findings as text: `path:line:col: error[TR003] message`, the source line, a caret under the place, the hint.

    `sources` maps each file name used in a place to its text; a file that isn't there is shown without its line.
    """
    paint = {"error": "\033[31m", "warning": "\033[33m", "info": "\033[36m"} if colour else {}
    reset = "\033[0m" if colour else ""
    words = {"error": "错误", "warning": "警告", "info": "提示"} if lang == "zh" else {}
    lines: dict[str, list[str]] = {}
    out = []
    for d in ordered(findings):
        out.append(f"{d.place}: {paint.get(d.level, '')}{words.get(d.level, d.level)}[{d.code}]{reset} {d.message.text(lang)}")
        if d.place.line and d.place.file in sources:
            source = lines.setdefault(d.place.file, sources[d.place.file].splitlines())
            if d.place.line <= len(source):
                line = source[d.place.line - 1]
                start = min(max(d.place.column - 1, 0), len(line))
                end = d.place.end_column - 1 if d.place.end_line == d.place.line else len(line.rstrip())
                end = min(max(end, start + 1), max(len(line), start + 1))
                # long lines are cut around the place so that the caret stays on the screen
                left = max(0, start - 60)
                # an author's file must not steer the terminal
                shown = "".join(c if c.isprintable() or c == "\u3000" else " " if c == "\t" else "\ufffd" for c in line[left : left + 120])
                caret = " " * _width(line[left:start].replace("\t", " ")) + "^" * max(1, _width(line[start : min(end, left + 120)]))
                out.append(f"    {shown}")
                out.append(f"    {paint.get(d.level, '')}{caret}{reset}")
        if d.hint is not None:
            out.append(("    怎么改：" if lang == "zh" else "    hint: ") + d.hint.text(lang))
    return "\n".join(out)


def render_json(findings: Iterable[Diagnostic]) -> str:
    """Findings as one JSON document: {"format": 1, "diagnostics": [...]}; messages in both languages."""
    rows = [
        {
            "code": d.code, "level": d.level, "message": {"zh": d.message.zh, "en": d.message.en},
            "hint": None if d.hint is None else {"zh": d.hint.zh, "en": d.hint.en},
            "file": d.place.file, "line": d.place.line, "column": d.place.column,
            "end_line": d.place.end_line, "end_column": d.place.end_column,
        }
        for d in ordered(findings)
    ]  # fmt: skip
    return orjson.dumps({"format": 1, "diagnostics": rows}, option=orjson.OPT_INDENT_2).decode()


def render_github(findings: Iterable[Diagnostic], lang: str = "zh") -> str:
    """Findings as workflow commands of GitHub Actions, one a line, which it shows beside the changed lines."""
    names = {"error": "error", "warning": "warning", "info": "notice"}

    def escape(text: str, property_value: bool = False) -> str:
        text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        return text.replace(":", "%3A").replace(",", "%2C") if property_value else text

    out = []
    for d in ordered(findings):
        where = f"file={escape(d.place.file, True)},line={max(d.place.line, 1)},col={max(d.place.column, 1)},title={d.code}"
        text = d.message.text(lang) + (f" ({d.hint.text(lang)})" if d.hint else "")
        out.append(f"::{names[d.level]} {where}::{escape(text)}")
    return "\n".join(out)


def render_sarif(findings: Iterable[Diagnostic], version: str, lang: str = "zh") -> str:
    """Findings as SARIF 2.1.0 (OASIS), which code hosts and editors read."""
    rows = ordered(findings)
    results = []
    for d in rows:
        region = {"startLine": max(d.place.line, 1), "startColumn": max(d.place.column, 1)}
        if d.place.end_line:
            region |= {"endLine": d.place.end_line, "endColumn": max(d.place.end_column, 1)}
        results.append(
            {
                "ruleId": d.code,
                "level": {"error": "error", "warning": "warning", "info": "note"}[d.level],
                "message": {"text": d.message.text(lang) + (f"\n{d.hint.text(lang)}" if d.hint else "")},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": d.place.file.replace("\\", "/")}, "region": region}}],
            }
        )
    driver = {"name": "triage", "version": version, "rules": [{"id": code} for code in sorted({d.code for d in rows})]}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
