"""Matching: flags in, rules that hold out. Two matchers behind one port, `builtin` and `durable`, equal on every input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from triage.conditions.flags import Flags
from triage.conditions.terms import Term
from triage.errors import UsageError
from triage.message import Message

MatcherName = Literal["builtin", "durable"]


@dataclass(frozen=True, slots=True)
class Program:
    """What a matcher is built from: the terms of each rule, the strata (indexes of rules), and how rare flags are."""

    terms: tuple[tuple[Term, ...], ...]
    strata: tuple[tuple[int, ...], ...]
    rarity: Callable[[int], int]


class Matcher(Protocol):
    """The port. Implementations are safe to call from several threads."""

    name: MatcherName

    def match(self, stratum: int, flags: Flags) -> Sequence[int]:
        """Indexes of the rules of a stratum that hold, ascending."""
        ...

    def close(self) -> None:
        """Give back what the matcher holds; it isn't used afterwards."""
        ...


def durable_available() -> bool:
    """Whether durable_rules can be imported here. Told by importing it: it may be installed and yet not load."""
    from triage.match import durable

    return durable.available()


def build(name: str, program: Program) -> Matcher:
    """The matcher `name`: builtin, durable, or auto (durable where it can be imported). Raises UsageError."""
    if name == "auto":
        name = "durable" if durable_available() else "builtin"
    if name == "builtin":
        from triage.match.builtin import BuiltinMatcher

        return BuiltinMatcher(program)
    if name == "durable":
        from triage.match.durable import DurableMatcher, why_not_available

        reason = why_not_available()
        if reason is not None:
            raise UsageError(
                Message(f"匹配器 durable 用不了：durable_rules 无法导入（{reason}）", f"matcher durable can't be used: durable_rules can't be imported ({reason})"),
                Message(
                    "改用 --matcher builtin（结果完全相同），或安装扩展：pip install 'complaint-triage[durable]'（需要 C 编译器）",
                    "use --matcher builtin (the results are the same), or install the extra: pip install 'complaint-triage[durable]' (needs a C compiler)",
                ),
            )
        return DurableMatcher(program)
    raise UsageError(
        Message(f"没有名为 {name} 的匹配器", f"there is no matcher named {name}"),
        Message("可用：auto、builtin、durable", "use auto, builtin or durable"),
    )
