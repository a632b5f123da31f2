"""Labelling in the terminal: one text at a time, one key each; what was answered is on disk before the next text is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from triage.cli.console import paint, safe, say, text_of
from triage.cli.review_file import Entry, write_review
from triage.message import Message

KEYS = "123456789abcdefghijklmnoprtvwxyz"
"""Keys of the categories, in order; q, s and u are commands."""
LONGEST = 600
"""Characters of a text that are shown."""
HELP = Message(
    "数字或字母：选类别    回车：同意猜测    s：跳过    u：撤销上一条    q：保存并退出    ?：帮助",
    "number or letter: choose the category    Enter: the guess is right    s: skip    u: undo the last    q: save and quit    ?: help",
)


def ask_all(path: Path, entries: list[Entry], categories: Sequence[str], read: Callable[[], str] | None = None) -> None:
    """Ask about each entry without a label; write the list after each answer. `read` gives one answer ("" at the end of the input)."""
    read = read or reader()
    names = list(categories)
    known = dict(zip(KEYS, names, strict=False))
    open_ = [i for i, e in enumerate(entries) if not e.label]
    at, answered = 0, list[int]()
    say(HELP)
    shown = -1
    while at < len(open_):
        entry = entries[open_[at]]
        if shown != at:
            show(entry, at + 1, len(open_), known)
            shown = at
        try:
            answer = read()
        except (KeyboardInterrupt, EOFError):
            break
        if not answer or answer == "q":
            break
        if answer == "?":
            say(HELP)
            say(text_of(Message("类别：", "categories: ")) + "  ".join(f"{k} {name}" for k, name in known.items()))
        elif answer == "s":
            at += 1
        elif answer == "u":
            if not answered:
                say(Message("没有可撤销的。", "nothing to undo."))
                continue
            last = answered.pop()
            entries[last].label = ""
            write_review(path, entries)
            at, shown = open_.index(last), -1
        else:
            label = chosen(answer, entry, known, names)
            if label is None:
                say(
                    Message(
                        f"没有“{safe(answer)[:20]}”这个选项，按 ? 看帮助。",
                        f"{safe(answer)[:20]!r} isn't a choice; ? shows help.",
                    )
                )
                continue
            entry.label = label
            write_review(path, entries)
            answered.append(open_[at])
            at += 1


def chosen(answer: str, entry: Entry, known: dict[str, str], names: Sequence[str]) -> str | None:
    """The category that an answer names: a key, Enter for the guess, a number of two digits, or the category's name."""
    if answer in ("\r", "\n"):
        return entry.guess or None
    if answer in known:
        return known[answer]
    if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    return answer if answer in names else None


def show(entry: Entry, number: int, total: int, known: dict[str, str]) -> None:
    """One text and its choices, the likeliest first."""
    text = safe(entry.text)
    say("")
    say(paint(f"[{number}/{total}]", "bold") + " " + (text[:LONGEST] + "…" if len(text) > LONGEST else text))
    if entry.why:
        say(paint("  " + safe(entry.why), "dim"))
    keys = {name: key for key, name in known.items()}
    first = [name for name in entry.alternatives if name in keys]
    rest = [name for name in keys if name not in first]
    say("  " + "   ".join([paint(f"{keys[n]} {n}", "cyan") for n in first] + [f"{keys[n]} {n}" for n in rest]))


def reader() -> Callable[[], str]:
    """Single keys on a terminal; elsewhere lines, so that a program can answer. "" at the end."""
    if sys.stdin.isatty():
        return lambda: click.getchar().lower()

    def line() -> str:
        read = sys.stdin.readline()
        return (read.strip() or "\n") if read else ""

    return line
