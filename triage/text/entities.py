"""Finds amounts, dates, durations, phones, identity numbers, bank cards and order numbers, with their places in the original text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

from triage.domain.tags import Span
from triage.text.amounts import find_amounts
from triage.text.fold import Text
from triage.text.identifiers import find_bank_cards, find_id_numbers, find_orders, find_phones
from triage.text.moments import find_dates, find_durations

Kind: TypeAlias = Literal["money", "date", "duration", "phone", "id_number", "bank_card", "order"]
KINDS: Final[tuple[Kind, ...]] = ("money", "date", "duration", "phone", "id_number", "bank_card", "order")


class Entity(NamedTuple):
    """One thing found in a text.

    kind   "money" (value: Decimal, yuan), "date" (date), "duration" (timedelta), "phone", "id_number", "bank_card", "order" (str)
    span   its characters in the original text
    value  what it means
    quote  what the customer wrote: original[span.start:span.end]
    """

    kind: Kind
    span: Span
    value: Decimal | date | timedelta | str
    quote: str


_DIGIT: Final = re.compile("[0-9]")
_DIGITS: Final = re.compile("[0-9]{3}")
_MANY_DIGITS: Final = re.compile("[0-9](?:[ -]?[0-9]){11}")
_DAYS: Final = ("月", "天", "周", "星期", "礼拜", "日", "昨", "今", "号")
_TIMES: Final = ("天", "时", "日", "月", "年", "周", "分", "星期", "礼拜", "钟")

_Found: TypeAlias = Iterable[tuple[int, int, Decimal | date | timedelta | str]]


def _dates(text: Text, today: date | None) -> _Found:
    if _DIGIT.search(text.folded) or any(word in text.folded for word in _DAYS):
        return find_dates(text.folded, today)
    return ()


def _durations(text: Text, today: date | None) -> _Found:
    return find_durations(text.folded) if any(word in text.folded for word in _TIMES) else ()


def _with_digits(
    find: Callable[[str], Iterable[tuple[int, int, str]]], hint: re.Pattern[str] = _DIGITS
) -> Callable[[Text, date | None], _Found]:
    """A finder whose slow patterns are tried only on texts with digits enough."""
    return lambda text, today: find(text.folded) if hint.search(text.folded) else ()


_FINDERS: Final[dict[str, Callable[[Text, date | None], _Found]]] = {
    "money": lambda text, today: find_amounts(text),
    "date": _dates,
    "duration": _durations,
    "phone": _with_digits(find_phones),
    "id_number": _with_digits(find_id_numbers, _MANY_DIGITS),
    "bank_card": _with_digits(find_bank_cards, _MANY_DIGITS),
    "order": _with_digits(find_orders),
}


def long_numbers(text: Text) -> bool:
    """Whether the text has digits enough in a row for an identity number or a bank card."""
    return _MANY_DIGITS.search(text.folded) is not None


def entities(text: Text, kinds: Collection[str] | None = None, today: date | None = None) -> list[Entity]:
    """The entities of the kinds asked for (all by default), in order of their places.

    Dates without a year and relative ones are found only if `today` is given. Kinds are looked for one by one: an order number
    may also be found as a phone. Takes time linear in the length of the text. Raises ValueError for an unknown kind.
    """
    found: list[Entity] = []
    for kind in KINDS if kinds is None else kinds:
        finder = _FINDERS.get(kind)
        if finder is None:
            raise ValueError(f"no kind of entity is named {kind!r}; there are {', '.join(KINDS)}")
        for start, end, value in finder(text, today):
            span = text.span(start, end)
            if span is not None:
                found.append(Entity(kind, span, value, text.original[span.start : span.end]))  # type: ignore[arg-type]
    found.sort(key=lambda entity: (entity.span, entity.kind))
    return found
