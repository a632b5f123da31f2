"""Reads raw values (from hosts, dumps, packs) as the declared type of a fact; anything that can't be told for sure is refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

from triage.domain.durations import WIDTH, Duration, parse_duration
from triage.domain.facts import FactType, Kind, Scalar, Value
from triage.domain.numerals import EXACT, LONGEST, parse_numeral, plain
from triage.domain.times import parse_date, parse_instant
from triage.message import Message

__all__ = ["Duration", "parse_date", "parse_duration", "parse_instant", "parse_money", "read_value"]

_TRUE: Final = frozenset(("true", "yes", "y", "t", "1", "on", "是", "对", "有", "真"))
_FALSE: Final = frozenset(("false", "no", "n", "f", "0", "off", "否", "不是", "无", "没有", "假"))
_WHOLE: Final = re.compile(r"([+-]?)([0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})(?:\.0{1,9})?")
_NUMBER: Final = re.compile(r"([+-]?)((?:[0-9]{1,24}|[0-9]{1,3}(?:,[0-9]{3}){1,8})(?:\.[0-9]{1,15})?|\.[0-9]{1,15})(%?)")
_PART = "[^元块圆角毛分钱整]"
_SPOKEN: Final = re.compile(
    rf"(?P<yuan>{_PART}+)(?:[元块圆](?:(?P<jiao>{_PART}{{1,3}})(?:[角毛](?:(?P<fen>{_PART}{{1,3}})分?)?)?)?)?(?:钱|整)?"
)
_LARGEST: Final = 30
"""Most digits of a number read, before and after the point."""
_SEPARATORS: Final = re.compile(r"[,，、;；|]")
_NUMBER_SEPARATORS: Final = re.compile(r"[，、;；|]|,(?![0-9]{3}(?![0-9]))|(?<![0-9]),")


def read_value(raw: object, type: FactType, *, timezone: str = "Asia/Shanghai") -> Value:
    """`raw` as a value of `type`: numbers, dates and so on as such or as text. Raises ValueError(English text, Message).

    A list (`type.many`) may be given as a list or tuple, as the text of a JSON array, or as text with one of `,，、;；|`
    between its elements. Times without an offset are of `timezone`. Durations are elapsed time (timedelta).
    """
    if type.many:
        return tuple(_one(item, type, timezone) for item in _items(raw, type.kind))
    return _one(raw, type, timezone)


def _one(raw: object, type: FactType, timezone: str) -> Scalar:
    if raw is None or (isinstance(raw, float | Decimal) and not math.isfinite(raw)):
        _refuse(raw, "没有值", "no value")
    if type.kind == "choice":
        return _choice(_text(raw).strip(), type.domain)
    if type.kind in ("instant", "date"):
        return _time(raw, type.kind, timezone)
    return _READERS[type.kind](raw)


def _items(raw: object, kind: Kind) -> list[object]:
    if isinstance(raw, list | tuple):
        return list(raw)
    if isinstance(raw, set | frozenset):
        return sorted(raw, key=str)
    if not isinstance(raw, str):
        return [raw]
    stripped = raw.strip()
    if stripped.startswith("[") and stripped.endswith("]"):
        try:
            # numbers stay text, so that none becomes a float on the way
            items = json.loads(stripped, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list):
            return items
    pattern = _NUMBER_SEPARATORS if kind in ("integer", "decimal", "money") else _SEPARATORS
    return [item.strip() for item in pattern.split(stripped) if item.strip()]


def _text(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))  # spreadsheets keep whole numbers, such as account numbers, as floats
    if isinstance(raw, int | float | Decimal):
        return str(raw)
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    return _refuse(raw, "应是文字", "text is wanted")


def _name(raw: object) -> str:
    text = _text(raw).strip()
    return text or _refuse(raw, "是空的", "it is empty")


def _choice(text: str, domain: tuple[str, ...]) -> str:
    if not domain or text in domain:
        return text
    folded = text.translate(WIDTH).casefold()
    close = [item for item in domain if item.translate(WIDTH).casefold() == folded]
    if len(close) == 1:
        return close[0]
    return _refuse(text, f"可选的有 {'、'.join(domain)}", f"choose one of {', '.join(domain)}")


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float | Decimal) and raw in (0, 1):
        return raw == 1
    text = raw.translate(WIDTH).strip().casefold() if isinstance(raw, str) else ""
    if text in _TRUE:
        return True
    return False if text in _FALSE else _refuse(raw, "应是 是/否 或 true/false", "yes/no or true/false is wanted")


def _integer(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, float | Decimal) and abs(raw) < 10**_LARGEST and raw == int(raw):
        return int(raw)
    found = _WHOLE.fullmatch(raw.translate(WIDTH).strip()) if isinstance(raw, str) else None
    if found is None:
        return _refuse(raw, "应是整数", "a whole number is wanted")
    return int(found.group(1) + found.group(2).replace(",", ""))


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, str):
        found = _NUMBER.fullmatch(raw.translate(WIDTH).strip())
        if found is None:
            return _refuse(raw, "应是数", "a number is wanted")
        value = Decimal(found.group(1) + found.group(2).replace(",", ""))
        return plain(EXACT.multiply(value, Decimal("0.01"))) if found.group(3) else value
    return _exact(raw)


def _exact(raw: object) -> Decimal:
    """A number as a Decimal: a float by the shortest text that means it, 0.1 and not 0.1000000000000000055."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return _refuse(raw, "应是数", "a number is wanted")
    value = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if not value.is_finite() or (value and not -_LARGEST < value.adjusted() < _LARGEST):
        return _refuse(raw, "数太大或不是数", "the number is too large or isn't one")
    return plain(value) if isinstance(raw, float) else value


def _money(raw: object) -> Decimal:
    return parse_money(raw) if isinstance(raw, str) else _exact(raw)


def parse_money(text: str) -> Decimal:
    """The amount in yuan that `text` writes: 500, 500元, 2万, 1.5万元, ￥99.00, ¥1,200, 1千, 三百块, 5元5角.

    Another currency is refused. Raises ValueError(English text, Message).
    """
    bare = text.translate(WIDTH).strip().lower()
    negative = bare.startswith("-")
    bare = bare.lstrip("+-") if bare[:1] in "+-" and bare[1:2] not in "+-" else bare
    for mark in ("人民币", "rmb", "cny", "¥"):
        bare = bare.removeprefix(mark).removesuffix(mark).strip()
    bare = bare.removesuffix("yuan").strip()
    spoken = _SPOKEN.fullmatch(bare) if len(bare) <= LONGEST else None
    try:
        if spoken is None:
            raise ValueError(text)
        value = parse_numeral(spoken["yuan"].replace(" ", ""))
        for part, unit in (("jiao", "0.1"), ("fen", "0.01")):
            if spoken[part]:
                value = EXACT.add(value, EXACT.multiply(parse_numeral(spoken[part]), Decimal(unit)))
    except ValueError:
        return _refuse(text, "应是人民币金额，如 500、500元、2万", "an amount in yuan is wanted, such as 500, 500元 or 2万")
    return -value if negative else value


def _time(raw: object, kind: Kind, timezone: str) -> datetime | date:
    if isinstance(raw, datetime):
        aware = raw if raw.utcoffset() is not None else raw.replace(tzinfo=ZoneInfo(timezone))
        return aware if kind == "instant" else aware.astimezone(ZoneInfo(timezone)).date()
    if isinstance(raw, date):
        return raw if kind == "date" else datetime(raw.year, raw.month, raw.day, tzinfo=ZoneInfo(timezone))
    if not isinstance(raw, str):
        _refuse(raw, "应是时间，数字不当作时间", "a time is wanted; a number isn't taken for one")
    return parse_instant(raw, timezone=timezone) if kind == "instant" else parse_date(raw, timezone=timezone)


def _duration(raw: object) -> timedelta:
    if isinstance(raw, timedelta):
        return raw
    if not isinstance(raw, str):
        return _refuse(raw, "应是带单位的时长，如 8h", "a duration with its unit is wanted, such as 8h")
    elapsed = parse_duration(raw).elapsed
    if elapsed is None:
        return _refuse(raw, "工作时间没有固定长度，请写自然时长，如 8h、3d", "working time has no fixed length; write 8h or 3d")
    return elapsed


def _refuse(raw: object, zh: str, en: str) -> NoReturn:
    shown = repr(raw)[:60]
    raise ValueError(f"can't read {shown}: {en}", Message(zh, en))


_READERS: Final[dict[Kind, Callable[[object], Scalar]]] = {
    "text": _text, "category": _name, "person": _name, "bool": _bool, "integer": _integer, "decimal": _decimal,
    "money": _money, "duration": _duration,
}  # fmt: skip
