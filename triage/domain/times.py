"""Reads dates and instants as hosts and dumps write them; never from a bare number, never in an order that could be two dates."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from triage.domain.durations import WIDTH
from triage.message import Message

_DATE = (
    r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|\.([0-9]{1,2})\.([0-9]{1,2})"
    r"|年([0-9]{1,2})月([0-9]{1,2})[日号])"
)
_TIME = (
    r"(?:(上午|下午|晚上|凌晨|中午)? ?([0-9]{1,2})"
    r"(?::([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?|[时点](?:([0-9]{1,2})分?(?:([0-9]{1,2})秒)?)?))"
)
_OFFSET = r"(z|utc|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"
_SHAPE: Final = re.compile(rf"{_DATE}(?:[ t]*{_TIME}(?: ?{_OFFSET})?)?")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_LONGEST: Final = 60


def parse_date(text: str, *, timezone: str = "Asia/Shanghai") -> date:
    """The date that `text` writes: 2026-03-16, 2026/3/16, 2026.3.16, 2026年3月16日, 20260316, or an instant, taken in `timezone`.

    Raises ValueError(English text, Message).
    """
    plain = _plain(text)
    compact = _COMPACT.fullmatch(plain)
    if compact:
        try:
            return date(*map(int, compact.groups()))
        except ValueError:
            raise _wrong(text, "date") from None
    try:
        return parse_instant(text, timezone=timezone).astimezone(ZoneInfo(timezone)).date()
    except (ValueError, OverflowError):
        raise _wrong(text, "date") from None


def parse_instant(text: str, *, timezone: str = "Asia/Shanghai") -> datetime:
    """The instant that `text` writes, aware: ISO 8601, `2020-01-04 11:17:46`, `2020/1/4 11:17`, `2020年1月4日 下午3点20分`.

    A time without an offset is one of `timezone`; a date alone is its midnight. Bare numbers (epochs) and orders such as 1/4/2020
    are refused. Raises ValueError(English text, Message).
    """
    if len(text) == 19 and text.isascii() and text[4] == text[7] == "-" and text[10] == " " and text[11:13] < "24":  # as nearly all dumps write it
        with suppress(ValueError):
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone))
    plain = _plain(text)
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        raise _wrong(text, "instant")
    found = shape.groups()
    month, day = (int(next(x for x in found[1 + i : 9 : 2] if x is not None)) for i in (0, 1))
    half, hour, minute, second, fraction, spoken_minute, spoken_second, offset = found[9:]
    hours = int(hour or 0)
    if half in ("下午", "晚上") and hours < 12:
        hours += 12
    try:
        value = datetime(
            int(found[0]), month, day, hours, int(minute or spoken_minute or 0), int(second or spoken_second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
        )  # fmt: skip
        if offset is None:
            return value.replace(tzinfo=ZoneInfo(timezone))
        sign = "+00:00" if offset in ("z", "utc") else offset
        return value.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00:00{sign}").tzinfo)
    except ValueError:
        raise _wrong(text, "instant") from None


def _plain(text: str) -> str:
    if len(text) > _LONGEST:
        return ""
    return " ".join(text.translate(WIDTH).lower().split())


def _wrong(text: str, kind: str) -> ValueError:
    shown = text[:40]
    zh, en, example = ("日期", "a date", "2026-03-16") if kind == "date" else ("时间", "an instant", "2026-03-16 09:30:00")
    return ValueError(
        f"not {en}: {shown!r}; write {example}",
        Message(f"“{shown}”不是{zh}，请写成 {example}", f"{shown!r} isn't {en}; write {example}"),
    )
