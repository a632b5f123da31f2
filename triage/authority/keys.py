"""Whose sums a request belongs to: the case, the customer, the order, the person, and any fact that a cap is kept per."""

from __future__ import annotations

from triage.authority.amounts import Refused
from triage.authority.scope import Scope, as_key
from triage.domain.authority import Cap, FourEyes
from triage.domain.facts import Unknown
from triage.domain.grants import Ask

_FACTS = {"customer": "customer.id", "order": "order.id", "case": "case.id", "handler": "handler.id"}


def own_key(scope: Scope, ask: Ask, per: str) -> str | Unknown | None:
    """The key of a request for one `per`: what it was asked with, else the fact; None if neither is there."""
    given = scope.keys.get(per) or {"case": ask.case, "customer": ask.customer, "order": ask.order, "handler": ask.handler}.get(per)
    if given:
        return given
    value = scope.facts.get(_FACTS.get(per, per))
    if value is None or isinstance(value, Unknown):
        return value
    return as_key(value) or None


def all_keys(scope: Scope, ask: Ask) -> dict[str, str]:
    """Every key that is known: a grant carries them, so that caps written later find it too. Persons are kept apart."""
    pers = {"case", "customer", "order", *(c.per for c in scope.authority.caps), *(f.per for f in scope.authority.four_eyes)}
    found = {per: own_key(scope, ask, per) for per in sorted(pers) if per != "handler"}
    return {per: key for per, key in found.items() if isinstance(key, str)}


def needed_key(scope: Scope, ask: Ask, per: str, rule: Cap | FourEyes | None) -> str:
    """The key that a bound needs. Raises Refused where it is missing or can't be told."""
    key = own_key(scope, ask, per)
    if isinstance(key, str):
        return key
    because = ("", "") if rule is None else (f"，“{rule.id}”要按它合计", f", which {rule.id!r} sums by")
    if key is None:
        raise Refused("missing_key", f"没有给出 {_FACTS.get(per, per)}{because[0]}", f"{_FACTS.get(per, per)} isn't given{because[1]}")
    raise Refused("unknown_key", f"{_FACTS.get(per, per)} 判断不出{because[0]}", f"{_FACTS.get(per, per)} can't be told{because[1]}")
