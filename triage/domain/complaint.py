"""A complaint as received, before anything was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

EMPTY: Mapping[str, object] = MappingProxyType({})
_BY_NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint.

    text         what the customer wrote, untouched; spans in a decision count its characters (code points)
    id           the host's identifier, echoed in the decision; may be empty
    received_at  when it was received; must be aware (carry a UTC offset). It is `now` for the decision unless `now` is given
    facts        what the host knows, by dotted path as the pack declares it: {"customer.tier": "vip", "complaint.amount": "800元"}.
                 Values may be of the fact's own type or text to be read as it; one that can't be read is *unknown* and reported
    tags         tags already known (set by a person or pinned by a test): {"category": ..., "intent": ..., "requests": [...],
                 "risks": [...], "emotion": ...}; the classifier isn't asked for those
    by_hand      what a person set and rules don't change: "severity", "queue", "owner"
    """

    text: str
    id: str = ""
    received_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=lambda: EMPTY)
    tags: Mapping[str, object] = field(default_factory=lambda: EMPTY)
    by_hand: Mapping[str, str] = field(default_factory=lambda: _BY_NOBODY)

    def __post_init__(self) -> None:
        moment: object = self.received_at
        if moment is not None and (not isinstance(moment, datetime) or moment.utcoffset() is None):
            raise ValueError("Complaint.received_at must be an aware datetime (with a UTC offset)")
        groups: tuple[tuple[str, object], ...] = (("facts", self.facts), ("tags", self.tags), ("by_hand", self.by_hand))
        for name, given in groups:
            if given is EMPTY or given is _BY_NOBODY:
                continue
            if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
                raise TypeError(f"Complaint.{name} must be a mapping with text keys")
