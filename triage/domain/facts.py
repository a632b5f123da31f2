"""What rules may ask about: the types of facts, their declarations, and the two ways in which a value can be absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "text", "category", "choice", "bool", "integer", "decimal", "money", "instant", "date", "duration", "person"
]
KINDS: tuple[Kind, ...] = (
    "text", "category", "choice", "bool", "integer", "decimal", "money", "instant", "date", "duration", "person",
)  # fmt: skip

Scalar: TypeAlias = str | bool | int | Decimal | datetime | date | timedelta
Value: TypeAlias = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The value of a fact that can't be told: `reason` is "abstained", "invalid", "failed" or "incomplete".

    A fact that the host didn't give isn't Unknown: it is *missing*, i.e. absent from `Facts`.
    """

    reason: Literal["abstained", "invalid", "failed", "incomplete"]
    detail: str = ""


Facts: TypeAlias = Mapping[str, Value | Unknown]
"""Facts by dotted path. A path that isn't there is missing."""


@dataclass(frozen=True, slots=True)
class FactType:
    """A fact's type. `many` is a list of `kind`. `domain` closes a choice (in order, where `ordered`)."""

    kind: Kind
    many: bool = False
    domain: tuple[str, ...] = ()
    ordered: bool = False


Origin: TypeAlias = Literal["host", "text", "tags", "case", "counts", "decision", "derived", "lookup", "now", "default"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared fact. `origin` says where its value comes from; `merge` how a derived fact (`set`) is merged."""

    path: str
    type: FactType
    origin: Origin = "host"
    default: Value | None = None
    title: str = ""
    names: tuple[str, ...] = ()
    """Column names under which dumps carry it, e.g. ("客户等级", "tier")."""
    merge: Literal["", "max", "min", "union", "unique"] = ""
    lookup: Lookup | None = None
    """For a fact that is looked up: where."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value taken from a table of the pack: row whose first column(s) equal the facts `by`; `otherwise` if there is none."""

    table: str
    by: tuple[str, ...]
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class FromFact:
    """A value taken from a fact as it stands; `otherwise` if the fact is missing."""

    path: str
    otherwise: str | None = None
