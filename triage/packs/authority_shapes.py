"""The shape of `authority:`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, Tag, WithJsonSchema

from triage.packs.shape_parts import BY_SHAPE, Day, Flag, Free, Shape, Text, Title, ValidShape, When, Word, Words


class RemedyShape(Shape):
    """A rank's name and its limit, for each rank; or `rows`, a table. The keys of ranks are the pack's own."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, Word]
    title: Title | None = None
    unit: Word | None = None
    decimals: Literal["0", "1", "2", "3", "4", "5", "6"] | None = None
    rows: list[LimitRowShape] | None = None
    when: Annotated[Any, WithJsonSchema({"not": {}})] = None  # taken here so that the reader can say how a condition is written


class LimitRowShape(Shape):
    """A row of a remedy's table: limits by rank, and when they count."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, Word]
    when: When | None = None


class GuardShape(Shape):
    """What adjustments, caps and four eyes may have besides what is their own."""

    id: Word | None = None
    title: Title | None = None
    because: Title | None = None
    source: Word | None = None
    owner: Word | None = None
    review_by: Day | None = None
    status: Literal["draft", "trial", "active", "retired"] | None = None
    valid: ValidShape | None = None
    when: When | None = None


class AdjustShape(GuardShape):
    remedies: Words | None = None
    ranks: Words | None = None
    times: Word


class StepShape(Shape):
    at: Word
    notify: Words


class CapShape(GuardShape):
    locked: Flag | None = None
    sum_of: Words | None = None
    count_of: Words | None = None
    per: Word
    in_: Annotated[Word | None, Field(alias="in")] = None
    limit: Annotated[Text | Annotated[dict[str, Word], Tag("<map>")], BY_SHAPE]
    over: Literal["next_rank"] | None = None
    unless: Free = None
    steps: list[StepShape] | None = None


class FourEyesShape(GuardShape):
    locked: Flag | None = None
    sum_of: Words
    from_: Annotated[Word, Field(alias="from")]
    per: Word
    in_: Annotated[Word | None, Field(alias="in")] = None
    second: Literal["same_rank_or_above"] | None = None
    unless: Free = None


class ApprovalsShape(Shape):
    answer_in: Word | None = None
    then: Literal["next_rank"] | None = None
    expire: Word | None = None


Remedy: TypeAlias = Annotated[Annotated[RemedyShape, Tag("<map>")] | Annotated[list[LimitRowShape], Tag("<list>")], BY_SHAPE]


class AuthorityShape(Shape):
    """Who may grant what. Ranks are a list from the lowest to the highest, or a mapping of rank to title in that order."""

    ranks: Annotated[Annotated[list[Word], Tag("<list>")] | Annotated[dict[str, Title], Tag("<map>")], BY_SHAPE] | None = None
    above_top: Word | None = None
    remedies: dict[str, Remedy] | None = None
    adjust: list[AdjustShape] | None = None
    caps: list[CapShape] | None = None
    four_eyes: list[FourEyesShape] | None = None
    never: Words | None = None
    approvals: ApprovalsShape | None = None
