"""The address of a week, and the table it lays out."""

import datetime as dt
from uuid import UUID

import pytest
from msgspec.structs import replace

from trading.projects.calendar import BEIJING, WorkingCalendar
from trading.schedule.rules import Hours
from trading.schedule.types import BookingView, RoomView
from trading.schedule.week import lay_out, monday_of, span_of, week_name

TODAY = dt.date(2026, 11, 25)
MONDAY = dt.date(2026, 11, 23)
ROOM = RoomView(UUID(int=1), "开标一室", "三楼", 30, "", ("opening",), (Hours(1, dt.time(8, 30), dt.time(17)),))


def booking(starts_at: dt.datetime, ends_at: dt.datetime, purpose: str = "opening") -> BookingView:
    return BookingView(
        id=UUID(int=5),
        room_id=ROOM.id,
        room_name=ROOM.name,
        site=ROOM.site,
        purpose=purpose,
        subject=f"lot:{UUID(int=6)}",
        starts_at=starts_at,
        ends_at=ends_at,
        state="booked",
        sequence=0,
        title="某工程",
        is_public=True,
        org_ids=(),
        deadline_at=starts_at,
        reason="",
        booked_at=starts_at,
        changed_at=starts_at,
        former_rooms=(),
    )


def at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, tzinfo=BEIJING)


@pytest.mark.parametrize("name", ["", "2026", "2026-W", "2026-W60", "x-W1", "1999-W01", "²⁰²⁶-W1"])
def test_an_address_that_names_no_week_shows_this_one(name: str) -> None:
    assert monday_of(name, TODAY) == MONDAY


def test_a_week_has_one_name_across_the_turn_of_the_year() -> None:
    assert week_name(dt.date(2027, 1, 3)) == "2026-W53"
    assert monday_of("2026-W53", TODAY) == dt.date(2026, 12, 28)
    assert span_of(MONDAY).starts_at == at(23, 0)


def test_a_booking_stands_on_its_day_and_a_closed_period_on_each_of_its_days() -> None:
    closed = booking(at(24, 12), at(26, 12), "closed")
    calendar = WorkingCalendar({}, frozenset({2026}))
    week = lay_out(MONDAY, [ROOM], [booking(at(23, 9), at(23, 10)), closed], calendar, today=TODAY)
    assert [len(day.cells[0].bookings) for day in week.days] == [1, 0, 0, 0, 0, 0, 0]
    assert [len(day.cells[0].closed) for day in week.days] == [0, 1, 1, 1, 0, 0, 0]
    assert [day.cells[0].hours for day in week.days] == ["08:30–17:00", *[""] * 6]
    assert [day.working for day in week.days] == [True] * 5 + [False] * 2
    assert (week.bookings, week.provisional, [day.today for day in week.days].index(True)) == (1, False, 2)
    assert (week.before, week.name, week.after) == ("2026-W47", "2026-W48", "2026-W49")
    assert (booking(at(23, 9), at(23, 10)).hours, closed.hours) == ("09:00–10:00", "11-24 12:00–11-26 12:00")


def test_an_opening_whose_deadline_moved_is_astray() -> None:
    stands = booking(at(23, 9), at(23, 10))
    assert not stands.astray
    assert replace(stands, deadline_at=at(24, 9)).astray
    assert not replace(stands, purpose="evaluation", deadline_at=None).astray
