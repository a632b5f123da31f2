"""The exceptions that triage raises.

    TriageError                 everything below; carries a bilingual message and a hint
    ├── UsageError              the call or the command line is wrong (exit code 2)
    ├── PackError               a pack has errors; `.diagnostics` lists every finding
    ├── ModelError              a model can't be loaded or doesn't fit the pack
    └── DumpError               a dump can't be read or written at all (bad rows are rejects, not errors)

Findings in an author's files are `Diagnostic` values, collected; they become one `PackError` only where a caller
asked for a pack and there is none to give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.message import Message

if TYPE_CHECKING:
    from triage.diagnostics import Diagnostic


class TriageError(Exception):
    """Base of all errors raised on purpose. `message` and `hint` are bilingual; `str()` is both lines in Chinese and English."""

    exit_code = 1

    def __init__(self, message: Message, hint: Message | None = None) -> None:
        super().__init__(message.zh, message.en)
        self.message = message
        self.hint = hint

    def text(self, lang: str = "zh") -> str:
        """The message, and the hint on a line of its own, in one language."""
        lines = [self.message.text(lang)]
        if self.hint is not None:
            lines.append(("怎么改：" if lang == "zh" else "hint: ") + self.hint.text(lang))
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.message.zh} / {self.message.en}"

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.message, self.hint))


class UsageError(TriageError):
    """The arguments of a call or a command don't fit."""

    exit_code = 2


class PackError(TriageError):
    """A pack has errors. `diagnostics` holds all findings, errors first."""

    def __init__(self, message: Message, diagnostics: Sequence[Diagnostic] = (), hint: Message | None = None) -> None:
        super().__init__(message, hint)
        self.diagnostics = tuple(diagnostics)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.message, self.diagnostics, self.hint))


class ModelError(TriageError):
    """A model is missing, truncated, altered, of another version, or made for another pack."""


class DumpError(TriageError):
    """A dump can't be read or written at all."""
