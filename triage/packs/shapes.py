"""The shape of every section of a pack, as strict models: what `check` holds files against and what editors get as JSON Schema.

Scalars arrive as the text that was written; what they mean (a duration, an amount, a fact's name) is read later, with the
pack's own names at hand.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Tag

from triage.packs.authority_shapes import AuthorityShape
from triage.packs.shape_parts import BY_SHAPE, Flag, Free, MetaShape, Shape, Title, When, Whole, Word, Words
from triage.packs.shape_parts import Text as _T


class PackShape(Shape):
    id: Word
    title: Title | None = None
    version: Word
    language: Word | None = None
    locale: Word | None = None
    currency: Word | None = None
    timezone: Word | None = None
    owner: Word | None = None
    approved_by: Words | None = None


class DefaultsShape(Shape):
    severity: Literal["low", "medium", "high", "critical"] | None = None
    queue: Word | None = None


class QueueShape(Shape):
    title: Title | None = None
    zh: Word | None = None
    en: Word | None = None


class OrdersShape(Shape):
    layers: list[Literal["people", "green_channels", "rules", "routes"]] | None = None
    queues: list[Word] | None = None
    channels: list[Word] | None = None


class CueShape(Shape):
    contains: Word | None = None
    contains_any: list[Word] | None = None
    contains_all: list[Word] | None = None
    words: Words | None = None
    matches: Word | None = None
    starts_with: Word | None = None
    ends_with: Word | None = None
    unless_negated: Flag | None = None
    weight: Whole | None = None
    alone: Flag | None = None


Cues: TypeAlias = list[Annotated[_T | Annotated[CueShape, Tag("<map>")], BY_SHAPE]]


class CategoryShape(Shape):
    owner: Word | None = None
    title: Title | None = None
    cues: Cues | None = None
    replace: Word | None = None


class TagShape(Shape):
    title: Title | None = None
    cues: Cues | None = None


class IntentShape(TagShape):
    otherwise: Flag | None = None


class TaxonomyShape(Shape):
    categories: dict[str, CategoryShape | None] | None = None
    intents: dict[str, IntentShape | None] | None = None
    requests: dict[str, TagShape | None] | None = None
    risks: dict[str, TagShape | None] | None = None
    emotions: dict[str, TagShape | None] | None = None


class LookupShape(Shape):
    lookup: Word | None = None
    by: Words | None = None
    from_: Annotated[Word | None, Field(alias="from")] = None
    else_: Annotated[Word | None, Field(alias="else")] = None


class FactShape(Shape):
    type: Literal["text", "category", "choice", "bool", "integer", "decimal", "money", "instant", "date", "duration", "person"] | None = None
    many: Flag | None = None
    values: list[Word] | None = None
    ordered: Flag | None = None
    default: Free = None
    title: Title | None = None
    names: Words | None = None
    merge: Literal["max", "min", "union", "unique"] | None = None
    lookup: Word | None = None
    by: Words | None = None
    else_: Annotated[Word | None, Field(alias="else")] = None
    replace: Word | None = None


class PeriodShape(Shape):
    from_: Annotated[Word | None, Field(alias="from")] = None
    to: Word | None = None
    every_year: Word | None = None
    daily: Word | None = None
    replace: Word | None = None


class CountShape(Shape):
    of: Literal["complaints"]
    same: Words
    within: Word
    title: Title | None = None
    names: Words | None = None
    replace: Word | None = None


class PersonShape(LookupShape):
    title: Title | None = None
    replace: Word | None = None


class ChainShape(BaseModel):
    """An escalation chain; its steps are read by another part of the product."""

    model_config = ConfigDict(extra="allow", strict=True)
    title: Title | None = None


Target: TypeAlias = Annotated[_T | Annotated[LookupShape, Tag("<map>")], BY_SHAPE]
Targets: TypeAlias = Annotated[
    _T | Annotated[LookupShape, Tag("<map>")] | Annotated[list[Target], Tag("<list>")], BY_SHAPE
]  # fmt: skip
Severity: TypeAlias = Literal["low", "medium", "high", "critical"]


class ThenShape(Shape):
    severity: Severity | None = None
    queue: Target | None = None
    owner: Target | None = None
    notify: Targets | None = None
    assist: Targets | None = None
    require: Words | None = None
    tag: Words | None = None
    escalate: Words | None = None
    propose: Words | None = None
    approver: Words | None = None
    visible_to: Words | None = None
    mute: Words | None = None
    template: dict[str, Word] | None = None
    set: dict[str, Free] | None = None


class RuleShape(MetaShape):
    id: Word
    title: Title
    when: When
    then: ThenShape
    owner: Word | None = None
    override: Flag | None = None


class ChannelShape(MetaShape):
    id: Word
    when: When
    queue: Target | None = None
    owner: Target | None = None
    owner_rank: Word | None = None
    severity: Severity | None = None
    clocks: dict[str, Word] | None = None
    notify: Targets | None = None
    assist: Targets | None = None
    require: Words | None = None
    tag: Words | None = None
    template: dict[str, Word] | None = None


class RowShape(MetaShape):
    id: Word | None = None
    when: When | None = None
    queue: Target
    owner: Target | None = None
    assist: Targets | None = None


class TestShape(Shape):
    __test__ = False
    name: Word
    given: Free = None
    expect: Free = None
    journey: Free = None


LATER = (
    "calendars", "clocks", "alerts", "discover", "requests", "callbacks", "reviews", "sampling", "duplicates",
    "offers", "retention", "shifts",
)  # fmt: skip
"""Sections that are carried along and not acted on by this version."""


class FileShape(Shape):
    """One YAML file of a pack. Any section may stand in any file; only pack.yaml is required."""

    pack: PackShape | None = None
    extends: list[Word] | None = None
    remove: list[Word] | None = None
    defaults: DefaultsShape | None = None
    queues: dict[str, Annotated[_T | Annotated[QueueShape, Tag("<map>")], BY_SHAPE] | None] | None = None
    orders: OrdersShape | None = None
    taxonomy: TaxonomyShape | None = None
    facts: dict[str, Annotated[_T | Annotated[FactShape, Tag("<map>")], BY_SHAPE]] | None = None
    periods: dict[str, PeriodShape] | None = None
    counts: dict[str, CountShape] | None = None
    people: dict[str, Annotated[_T | Annotated[PersonShape, Tag("<map>")], BY_SHAPE] | None] | None = None
    escalations: dict[str, ChainShape | None] | None = None
    rules: list[RuleShape] | None = None
    green_channels: list[ChannelShape] | None = None
    routes: list[RowShape] | None = None
    tests: list[TestShape] | None = None
    authority: AuthorityShape | None = None
    calendars: Free = None
    clocks: Free = None
    alerts: Free = None
    discover: Free = None
    requests: Free = None
    callbacks: Free = None
    reviews: Free = None
    sampling: Free = None
    duplicates: Free = None
    offers: Free = None
    retention: Free = None
    shifts: Free = None
