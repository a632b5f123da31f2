"""Findings in a pack, shown to its author."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from triage.cli.console import coloured, fail, language, say, tell
from triage.diagnostics import Diagnostic, render_text
from triage.errors import PackError
from triage.message import Message

MOST = 20
"""Findings that are shown where a pack was only to be used; `triage check` shows all."""


def show(findings: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
    """Findings on standard output, each with its place, the source line and a caret."""
    if findings:
        say(render_text(findings, sources, language(), coloured()))


def sources_of(error: PackError, ref: str) -> None:
    """Keep the texts of the pack's files with the error, so that it can be shown with the lines that it names."""
    from triage.packs.load import load_pack

    error.sources = dict(load_pack(ref).sources)  # type: ignore[attr-defined]  # a note from one part of the command to another


def show_pack_error(error: PackError) -> None:
    """A pack that can't be used: what is wrong with it, then that it wasn't used."""
    errors = [d for d in error.diagnostics if d.level == "error"]
    sources = getattr(error, "sources", {})
    found = errors or list(error.diagnostics)
    if found:
        tell(render_text(found[:MOST], sources, language(), coloured(sys.stderr)))
        if len(found) > MOST:
            tell(Message(f"……另有 {len(found) - MOST} 处", f"... and {len(found) - MOST} more"))
    fail(error.message, error.hint)


def count(findings: Sequence[Diagnostic]) -> Message:
    """How many findings there are, by level."""
    levels = [d.level for d in findings]
    errors, warnings, infos = (levels.count(level) for level in ("error", "warning", "info"))
    if not findings:
        return Message("没有问题。", "no findings.")
    parts = [(errors, "个错误", "error"), (warnings, "个警告", "warning"), (infos, "个提示", "note")]
    zh = "，".join(f"{n} {word}" for n, word, _ in parts if n)
    en = ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, _, word in parts if n)
    return Message(zh + "。", en + ".")
