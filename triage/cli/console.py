"""The user's console: language, colour, encoding, and the ways in which the commands speak."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import IO

from triage.message import LANGUAGES, Message

_language: ContextVar[str] = ContextVar("triage_language", default="zh")

COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def language() -> str:
    """The language that this command speaks: "zh" or "en"."""
    return _language.get()


def set_language(lang: str) -> None:
    """Choose the language for what follows."""
    _language.set(lang)


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language asked for by `--lang` anywhere on the command line, else by TRIAGE_LANG, else by the locale, else Chinese.

    A locale that names no language (C, POSIX) says nothing. What isn't a known language is left for the option to refuse.
    """
    asked = ""
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and index + 1 < len(arguments):
            asked = arguments[index + 1]
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
    for value in (asked, environment.get("TRIAGE_LANG", "")):
        if value.lower() in LANGUAGES:
            return value.lower()
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "zh"
    return "zh"


def use_utf8() -> None:
    """Write UTF-8 whatever the console's code page says; what can't be encoded (a lone surrogate) is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def coloured(stream: IO[str] | None = None) -> bool:
    """Whether to colour what goes to `stream` (standard output): never with NO_COLOR, always with FORCE_COLOR, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    stream = sys.stdout if stream is None else stream
    return os.environ.get("TERM") != "dumb" and hasattr(stream, "isatty") and stream.isatty()


def paint(text: str, *styles: str, stream: IO[str] | None = None) -> str:
    """`text` in the given styles (names in COLOURS), or as it is where colour isn't wanted."""
    if not coloured(stream):
        return text
    return "\033[" + ";".join(COLOURS[s] for s in styles) + "m" + text + "\033[0m"


def text_of(message: Message | str) -> str:
    """A message in the user's language; a string as it is."""
    return message.text(language()) if isinstance(message, Message) else message


def say(message: Message | str = "") -> None:
    """Print to standard output."""
    print(text_of(message))


def tell(message: Message | str, *styles: str) -> None:
    """Print to standard error: what is said about the work, never the result."""
    text = text_of(message)
    print(paint(text, *styles, stream=sys.stderr) if styles else text, file=sys.stderr)


def fail(message: Message | str, hint: Message | str | None = None) -> None:
    """Print an error, and how to mend it, to standard error."""
    tell(paint(text_of(Message("错误：", "error: ")), "red", "bold", stream=sys.stderr) + text_of(message))
    if hint is not None:
        tell(text_of(Message("    怎么办：", "    hint: ")) + text_of(hint))


def safe(text: str) -> str:
    """`text` from outside for the console: control characters (escape sequences, bells) are shown, not obeyed."""
    return "".join(c if c in "\n\t" or (c.isprintable() or c == "\u3000") else f"\\x{ord(c):02x}" for c in text)


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Rows in columns, aligned by the width that characters take on a terminal (Chinese ones take two)."""
    widths: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row):
            widths[column] = max(widths.get(column, 0), width(cell))
    lines = []
    for row in rows:
        cells = [cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
