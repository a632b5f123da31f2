"""When a term ends, on a plain working week: for approvals, until a pack's own calendars are at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from triage.domain.durations import Duration

_HOURS = ((time(9), time(12)), (time(13, 30), time(18)))


@dataclass(frozen=True)
class WorkingWeek:
    """Deadlines on Monday to Friday, 09:00-12:00 and 13:30-18:00, in one time zone. `off` are further days off, `on` days worked
    at a weekend; without them public holidays count as working days, so a term may end too early and never too late.

    Elapsed units need none of that. A working day ends a term at the same time of day, so many working days later; a term in
    working time that starts outside working hours starts when they next begin. The same day ends at midnight, the next likewise.
    """

    timezone: str = "Asia/Shanghai"
    hours: tuple[tuple[time, time], ...] = _HOURS
    off: frozenset[date] = field(default_factory=frozenset)
    on: frozenset[date] = field(default_factory=frozenset)

    def after(self, start: datetime, term: Duration) -> datetime:
        """The instant at which `term`, counted from `start`, is over."""
        elapsed = term.elapsed
        if elapsed is not None:
            return start + elapsed
        zone = ZoneInfo(self.timezone)
        local = start.astimezone(zone)
        match term.unit:
            case "same_day" | "next_day":
                return datetime.combine(local.date() + timedelta(days=1 + int(term.amount)), time(0), zone)
            case "working_day":
                return self._days(local, int(term.amount))
            case _:
                return self._hours(local, timedelta(microseconds=int(Decimal(term.amount) * 3_600_000_000)))

    def working(self, day: date) -> bool:
        """Whether people work on a day."""
        return day in self.on or (day.weekday() < 5 and day not in self.off)

    def _days(self, local: datetime, count: int) -> datetime:
        day = local.date()
        if not self.working(day):
            day, local = self._next(day), local.replace(hour=self.hours[0][0].hour, minute=self.hours[0][0].minute, second=0, microsecond=0)
        for _ in range(count):
            day = self._next(day)
        return datetime.combine(day, local.timetz().replace(tzinfo=None), local.tzinfo)

    def _hours(self, local: datetime, left: timedelta) -> datetime:
        day = local.date() if self.working(local.date()) else self._next(local.date())
        while True:
            for begin, end in self._spans(day, local):
                if end - begin >= left:
                    return begin + left
                left -= end - begin
            day = self._next(day)

    def _spans(self, day: date, local: datetime) -> Iterable[tuple[datetime, datetime]]:
        """The working hours of a day that lie after `local`."""
        for opens, closes in self.hours:
            begin, end = datetime.combine(day, opens, local.tzinfo), datetime.combine(day, closes, local.tzinfo)
            if end > local:
                yield max(begin, local), end

    def _next(self, day: date) -> date:
        day += timedelta(days=1)
        while not self.working(day):
            day += timedelta(days=1)
        return day
