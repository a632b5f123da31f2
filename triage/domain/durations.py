"""Reads durations: one grammar for packs, hosts and the command line (30min, 8h, 3d, 15日, 3个工作日, 当日)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal

from triage.domain.numerals import EXACT, LONGEST, parse_numeral
from triage.message import Message

Unit = Literal["second", "minute", "hour", "day", "week", "working_hour", "working_day", "same_day", "next_day"]

_SPELLINGS: Final[dict[Unit, str]] = {
    "second": "s sec secs second seconds 秒 秒钟",
    "minute": "min mins minute minutes 分钟 分",
    "hour": "h hr hrs hour hours 小时 个小时 个钟头",
    "day": "d day days 日 天 个自然日 自然日",
    "week": "w week weeks 周 星期 个星期 礼拜 个礼拜",
    "working_hour": "working_hour working_hours 工作小时 个工作小时",
    "working_day": "working_day working_days 工作日 个工作日",
}
_UNITS: Final = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_WORDS: Final[dict[str, Unit]] = {
    "same_day": "same_day", "当日": "same_day", "当天": "same_day", "next_day": "next_day", "次日": "next_day",
}  # fmt: skip
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_SHAPE: Final = re.compile(r"([0-9][0-9,.]*|[零〇一二两三四五六七八九十百千]+|半)[ _]*(.+)")
_MOST: Final = 10**6


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: `amount` of `unit`. For "same_day" the amount is 0, for "next_day" 1; these two and the working units
    are no fixed length: when they end is for a clock with its calendar to say."""

    amount: int | Decimal
    unit: Unit

    def __str__(self) -> str:
        """As a pack writes it: "30min", "8h", "1 working_day"."""
        short = {"second": "s", "minute": "min", "hour": "h", "day": "d", "week": "w"}.get(self.unit)
        if self.unit in ("same_day", "next_day"):
            return self.unit
        return f"{self.amount}{short}" if short else f"{self.amount} {self.unit}" + ("s" if self.amount != 1 else "")

    @property
    def elapsed(self) -> timedelta | None:
        """The length as elapsed time, a day being 24 hours; None for working time, same day and next day."""
        seconds = _SECONDS.get(self.unit)
        if seconds is None:
            return None
        return timedelta(microseconds=int(EXACT.multiply(Decimal(self.amount), Decimal(seconds * 10**6))))


def parse_duration(text: str) -> Duration:
    """The duration that `text` writes: `30min 8h 3d 2 working_hours 3 working_days 15日 3个工作日 2工作小时 半小时 当日 次日`.

    Months and years have no fixed length and are refused. Raises ValueError(English text, Message).
    """
    plain = text.strip().lower().translate(WIDTH)
    if plain.replace(" ", "_") in _WORDS:
        unit = _WORDS[plain.replace(" ", "_")]
        return Duration(0 if unit == "same_day" else 1, unit)
    shape = _SHAPE.fullmatch(plain) if len(plain) <= LONGEST else None
    known = _UNITS.get(shape.group(2).replace(" ", "_")) if shape else None
    if shape is None or known is None:
        raise _wrong(text)
    try:
        amount = Decimal("0.5") if shape.group(1) == "半" else parse_numeral(shape.group(1))
    except ValueError:
        raise _wrong(text) from None
    if amount > _MOST:
        raise _wrong(text)
    return Duration(int(amount) if amount == int(amount) else amount, known)


WIDTH: Final = {**{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}, 0x3000: 0x20, 0xA0: 0x20, 0xFFE5: 0xA5}
"""Full-width forms of ASCII, the ideographic space and ￥ to half width, for str.translate."""


def _wrong(text: str) -> ValueError:
    shown = text[:40]
    return ValueError(
        f"not a duration: {shown!r}; write 30min, 8h, 3d, 2 working_hours or 3 working_days",
        Message(
            f"“{shown}”不是时长，请写成 30min、8h、3d、15日、2工作小时、3个工作日、当日或次日",
            f"{shown!r} isn't a duration; write 30min, 8h, 3d, 2 working_hours, 3 working_days, same_day or next_day",
        ),
    )
