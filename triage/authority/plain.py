"""Grants and requests as JSON-able data and back, for a journal: amounts and instants as text, nothing lost, equal again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from triage.domain.grants import Approver, Grant, Pending, Rate


def grant_dict(given: Grant) -> dict[str, Any]:
    """A grant as plain data."""
    return {
        "id": given.id, "remedy": given.remedy, "amount": str(given.amount), "at": given.at.isoformat(), "handler": given.handler, "rank": given.rank,
        "keys": dict(given.keys), "approvers": [_approver(a) for a in given.approvers], "seq": given.seq, "revoked": given.revoked,
        "rate": _rate(given.rate), "policy": given.policy,
    }  # fmt: skip


def grant_of(data: Mapping[str, Any]) -> Grant:
    """The grant that `grant_dict` gave. Raises KeyError or ValueError for anything else."""
    return Grant(
        data["id"], data["remedy"], Decimal(data["amount"]), datetime.fromisoformat(data["at"]), data["handler"], data["rank"], dict(data["keys"]),
        tuple(Approver(**a) for a in data["approvers"]), data["seq"], data["revoked"], _rate_of(data["rate"]), data["policy"],
    )  # fmt: skip


def pending_dict(pending: Pending) -> dict[str, Any]:
    """A request as plain data."""
    return {
        "id": pending.id, "remedy": pending.remedy, "amount": str(pending.amount), "asked_at": pending.asked_at.isoformat(), "handler": pending.handler,
        "rank": pending.rank, "keys": dict(pending.keys), "waits_for": pending.waits_for, "since": pending.since.isoformat(),
        "answer_by": _instant(pending.answer_by), "expires_at": _instant(pending.expires_at),
        "first": None if pending.first is None else _approver(pending.first), "seq": pending.seq, "rate": _rate(pending.rate), "policy": pending.policy,
    }  # fmt: skip


def pending_of(data: Mapping[str, Any]) -> Pending:
    """The request that `pending_dict` gave. Raises KeyError or ValueError for anything else."""
    return Pending(
        data["id"], data["remedy"], Decimal(data["amount"]), datetime.fromisoformat(data["asked_at"]), data["handler"], data["rank"], dict(data["keys"]),
        data["waits_for"], datetime.fromisoformat(data["since"]), _instant_of(data["answer_by"]), _instant_of(data["expires_at"]),
        None if data["first"] is None else Approver(**data["first"]), data["seq"], _rate_of(data["rate"]), data["policy"],
    )  # fmt: skip


def _approver(item: Approver) -> dict[str, str]:
    return {"person": item.person, "rank": item.rank, "acting_for": item.acting_for}


def _rate(item: Rate | None) -> dict[str, str] | None:
    return None if item is None else {"currency": item.currency, "worth": str(item.worth), "on": item.on.isoformat()}


def _rate_of(data: Mapping[str, str] | None) -> Rate | None:
    return None if data is None else Rate(data["currency"], Decimal(data["worth"]), date.fromisoformat(data["on"]))


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant_of(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
