"""Who must keep out (回避): persons whom a complaint names, and whoever acts with them as one person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from triage.authority.amounts import Refused
from triage.authority.scope import Scope, as_key
from triage.authority.staff import Staff, plain_name
from triage.domain.facts import Unknown


def named(scope: Scope) -> tuple[str, ...]:
    """The names that the facts of `never` hold. Raises Refused where one of them can't be told: it may be anybody."""
    found: list[str] = []
    for path in scope.authority.never:
        value = scope.facts.get(path)
        if isinstance(value, Unknown):
            raise Refused("avoidance_unknown", f"{path} 判断不出，无从回避", f"{path} can't be told, so nobody can be kept out")
        values = () if value is None else value if isinstance(value, tuple) else (value,)
        found += [text for item in values if (text := as_key(item).strip())]
    return tuple(found)


def barred(person: str, names: Collection[str], staff: Staff | None, now: datetime) -> bool:
    """Whether a person is one of those named, or counts as one person with one of them."""
    if staff is None:
        return plain_name(person) in {plain_name(name) for name in names}
    return any(staff.same(person, other, now) for name in names for other in staff.called(name))
