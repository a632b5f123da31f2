"""What one question is answered against: the pack's authority, typed facts with the instant among them, and what was unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from triage.conditions.evaluate import Context, Truth, evaluate
from triage.domain.authority import Authority
from triage.domain.condition import ALWAYS, Condition, facts_read
from triage.domain.decision import Missing
from triage.domain.facts import Facts, Unknown, Value
from triage.domain.pack import Pack
from triage.errors import UsageError
from triage.message import Message
from triage.text.fold import fold
from triage.text.reading import Reading
from triage.text.segment import segmenter


class Scope:
    """One question's surroundings. Rules that can't be told are noted in `unknown` as they are asked about."""

    def __init__(self, pack: Pack, facts: Facts, now: datetime, keys: Mapping[str, str] | None = None) -> None:
        self.pack = pack
        self.keys: Mapping[str, str] = keys or {}
        """Keys as recorded when a request was made: they stay with it."""
        self.authority = authority_of(pack)
        if now.utcoffset() is None:
            raise UsageError(Message("now 缺少时区", "`now` has no time zone"), Message("给出带时区的时刻", "give an aware instant"))
        self.now = now
        self.zone = ZoneInfo(pack.timezone)
        defaults = {path: fact.default for path, fact in pack.facts.items() if fact.default is not None}
        moment = facts.get("now")
        self.facts: Facts = {**defaults, **facts, "now": moment if isinstance(moment, Unknown) else now}
        self.unknown: dict[str, Missing] = {}
        self._context = Context(dict(pack.facts), pack.timezone, self._read)

    def _read(self, text: str) -> Reading:
        return Reading(fold(text), segmenter("auto", self.pack.lexicon).cut)

    def holds(self, rule: str, condition: Condition) -> Truth:
        """Whether a condition holds; None, and a note, if it can't be told."""
        if condition == ALWAYS:
            return True
        truth = evaluate(condition, self.facts, self._context)
        if truth is None:
            lacked = tuple((path, value.reason) for path in sorted(facts_read(condition)) if isinstance(value := self.facts.get(path), Unknown))
            self.unknown[rule] = Missing(rule, lacked)
        return truth

    def in_force(self, rule: str, when: Condition, unless: Condition | None) -> bool:
        """Whether a bound is in force: unless `when` is known not to hold, or `unless` is known to."""
        if self.holds(rule, when) is False:
            return False
        return unless is None or self.holds(rule, unless) is not True


def authority_of(pack: Pack) -> Authority:
    """The pack's authority. Raises UsageError if it has none."""
    if pack.authority is None:
        raise UsageError(
            Message(f"规则包“{pack.id}”没有 authority 一节，谁也不能授权", f"pack {pack.id!r} has no `authority:`, so nobody may grant anything"),
            Message("在规则包里写 authority.yaml，或换一个规则包", "write authority.yaml in the pack, or name another pack"),
        )
    return pack.authority


def as_key(value: Value) -> str:
    """A fact's value as the key that sums are kept under: equal values give equal keys."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
