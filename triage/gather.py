"""Everything that rules may ask about one complaint, gathered into typed facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from triage.domain.complaint import Complaint
from triage.domain.decision import Fault
from triage.domain.facts import Fact, Unknown, Value
from triage.domain.pack import Pack
from triage.domain.tags import Span, Tags
from triage.domain.values import read_value
from triage.message import Message
from triage.text.entities import entities, long_numbers
from triage.text.fold import Text

# fact -> kind of entity it lists
ENTITY_FACTS = {
    "text.amounts": "money", "text.largest_amount": "money", "text.dates": "date", "text.durations": "duration",
    "text.phones": "phone", "text.orders": "order", "text.id_numbers": "id_number", "text.bank_cards": "bank_card",
}  # fmt: skip

EAGER = frozenset({"id_number", "bank_card"})
"""Kinds that are looked for in every text: that costs next to nothing. Others wait until a rule hangs on them."""

PENDING = Unknown("incomplete", "pending")
"""Stands in for what hasn't been looked for in the text yet."""

_ABSTAINED = Unknown("abstained")
_REMEMBERED = 4096


@dataclass(slots=True)
class Gathered:
    """Facts of one complaint, what went wrong on the way, and where in the text listed values stand (span by position)."""

    facts: dict[str, Value | Unknown]
    faults: list[Fault] = field(default_factory=list)
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    """Kinds of entities that haven't been looked for in the text."""


def flatten(facts: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested groups of facts as dotted paths: {"customer": {"tier": "vip"}} is {"customer.tier": "vip"}."""
    out: dict[str, object] = {}
    for key, value in facts.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            out |= flatten(value, path + ".")
        else:
            out[path] = value
    return out


class Gatherer:
    """Gathers the facts of complaints for one pack.

    used   the facts that its rules read; others aren't looked for in the text
    eager  those of them that must be there from the start, because more than conditions read them
    """

    def __init__(self, pack: Pack, used: Collection[str], eager: Collection[str] = ()) -> None:
        self.pack = pack
        self.used = frozenset(used)
        self._zone = ZoneInfo(pack.timezone)
        self._defaults = {path: fact.default for path, fact in pack.facts.items() if fact.default is not None}
        self._lookups = [fact for fact in pack.facts.values() if fact.lookup is not None]
        self._kinds = frozenset(kind for path, kind in ENTITY_FACTS.items() if path in self.used)
        asked = {path for fact in self._lookups if fact.lookup is not None for path in fact.lookup.by} | set(eager)
        self._eager = self._kinds & (EAGER | {ENTITY_FACTS[path] for path in asked if path in ENTITY_FACTS})
        self._waiting = self._kinds - self._eager
        self._entity_facts = sorted(path for path in ENTITY_FACTS if path in self.used)
        self._always = not EAGER.issuperset(self._eager)
        self._not_yet: dict[str, Value | Unknown] = {
            path: PENDING if ENTITY_FACTS[path] in self._waiting or self._always else () for path in self._entity_facts
        }
        """What stands for the entities of a text without long numbers that weren't looked for yet."""
        self._memory: dict[tuple[str, str], Value | ValueError] = {}

    def read(self, path: str, raw: object) -> Value:
        """A host's value as the declared type. Raises ValueError."""
        fact = self.pack.facts[path]
        if isinstance(raw, str):
            key = (path, raw)
            known = self._memory.get(key)
            if known is None:
                try:
                    known = read_value(raw, fact.type, timezone=self.pack.timezone)
                except ValueError as error:
                    known = error
                if len(self._memory) >= _REMEMBERED:
                    self._memory.clear()
                self._memory[key] = known
            if isinstance(known, ValueError):
                raise known
            return known
        return read_value(raw, fact.type, timezone=self.pack.timezone)

    def gather(self, complaint: Complaint, text: Text, tags: Tags, now: datetime | None, whole: bool = False) -> Gathered:
        """The facts of one complaint. Nothing is read from the machine's clock: `now` missing stays missing.

        Unless `whole`, what takes long to look for in the text is PENDING; `look_for` finds it.
        """
        facts: dict[str, Value | Unknown] = dict(self._defaults)
        found = Gathered(facts)
        self._host(complaint, found)
        facts["complaint.text"] = complaint.text
        if complaint.id:
            facts["complaint.id"] = complaint.id
        if complaint.received_at is not None:
            facts["complaint.received_at"] = complaint.received_at
        if now is not None:
            facts["now"] = now
        self._tags(tags, found)
        if "text.length" in self.used:
            facts["text.length"] = len(complaint.text)
        if self._kinds:
            facts.update(self._not_yet)
            if whole:
                self.look_for(self._kinds, text, found)
            else:
                found.pending = self._waiting
                if self._always or (self._eager and long_numbers(text)):
                    self.look_for(self._eager, text, found)
        for fact in self._lookups:
            self.look_up(fact, facts)
        return found

    def _host(self, complaint: Complaint, found: Gathered) -> None:
        given = complaint.facts
        if not given:
            return
        if any(isinstance(value, Mapping) for value in given.values()):
            given = flatten(given)
        declared = self.pack.facts
        for path, raw in given.items():
            if raw is None or raw == "":
                continue
            fact = declared.get(path)
            if fact is None or fact.origin not in ("host", "case", "counts"):
                found.faults.append(_undeclared(path, fact, declared))
                continue
            if isinstance(raw, Unknown):
                found.facts[path] = raw
                continue
            try:
                found.facts[path] = self.read(path, raw)
            except ValueError as error:
                found.facts[path] = Unknown("invalid", str(raw)[:80])
                found.faults.append(_invalid(path, fact, raw, error))

    def _tags(self, tags: Tags, found: Gathered) -> None:
        facts = found.facts
        if tags.abstained or tags.category is None:
            facts["tags.category"] = _ABSTAINED
        else:
            facts["tags.category"] = tags.category
        facts["tags.abstained"] = tags.abstained
        facts["tags.confidence"] = _decimal(tags.confidence)
        facts["tags.requests"] = tags.requests
        facts["tags.risks"] = tags.risks
        if tags.intent is not None:
            facts["tags.intent"] = tags.intent
        if tags.emotion is not None:
            facts["tags.emotion"] = tags.emotion

    def look_for(self, kinds: Collection[str], text: Text, found: Gathered) -> None:
        """Look for these kinds of entities in the text and put them among the facts."""
        by_kind: dict[str, list[Any]] = {kind: [] for kind in kinds}
        if not EAGER.issuperset(kinds) or long_numbers(text):
            now = found.facts.get("now")
            try:
                today: date | None = now.astimezone(self._zone).date() if isinstance(now, datetime) else None
            except OverflowError:  # within a day of the years 1 and 9999
                today = None
            for entity in entities(text, kinds, today):
                by_kind[entity.kind].append(entity)
        found.pending -= frozenset(kinds)
        for path in self._entity_facts:
            if ENTITY_FACTS[path] not in by_kind:
                continue
            items = by_kind[ENTITY_FACTS[path]]
            if path == "text.largest_amount":
                del found.facts[path]
                if items:
                    top = max(items, key=lambda e: (e.value, -e.span.start))
                    found.facts[path], found.spans[path] = top.value, (top.span,)
            else:
                found.facts[path] = tuple(e.value for e in items)
                found.spans[path] = tuple(e.span for e in items)

    def look_up(self, fact: Fact, facts: dict[str, Value | Unknown]) -> None:
        """Put a fact that the pack looks up among the facts, unless the host gave it."""
        assert fact.lookup is not None
        if facts.get(fact.path) is not None and fact.path not in self._defaults:
            return  # the host knows better
        key = []
        for path in fact.lookup.by:
            value = facts.get(path)
            if isinstance(value, Unknown):
                facts[fact.path] = value
                return
            key.append("" if value is None else str(value))
        raw = self.pack.tables[fact.lookup.table].rows.get(tuple(key), fact.lookup.otherwise)
        if raw is None:
            return
        try:
            facts[fact.path] = self.read(fact.path, raw)
        except ValueError:
            facts[fact.path] = Unknown("invalid", raw)


@lru_cache(maxsize=1 << 14)
def _decimal(number: float) -> Decimal:
    """A share of ten thousandths, as it is written."""
    return Decimal(str(number))


def _undeclared(path: str, fact: Fact | None, declared: Iterable[str]) -> Fault:
    if fact is not None:
        return Fault(path, Message(f"事实 {path} 由程序给出，主机不能给", f"fact {path} is supplied by the program and can't be given"))
    close = get_close_matches(path, list(declared), 1)
    return Fault(
        path,
        Message(
            f"规则包没有声明事实 {path}" + (f"，是不是 {close[0]}？" if close else ""),
            f"the pack declares no fact {path}" + (f"; did you mean {close[0]}?" if close else ""),
        ),
    )


def _invalid(path: str, fact: Fact, raw: object, error: ValueError) -> Fault:
    detail = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], Message) else Message.same(str(error.args[0]))
    shown = str(raw)[:80]
    return Fault(
        path,
        Message(f"{path} 的值“{shown}”读不出：{detail.zh}", f"the value {shown!r} of {path} can't be read as {fact.type.kind}: {detail.en}"),
    )


