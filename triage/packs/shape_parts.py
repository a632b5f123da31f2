"""What the shapes of sections are made of: words, flags, days, titles, and what every kind of rule may have.

Scalars arrive as the text that was written; what they mean is read later, with the pack's own names at hand.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

TAGS = {"text": "<text>", "map": "<map>", "list": "<list>"}


def _shape(value: object) -> str | None:
    match value:
        case str():
            return "<text>"
        case dict() | BaseModel():
            return "<map>"
        case list():
            return "<list>"
    return None


BY_SHAPE = Discriminator(_shape)
Word: TypeAlias = Annotated[str, Field(min_length=1), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Flag: TypeAlias = Annotated[Literal["true", "false", "True", "False", "TRUE", "FALSE"], WithJsonSchema({"type": "boolean"})]
Whole: TypeAlias = Annotated[str, Field(pattern=r"^(?:0|[1-9][0-9]{0,5})$"), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 999999})]
Day: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), WithJsonSchema({"type": "string", "format": "date"})]
Free: TypeAlias = Annotated[Any, WithJsonSchema({})]
When: TypeAlias = Annotated[Any, WithJsonSchema({"x-ref": "Condition"})]
Text: TypeAlias = Annotated[Word, Tag("<text>")]
Words: TypeAlias = Annotated[Text | Annotated[list[Word], Tag("<list>")], BY_SHAPE]


class Shape(BaseModel):
    """Base: no unknown keys, no conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TitleShape(Shape):
    zh: Word | None = None
    en: Word | None = None


Title: TypeAlias = Annotated[Text | Annotated[TitleShape, Tag("<map>")], BY_SHAPE]


class ValidShape(Shape):
    from_: Annotated[Word | None, Field(alias="from")] = None
    to: Word | None = None
    during: Word | None = None


class MetaShape(Shape):
    """What every kind of rule may have."""

    title: Title | None = None
    because: Title | None = None
    source: Word | None = None
    review_by: Day | None = None
    status: Literal["draft", "trial", "active", "retired"] | None = None
    valid: ValidShape | None = None
    replaces: Words | None = None
    locked: Flag | None = None
    replace: Word | None = None
