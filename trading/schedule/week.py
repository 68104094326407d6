"""A week of the rooms as a page shows it, pure: a row a day, a column a room."""

import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from trading.projects.calendar import WorkingCalendar, day_end, day_start
from trading.schedule.rules import CLOSED, Span
from trading.schedule.types import BookingView, RoomView

_DAY = dt.timedelta(days=1)
_NAME = re.compile("(2[01][0-9]{2})-W([0-9]{1,2})")


class Cell(msgspec.Struct, frozen=True):
    """One room on one day."""

    room: RoomView
    hours: str
    """When it may be used; empty on a day it is not."""
    closed: tuple[BookingView, ...]
    bookings: tuple[BookingView, ...]


class Day(msgspec.Struct, frozen=True):
    """One day over all rooms."""

    day: dt.date
    working: bool
    provisional: bool
    today: bool
    cells: tuple[Cell, ...]

    @property
    def busy(self) -> bool:
        """Whether there is anything to say of it on a small screen."""
        return self.working or any(cell.bookings for cell in self.cells)


class Week(msgspec.Struct, frozen=True):
    """Monday to Sunday."""

    monday: dt.date
    days: tuple[Day, ...]

    @property
    def name(self) -> str:
        """2026-W48, as it stands in the address."""
        return week_name(self.monday)

    @property
    def before(self) -> str:
        """The week before."""
        return week_name(self.monday - 7 * _DAY)

    @property
    def after(self) -> str:
        """The week after."""
        return week_name(self.monday + 7 * _DAY)

    @property
    def sunday(self) -> dt.date:
        """Its last day."""
        return self.monday + 6 * _DAY

    @property
    def provisional(self) -> bool:
        """Whether some day of it lies in a year that is not published."""
        return any(day.provisional for day in self.days)

    @property
    def bookings(self) -> int:
        """How many bookings it shows."""
        return len({each.id for day in self.days for cell in day.cells for each in cell.bookings})


def week_name(day: dt.date) -> str:
    """The ISO week a day lies in."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(name: str, today: dt.date) -> dt.date:
    """The Monday of `2026-W48`, or of this week where the name is none."""
    if found := _NAME.fullmatch(name):
        try:
            return dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    return today - today.weekday() * _DAY


def span_of(monday: dt.date) -> Span:
    """The whole week."""
    return Span(day_start(monday), day_end(monday + 6 * _DAY))


def lay_out(
    monday: dt.date,
    rooms: Sequence[RoomView],
    bookings: Sequence[BookingView],
    calendar: WorkingCalendar,
    *,
    today: dt.date,
) -> Week:
    """The table of a week."""
    days = []
    for day in (monday + offset * _DAY for offset in range(7)):
        whole = Span(day_start(day), day_end(day))
        here = [each for each in bookings if each.span.meets(whole)]
        working = calendar.is_working(day)
        cells = tuple(_cell(room, [each for each in here if each.room_id == room.id], day, working) for room in rooms)
        days.append(Day(day, working, calendar.is_provisional(day), day == today, cells))
    return Week(monday, tuple(days))


def _cell(room: RoomView, here: Sequence[BookingView], day: dt.date, working: bool) -> Cell:
    hours = next((each for each in room.hours if each.weekday == day.isoweekday()), None) if working else None
    return Cell(
        room=room,
        hours=f"{hours.opens:%H:%M}–{hours.closes:%H:%M}" if hours else "",
        closed=tuple(each for each in here if each.purpose == CLOSED),
        bookings=tuple(each for each in here if each.purpose != CLOSED),
    )
