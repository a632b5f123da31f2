"""The hash of what a pack means: places, comments, layout and the order of rules and files don't enter it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from triage.domain.authority import Authority
from triage.domain.condition import All, AnyOf, Check, Condition, Not, Test
from triage.domain.pack import Pack

_LEFT_OUT = frozenset(("place", "places", "sources", "tests", "fingerprint", "version", "approved_by", "owner_of_pack"))
_SETS = frozenset(("in", "not_in", "contains_any", "contains_all", "words"))


def _key(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _canonical(value: Any) -> Any:
    """Plain data that is equal for equal meaning."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, Decimal):
        return ["number", format(value.normalize(), "f")]
    if isinstance(value, datetime):
        return ["instant", value.astimezone(UTC).isoformat()]
    if isinstance(value, date | time):
        return [type(value).__name__, value.isoformat()]
    if isinstance(value, timedelta):
        return ["seconds", str(value // timedelta(microseconds=1))]
    if isinstance(value, All | AnyOf):
        parts = sorted((_canonical(part) for part in value.parts), key=_key)
        return [type(value).__name__, parts]
    if isinstance(value, Check) and value.op in _SETS and isinstance(value.operand, tuple):
        operand = sorted((_canonical(item) for item in value.operand), key=_key)
        return ["Check", value.op, operand, value.unless_negated]
    if isinstance(value, Test):
        return ["Test", value.fact, sorted((_canonical(c) for c in value.checks), key=_key)]
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, {f.name: _canonical(getattr(value, f.name)) for f in fields(value) if f.name not in _LEFT_OUT}]
    if isinstance(value, Mapping):
        if all(isinstance(k, str) for k in value):
            return {k: _canonical(v) for k, v in value.items()}
        return sorted(([_canonical(k), _canonical(v)] for k, v in value.items()), key=_key)
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted((_canonical(item) for item in value), key=_key)
    return repr(value)


def condition_key(condition: Condition) -> bytes:
    """A key that is equal for conditions that differ only in the order of what is all or any."""
    assert isinstance(condition, All | AnyOf | Not | Test)
    return _key(_canonical(condition))


def authority_fingerprint(authority: Authority) -> str:
    """SHA-256 of the meaning of `authority:` alone: it is live while decisions are frozen, so it doesn't enter the pack's."""
    return hashlib.sha256(_key(_canonical(authority))).hexdigest()


def fingerprint(pack: Pack) -> str:
    """SHA-256 of the pack's meaning, 64 hexadecimal digits."""
    data = {f.name: _canonical(getattr(pack, f.name)) for f in fields(pack) if f.name not in _LEFT_OUT | {"rules", "taxonomy", "lexicon", "owner", "authority"}}
    rules = []
    for rule in sorted(pack.rules, key=lambda r: r.id):
        plain = _canonical(rule)
        plain[1]["actions"] = sorted((_canonical(a) for a in rule.actions), key=_key)
        rules.append(plain)
    taxonomy = _canonical(pack.taxonomy)
    taxonomy[1]["categories"] = sorted(taxonomy[1]["categories"], key=_key)
    for group in taxonomy[1].values():
        for node in group:
            node[1]["cues"] = sorted(node[1]["cues"], key=_key)
    data |= {"rules": rules, "taxonomy": taxonomy, "lexicon": sorted(pack.lexicon)}
    return hashlib.sha256(_key(data)).hexdigest()
