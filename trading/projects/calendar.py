"""The working-day calendar (工作日历) and the counting of statutory days, pure.

民法典 200–203: the day a period starts on is not counted; a period whose last day is a rest day (法定休假日) ends on
the first working day after it. Weekends rest, except the make-up working days (调休) the State Council orders each
year; until it has published a year, no one knows that year's rest days, and a period that ends there is provisional:
shown, flagged, confirmed by a person, never guessed.

Why it stands in this package: docs/decisions/0010-calendar-in-projects.md.
"""

import datetime as dt
from collections.abc import Mapping

import msgspec

BEIJING = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")  # one time for the whole country, no summer time
_SATURDAY = 5


def local_day(instant: dt.datetime) -> dt.date:
    """The day an instant falls on for the law: Beijing time."""
    return instant.astimezone(BEIJING).date()


def day_start(day: dt.date) -> dt.datetime:
    """0:00 of a day in Beijing."""
    return dt.datetime.combine(day, dt.time.min, BEIJING)


def day_end(day: dt.date) -> dt.datetime:
    """24:00 of a day in Beijing, where a period without business hours ends (民法典 203)."""
    return day_start(day + dt.timedelta(days=1))


class Counted(msgspec.Struct, frozen=True):
    """The last day of a period, and whether it hangs on a year not yet published."""

    day: dt.date
    provisional: bool


class WorkingCalendar(msgspec.Struct, frozen=True):
    """What the State Council has published: days that differ from the week, and the years that are known."""

    exceptions: Mapping[dt.date, bool]
    """Day → whether it is worked."""
    published_years: frozenset[int]

    def is_working(self, day: dt.date) -> bool:
        """Whether the day is worked."""
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def is_provisional(self, day: dt.date) -> bool:
        """Whether the day lies in a year whose rest days are not published."""
        return day.year not in self.published_years

    def working_from(self, day: dt.date) -> dt.date:
        """The day itself if it is worked, else the first working day after it."""
        while not self.is_working(day):
            day += dt.timedelta(days=1)
        return day

    def after(self, start: dt.date, count: int, unit: str) -> Counted:
        """The last day of a period of `count` days (`d` 日) or working days (`wd` 工作日) that starts on `start`."""
        last = start + dt.timedelta(days=count) if unit == "d" else self._working_days(start, count)
        last = self.working_from(last)
        return Counted(last, self.is_provisional(last))

    def before(self, end: dt.date, count: int) -> dt.date:
        """The latest day that lies `count` days before `end`; the Code moves no day when counting back."""
        return end - dt.timedelta(days=count)

    def _working_days(self, start: dt.date, count: int) -> dt.date:
        day = start
        while count:
            day += dt.timedelta(days=1)
            count -= self.is_working(day)
        return day
