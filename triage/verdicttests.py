"""Verdict tests of a pack: who asks for what after which history, and what must be answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from triage.asking import ask_by_hand, decided_facts, typed_facts
from triage.authority.amounts import Refused, read_amount
from triage.authority.report import amount_text
from triage.domain.complaint import Complaint
from triage.domain.facts import Facts
from triage.domain.grants import Answer, Ask
from triage.domain.pack import Pack, PackTest
from triage.domain.values import parse_instant
from triage.pipeline import Triage

NO_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
_LISTS = ("may", "rules", "why", "unknown", "notify")


def verdict_of(triage: Triage, test: PackTest) -> Answer:
    """The answer to what a test asks. Raises TriageError or ValueError where it can't be asked."""
    given: dict[str, Any] = dict(test.given)
    handler: dict[str, Any] = dict(given.pop("handler", None) or {})
    rank, person = str(handler.pop("rank", "") or ""), str(handler.pop("id", "") or "")
    case = given.pop("case", "")
    remedy, amount = str(given.pop("remedy", "")), given.pop("amount", None)
    rows = [dict(row) for row in given.pop("granted", None) or ()]
    rows += [{"kind": "pending", **row} for row in given.pop("pending", None) or ()]
    at = given.pop("at", None)
    now = None if at is None else parse_instant(str(at), timezone=triage.pack.timezone)
    if isinstance(case, Mapping):
        given["case"], case = case, ""
    facts = facts_given(triage, {**given, **({"handler": handler} if handler else {})}, now)
    ask = Ask(remedy, None if amount is None else str(amount), person, rank, str(case or ""))
    return ask_by_hand(triage.pack, ask, facts, rows, now or NO_INSTANT)


def facts_given(triage: Triage, given: Mapping[str, Any], now: datetime | None) -> Facts:
    """The facts that a test gives; where it gives a complaint's text, what is decided on it besides. Pinned tags stand."""
    flat = {k: v for k, v in _flat(given) if v is not None and not k.startswith("by_hand")}
    text = str(flat.pop("complaint.text", "") or "")
    facts = typed_facts(triage.pack, flat, now)
    if not text:
        return facts
    tags = {key.removeprefix("tags."): value for key, value in flat.items() if key.startswith("tags.")}
    plain = {key: value for key, value in flat.items() if not key.startswith("tags.") and key != "complaint.id"}
    decision = triage.decide(Complaint(text, "", now, plain, tags))
    return {**decided_facts(decision), **facts}


def _flat(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def seen(answer: Answer, key: str) -> Any:
    """What an answer says under a key of `expect`."""
    match key:
        case "room":
            return "unlimited" if answer.room is None else amount_text(answer.room)
        case "rules":
            return tuple(rule.id for rule in answer.rules)
        case "why":
            return tuple(why.code for why in answer.why)
        case "unknown":
            return tuple(missing.rule for missing in answer.unknown)
        case "notify":
            return tuple(sorted({name for notice in answer.notices for name in notice.notify}))
        case "limits":
            return {item.rank: amount_text(item.limit) for item in answer.limits}
        case "by":
            return answer.by or None
        case _:
            return getattr(answer, key)


def differences(pack: Pack, answer: Answer, expect: Mapping[str, Any], only: bool = False) -> Iterator[tuple[str, str, str]]:
    """(key, expected, got) for each expectation that isn't met."""
    for key, wanted in expect.items():
        if key == "only":
            yield from differences(pack, answer, wanted, only=True)
            continue
        if key == "not":
            for name, values in wanted.items():
                got = seen(answer, name)
                both = [v for v in _items(values) if v in got] if name in _LISTS else [v for v in _items(values) if _same(pack, answer, name, v, got)]
                if both:
                    yield f"not.{name}", ", ".join(_items(values)), ", ".join(both)
            continue
        got = seen(answer, key)
        if key in _LISTS:
            met = sorted(set(_items(wanted))) == sorted(set(got)) if only else set(_items(wanted)) <= set(got)
            if not met:
                yield f"only.{key}" if only else key, ", ".join(_items(wanted)) or "-", ", ".join(got) or "-"
        elif key == "limits":
            for rank, limit in wanted.items():
                if not _same(pack, answer, "room", limit, got.get(rank)):
                    yield f"limits.{rank}", str(limit), str(got.get(rank))
        elif not any(_same(pack, answer, key, choice, got) for choice in (wanted if isinstance(wanted, list) else [wanted])):
            yield key, "-" if wanted is None else str(wanted), "-" if got is None else str(got)


def _items(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _same(pack: Pack, answer: Answer, key: str, wanted: Any, got: Any) -> bool:
    if wanted is None or wanted == "none":
        return got is None
    if key != "room" or got in (None, "unlimited") or wanted == "unlimited":
        return str(wanted) == str(got)
    assert pack.authority is not None
    remedy = pack.authority.remedies[answer.remedy]
    try:
        return read_amount(Ask(remedy.id, str(wanted)), remedy, pack.currency, answer.at.date())[0] == Decimal(got)
    except Refused as refused:
        return refused.why.code == "not_positive" and Decimal(got) == 0
