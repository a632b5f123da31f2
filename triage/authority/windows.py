"""Where a window begins and ends at an instant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage.domain.authority import Window


def bounds(window: Window, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """The first instant inside (None: from the beginning) and the first after it (None: no end).

    A rolling window is [now - length, now]; what is dated after `now` counts too, since every window that ever holds both
    would. A calendar window is the whole day, week, month, quarter or year that `now` is in, by the pack's time zone.
    """
    if window.kind == "always":
        return None, None
    try:
        if window.kind == "rolling":
            assert window.length is not None
            return now - window.length, None
        first = first_day(window, now.astimezone(zone).date())
        return midnight(first, zone), midnight(day_after(window, first), zone)
    except OverflowError:  # at the ends of the calendar there is nothing before, or after
        return None, None


def first_day(window: Window, day: date) -> date:
    """The first day of the calendar window that a day is in."""
    match window.kind:
        case "calendar_week":
            return day - timedelta(days=day.weekday())
        case "calendar_month":
            return day.replace(day=1)
        case "calendar_quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "calendar_year":
            return day.replace(month=1, day=1)
        case _:
            return day


def day_after(window: Window, first: date) -> date:
    """The first day after a calendar window that begins on `first`."""
    days = {"calendar_day": 1, "calendar_week": 7, "calendar_month": 31, "calendar_quarter": 92, "calendar_year": 366}[window.kind]
    # a step that surely leads out of the window, then back to where the next one begins
    return first + timedelta(days=days) if window.kind in ("calendar_day", "calendar_week") else first_day(window, first + timedelta(days=days))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The start of a day."""
    return datetime.combine(day, time(0), zone)
