"""Finds dates and lengths of time in folded text: 2019年7月2日, 7月2日, 昨天, 上周三; 三天, 20个工作日, 半年."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from triage.domain.durations import Duration, Unit
from triage.domain.numerals import EXACT, parse_numeral

_NUMERALS = "零〇一二三四五六七八九十"
_DAY = rf"(?:[0-9]{{1,2}}|[{_NUMERALS}]{{1,3}})"
_DATE: Final = re.compile(
    rf"(?:(?<![0-9{_NUMERALS}])(?P<year>[0-9]{{4}}|[零〇一二三四五六七八九]{{4}}|[0-9]{{2}})年|(?P<near>[今去前明]年)) ?"
    rf"(?P<month>{_DAY})月(?:份)? ?(?P<day>{_DAY})[日号]"
)
_PARTIAL: Final = re.compile(
    rf"(?<![0-9{_NUMERALS}年])(?:(?P<month>{_DAY})月(?:份)? ?|(?P<which>[上这下]个?月|[本当]月))(?P<day>{_DAY})[日号](?![码线楼])"
)
_NUMERIC: Final = re.compile(
    r"[12][0-9]{3}(?<![0-9].{4})(?<![0-9][./-].{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|\.([0-9]{1,2})\.([0-9]{1,2}))"
    r"(?![0-9])(?![./-][0-9])"
)
_RELATIVE: Final = re.compile(r"[大前昨今明后](?:[前后])?[天日晚早夜]")
_WEEKDAY: Final = re.compile(r"[上本这下](?:个?(?:周|星期|礼拜))(?P<weekday>[一二三四五六日天])(?!起)")
_BEFORE_MONTH: Final = 10
_AFTER_MONTH: Final = 7
"""Characters around 月 within which a date stands."""
_SHIFT: Final = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0,
    "明天": 1, "明日": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_YEARS: Final = {"今": 0, "去": -1, "前": -2, "明": 1}
_AHEAD = timedelta(days=92)
"""A date without a year is this year's, or last year's if it would be further ahead than this."""

_HAN = "零〇一二两三四五六七八九十百千"
_LENGTH: Final = re.compile(
    rf"(?P<number>[0-9]{{1,5}}(?:\.[0-9]{{1,2}})?|[{_HAN}]{{1,6}}|半)"
    r"(?P<half>个半|多个?|个)? ?(?P<unit>工作日|工作小时|小时|钟头|分钟|秒钟|天(?!两头)|星期(?![一二三四五六日天])|礼拜(?![一二三四五六日天])"
    r"|周(?![一二三四五六日岁边围])|月(?![0-9一二三四五六七八九十])|年(?![级代纪轻0-9份度底初]|月)|日(?=之?内|以内))(?P<after>半)?"
)
_NOT_BEFORE: Final = re.compile(r"[第月周]\Z|[0-9][.,]\Z")
_RUN: Final = re.compile(rf"[0-9{_HAN}半]+(?:\.[0-9]{{1,2}})?")
_UNITS: Final[dict[str, tuple[Unit, int]]] = {
    "工作日": ("working_day", 1), "工作小时": ("working_hour", 1), "小时": ("hour", 1), "钟头": ("hour", 1), "分钟": ("minute", 1),
    "秒钟": ("second", 1), "天": ("day", 1), "日": ("day", 1), "星期": ("week", 1), "礼拜": ("week", 1), "周": ("week", 1),
    "月": ("day", 30), "年": ("day", 365),
}  # fmt: skip


def find_dates(folded: str, today: date | None) -> Iterator[tuple[int, int, date]]:
    """(start, end, date) of each date. Those without a year and relative ones (昨天, 上周三) only when `today` is given."""
    for found in _NUMERIC.finditer(folded):
        parts = [part for part in found.groups() if part]
        value = _date(int(found[0][:4]), *parts)
        if value is not None:
            yield found.start(), found.end(), value
    end, month = 0, folded.find("月")
    while month >= 0:
        # patterns are tried only around each 月: fast where there are few, linear where there are many
        after = folded[month : month + _AFTER_MONTH]
        hit = _around(folded, max(end, month - _BEFORE_MONTH), month, today) if "日" in after or "号" in after else None
        if hit is not None:
            end = hit[1]
            yield hit
        month = folded.find("月", max(month + 1, end))
    if today is not None:
        yield from _relative(folded, today)


def _around(folded: str, start: int, month: int, today: date | None) -> tuple[int, int, date] | None:
    found = _DATE.search(folded, start, month + _AFTER_MONTH)
    value = _full(found, today) if found else None
    if value is None and today is not None:
        found = _PARTIAL.search(folded, start, month + _AFTER_MONTH + 1)
        value = _partial(found, today) if found else None
    return None if found is None or value is None else (found.start(), found.end(), value)


def _full(found: re.Match[str], today: date | None) -> date | None:
    if found["near"]:
        if today is None:
            return None
        year = today.year + _YEARS[found["near"][0]]
    else:
        year = int(parse_numeral(found["year"])) + (2000 if len(found["year"]) == 2 else 0)
    return _date(year, found["month"], found["day"])


def _partial(found: re.Match[str], today: date) -> date | None:
    if found["which"]:
        shift = {"上": -1, "下": 1}.get(found["which"][0], 0)
        months = today.year * 12 + today.month - 1 + shift
        return _date(months // 12, str(months % 12 + 1), found["day"])
    value = _date(today.year, found["month"], found["day"])
    if value is None or value - today > _AHEAD:
        value = _date(today.year - 1, found["month"], found["day"]) or value
    return value


def _relative(folded: str, today: date) -> Iterator[tuple[int, int, date]]:
    hits = [(found, _SHIFT[found[0]]) for found in _RELATIVE.finditer(folded) if found[0] in _SHIFT]
    for found in _WEEKDAY.finditer(folded):
        week = {"上": -7, "下": 7}.get(found[0][0], 0)
        hits.append((found, week - today.weekday() + "一二三四五六日".index(found["weekday"].replace("天", "日"))))
    for found, days in hits:
        try:
            yield found.start(), found.end(), today + timedelta(days=days)
        except OverflowError:
            continue


def _date(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(parse_numeral(month)), int(parse_numeral(day)))
    except ValueError:
        return None


def _is_year(number: str, after: str) -> bool:
    """Whether the number before 年 names a year: 2019年, 二〇一九年, 19年; not 10年内."""
    if len(number) >= 4 and not any(c in number for c in "十百千"):
        return True
    return len(number) == 2 and number.isdecimal() and (not after or after not in "多内了前后来")


def find_durations(folded: str) -> Iterator[tuple[int, int, timedelta]]:
    """(start, end, length) of each length of time. A month counts 30 days and a year 365; a working day counts as a day and a
    working hour as an hour, which they last at least; what is vague (三天多) counts as what it is said to exceed."""
    end = 0
    for run in _RUN.finditer(folded):
        found = _LENGTH.match(folded, run.start()) if run.start() >= end else None
        if found is None or _NOT_BEFORE.search(folded, max(0, run.start() - 2), run.start()):
            continue
        number, middle, unit = found["number"], found["half"], found["unit"]
        if unit == "月" and middle is None:
            continue  # 七月 is a month of the year, 七个月 a length
        if unit == "年" and middle is None and _is_year(number, folded[found.end() : found.end() + 1]):
            continue
        try:
            amount = Decimal("0.5") if number == "半" else parse_numeral(number)
        except ValueError:
            continue
        if middle == "个半" or found["after"]:
            amount = EXACT.add(amount, Decimal("0.5"))
        name, times = _UNITS[unit]
        elapsed_as: Unit = {"working_day": "day", "working_hour": "hour"}.get(name, name)  # type: ignore[assignment]
        elapsed = Duration(EXACT.multiply(amount, Decimal(times)), elapsed_as).elapsed
        if elapsed is not None:
            end = found.end()
            yield found.start(), end, elapsed
