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
    rf"(?<![0-9{_NUMERALS}])(?P<year>[0-9]{{4}}|[零〇一二三四五六七八九]{{4}}|[0-9]{{2}}|今年|去年|前年|明年)年?(?<=年) ?"
    rf"(?P<month>{_DAY})月(?:份)? ?(?P<day>{_DAY})[日号]"
    r"|(?<![0-9])(?<![0-9][./-])(?P<y>(?:19|20)[0-9]{2})(?:-(?P<m1>[0-9]{1,2})-(?P<d1>[0-9]{1,2})|/(?P<m2>[0-9]{1,2})/(?P<d2>[0-9]{1,2})"
    r"|\.(?P<m3>[0-9]{1,2})\.(?P<d3>[0-9]{1,2}))(?![0-9])(?![./-][0-9])"
)
_PARTIAL: Final = re.compile(
    rf"(?<![0-9{_NUMERALS}年])(?:(?P<month>{_DAY})月(?:份)? ?|(?P<which>上个?月|这个?月|本月|当月|下个?月))(?P<day>{_DAY})[日号](?![码线楼])"
)
_RELATIVE: Final = re.compile(
    r"(?P<word>大前天|大后天|前天|昨天|今天|明天|后天|昨日|今日|明日|前日|昨晚|今早|今晚|昨夜)"
    r"|(?P<week>上个?周|上个?星期|上个?礼拜|本周|这周|这个?星期|下个?周|下个?星期)(?P<weekday>[一二三四五六日天])(?!起)"
)
_SHIFT: Final = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0,
    "明天": 1, "明日": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_YEARS: Final = {"今年": 0, "去年": -1, "前年": -2, "明年": 1}
_AHEAD = timedelta(days=92)
"""A date without a year is this year's, or last year's if it would be further ahead than this."""

_HAN = "零〇一二两三四五六七八九十百千"
_LENGTH: Final = re.compile(
    rf"(?<![第0-9.,月周{_HAN}])(?P<number>[0-9]{{1,5}}(?:\.[0-9]{{1,2}})?|[{_HAN}]{{1,6}}|半)"
    r"(?P<half>个半|多个?|个)? ?(?P<unit>工作日|工作小时|小时|钟头|分钟|秒钟|天(?!两头)|星期(?![一二三四五六日天])|礼拜(?![一二三四五六日天])"
    r"|周(?![一二三四五六日岁边围])|月(?![0-9一二三四五六七八九十])|年(?![级代纪轻0-9份度底初]|月)|日(?=之?内|以内))(?P<after>半)?"
)
_UNITS: Final[dict[str, tuple[Unit, int]]] = {
    "工作日": ("working_day", 1), "工作小时": ("working_hour", 1), "小时": ("hour", 1), "钟头": ("hour", 1), "分钟": ("minute", 1),
    "秒钟": ("second", 1), "天": ("day", 1), "日": ("day", 1), "星期": ("week", 1), "礼拜": ("week", 1), "周": ("week", 1),
    "月": ("day", 30), "年": ("day", 365),
}  # fmt: skip
_NEEDS_GE = frozenset(("月",))


def find_dates(folded: str, today: date | None) -> Iterator[tuple[int, int, date]]:
    """(start, end, date) of each date. Those without a year and relative ones (昨天, 上周三) only when `today` is given."""
    for found in _DATE.finditer(folded):
        if found["y"]:
            year, parts = int(found["y"]), [found[f"{k}{i}"] for i in "123" for k in "md" if found[f"{k}{i}"]]
        else:
            spoken, parts = found["year"], [found["month"], found["day"]]
            if spoken in _YEARS:
                if today is None:
                    continue
                year = today.year + _YEARS[spoken]
            else:
                year = int(parse_numeral(spoken))
                year += 2000 if len(spoken) == 2 else 0
        value = _date(year, parts[0], parts[1])
        if value is not None:
            yield found.start(), found.end(), value
    if today is None:
        return
    for found in _PARTIAL.finditer(folded):
        if found["month"]:
            value = _date(today.year, found["month"], found["day"])
            if value is None or value - today > _AHEAD:
                value = _date(today.year - 1, found["month"], found["day"]) or value
        else:
            shift = {"上": -1, "下": 1}.get(found["which"][0], 0)
            months = today.year * 12 + today.month - 1 + shift
            value = _date(months // 12, str(months % 12 + 1), found["day"])
        if value is not None:
            yield found.start(), found.end(), value
    for found in _RELATIVE.finditer(folded):
        if found["word"]:
            days = _SHIFT[found["word"]]
        else:
            monday = -today.weekday() + {"上": -7, "下": 7}.get(found["week"][0], 0)
            days = monday + "一二三四五六日天".index(found["weekday"]) - (found["weekday"] == "天")
        try:
            yield found.start(), found.end(), today + timedelta(days=days)
        except OverflowError:
            continue


def _date(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(parse_numeral(month)), int(parse_numeral(day)))
    except ValueError:
        return None


def find_durations(folded: str) -> Iterator[tuple[int, int, timedelta]]:
    """(start, end, length) of each length of time. A month counts 30 days and a year 365; a working day counts as a day and a
    working hour as an hour, which they last at least; what is vague (三天多) counts as what it is said to exceed."""
    for found in _LENGTH.finditer(folded):
        number, middle, unit = found["number"], found["half"], found["unit"]
        if unit == "月" and middle is None:
            continue  # 七月 is a month of the year, 七个月 a length
        if unit == "年" and number.isdecimal() and len(number) in (2, 4, 5) and folded[found.end() : found.end() + 1] not in ("多", "内", "了", "前", "后"):
            continue  # 19年 and 2019年 are years
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
            yield found.start(), found.end(), elapsed
