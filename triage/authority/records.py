"""A history written by hand, as tests of packs and the command line give it: earlier grants and requests that wait, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from triage.authority.amounts import Refused, read_amount
from triage.authority.history import MemoryHistory
from triage.authority.verdict import hint
from triage.conditions.suggest import did_you_mean
from triage.domain.authority import Authority
from triage.domain.grants import Approver, Ask, Grant, Pending
from triage.domain.pack import Pack
from triage.domain.values import parse_duration, parse_instant
from triage.errors import UsageError
from triage.message import Message

KEYS = ("kind", "id", "remedy", "amount", "at", "handler", "rank", "case", "customer", "order", "approved_by", "approver", "revoked", "waits_for")
STAND_INS = {"case": "(this case)", "customer": "(this customer)", "order": "(this order)", "handler": "(this handler)"}
"""Who or what is meant where a question and its history name nobody: the same on both sides, so that they add up."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an entry means where it says nothing: the question's own handler, rank, keys and instant."""

    ask: Ask
    keys: Mapping[str, str]
    now: datetime


def history_of(rows: Iterable[Mapping[str, Any]], pack: Pack, defaults: Defaults, links: Mapping[str, str] | None = None) -> MemoryHistory:
    """The history that entries write. Raises UsageError that names the entry (from 1) and what is wrong with it."""
    assert pack.authority is not None
    history = MemoryHistory(links=links or {}, ladder=pack.authority.ladder)
    for number, row in enumerate(rows, 1):
        try:
            _add(history, row, number, pack, pack.authority, defaults)
        except UsageError as error:
            raise UsageError(Message(f"历史第 {number} 条：{error.message.zh}", f"entry {number} of the history: {error.message.en}"), error.hint) from None
    return history


def _add(history: MemoryHistory, row: Mapping[str, Any], number: int, pack: Pack, authority: Authority, defaults: Defaults) -> None:
    if not isinstance(row, Mapping):
        raise UsageError(Message("应是“键: 值”", "a mapping is wanted"), Message('写成 {"remedy": "refund", "amount": "50元", "at": "-3d"}', 'write {"remedy": "refund", "amount": "50元", "at": "-3d"}'))
    for name in row:
        if name not in KEYS and name not in pack.facts:
            found = did_you_mean(str(name), KEYS)
            raise UsageError(Message(f"不认识的键“{str(name)[:60]}”", f"unknown key {str(name)[:60]!r}"), None if found is None else Message(*found))
    said = {key: str(value) for key, value in row.items() if value is not None}
    remedy = authority.remedies.get(said.get("remedy", ""))
    if remedy is None:
        name = said.get("remedy", "")[:60]
        raise UsageError(Message(f"没有这种授权：“{name}”", f"unknown remedy {name!r}"), hint(name, authority.remedies))
    for key in ("rank", "approved_by", "waits_for"):
        if key in said and said[key] not in authority.ladder:
            raise UsageError(Message(f"没有这个级别：“{said[key][:60]}”", f"unknown rank {said[key][:60]!r}"), hint(said[key], authority.ladder))
    kind = said.get("kind", "pending" if "waits_for" in said else "grant")
    if kind not in ("grant", "pending"):
        raise UsageError(Message(f"kind 应是 grant 或 pending，不是“{kind[:40]}”", f"`kind` is grant or pending, not {kind[:40]!r}"))
    try:
        amount, _ = read_amount(Ask(remedy.id, said.get("amount")), remedy, pack.currency, defaults.now.date())
    except Refused as refused:
        raise UsageError(refused.why.text) from None
    at = moment(said["at"], defaults.now, pack.timezone) if "at" in said else defaults.now
    keys = {**defaults.keys, **{k: v for k, v in said.items() if k in ("case", "customer", "order") or k in pack.facts}}
    handler, rank = said.get("handler", defaults.ask.handler), said.get("rank", defaults.ask.rank)
    if kind == "pending":
        waits = said.get("waits_for")
        if waits is None:
            raise UsageError(Message("缺少 waits_for：等哪一级", "`waits_for` is missing: the rank that it waits for"))
        history.pending.append(Pending(said.get("id", f"history-{number}"), remedy.id, amount, at, handler, rank, keys, waits, at, seq=number))
        return
    approvers = (Approver(said.get("approver", f"({said['approved_by']})"), said["approved_by"]),) if "approved_by" in said else ()
    revoked = said.get("revoked", "")
    if revoked not in ("", "open", "settled"):
        raise UsageError(Message(f"revoked 应是 open 或 settled，不是“{revoked[:40]}”", f"`revoked` is open or settled, not {revoked[:40]!r}"))
    history.grants.append(Grant(said.get("id", f"history-{number}"), remedy.id, Decimal(amount), at, handler, rank, keys, approvers, number, revoked))  # type: ignore[arg-type]  # checked above


def moment(text: str, now: datetime, timezone: str) -> datetime:
    """An instant, or one so long before (-3d) or after (+2h) `now`. Raises UsageError."""
    try:
        if text[:1] in "+-" and text:
            elapsed = parse_duration(text[1:]).elapsed
            if elapsed is None:
                raise ValueError(text)
            return now - elapsed if text[0] == "-" else now + elapsed
        return parse_instant(text, timezone=timezone)
    except (ValueError, OverflowError):
        raise UsageError(Message(f"“{text[:40]}”不是时刻", f"{text[:40]!r} isn't an instant"), Message("写成 2026-03-16T09:00+08:00 或 -3d", "write 2026-03-16T09:00+08:00 or -3d")) from None
