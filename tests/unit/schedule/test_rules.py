"""Whether a room can be had, why not, and when next: days, hours, make-up days, bookings in the way."""

import datetime as dt
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from trading.projects.calendar import BEIJING, WorkingCalendar
from trading.schedule.rules import HORIZON_DAYS, Facility, Hours, Span, Taken, conflicts, earliest, next_free

OPENS, CLOSES = dt.time(8, 30), dt.time(17, 30)
WEEK = tuple(Hours(weekday, OPENS, CLOSES) for weekday in range(1, 8))
ROOM = Facility(UUID(int=1), "开标一室", ("opening",), WEEK)
OTHER = Facility(UUID(int=2), "开标二室", ("opening",), WEEK)
# 2026-10-01 and -02 are holidays, Saturday 10 October is worked for them.
CALENDAR = WorkingCalendar(
    {dt.date(2026, 10, 1): False, dt.date(2026, 10, 2): False, dt.date(2026, 10, 10): True}, frozenset({2026})
)


def at(day: int, hour: int, minute: int = 0, month: int = 9) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=BEIJING).astimezone(dt.UTC)


def span(day: int, hour: int, minutes: int = 90, month: int = 9, minute: int = 0) -> Span:
    start = at(day, hour, minute, month)
    return Span(start, start + dt.timedelta(minutes=minutes))


def taken(when: Span, purpose: str = "opening", room: Facility = ROOM) -> Taken:
    return Taken(when, purpose, room.id, "设备检修" if purpose == "closed" else "")


def codes(when: Span, *busy: Taken, room: Facility = ROOM, purpose: str = "opening") -> list[str]:
    return [each.code for each in conflicts(room, when, CALENDAR, busy, purpose=purpose)]


def test_a_free_room_in_its_hours_on_a_working_day_has_nothing_against_it() -> None:
    assert codes(span(30, 9)) == []
    assert codes(Span(at(30, 8, 30), at(30, 17, 30))) == []


def test_a_weekend_and_a_holiday_are_rest_days_and_a_make_up_day_is_not() -> None:
    assert codes(span(26, 9)) == ["schedule.rest_day"]
    assert codes(span(1, 9, month=10)) == ["schedule.rest_day"]
    assert codes(span(10, 9, month=10)) == []


def test_a_span_that_leaves_the_hours_is_told_the_hours() -> None:
    (early,) = conflicts(ROOM, span(30, 8), CALENDAR, (), purpose="opening")
    assert (early.code, early.params["opens"], early.params["closes"]) == ("schedule.outside_hours", "08:30", "17:30")
    assert codes(span(30, 17)) == ["schedule.outside_hours"]
    assert codes(Span(at(30, 9), at(30, 9) + dt.timedelta(days=1))) == ["schedule.outside_hours"]


def test_a_room_without_hours_on_a_weekday_is_not_in_use_then() -> None:
    mondays = Facility(ROOM.id, ROOM.name, ROOM.purposes, (WEEK[0],))
    assert codes(span(30, 9), room=mondays) == ["schedule.no_hours"]
    found = next_free(mondays, CALENDAR, (), not_before=at(30, 9), length=dt.timedelta(hours=1))
    assert found is not None
    assert found.starts_at == at(5, 8, 30, month=10)


def test_each_booking_in_the_way_is_named_by_purpose_and_time() -> None:
    busy = (taken(span(30, 9)), taken(span(30, 10, 30, minute=30), "evaluation"), taken(span(30, 14), "closed"))
    found = conflicts(ROOM, Span(at(30, 10), at(30, 15)), CALENDAR, busy, purpose="opening")
    assert [each.code for each in found] == [
        "schedule.taken_by_opening",
        "schedule.taken_by_evaluation",
        "schedule.closed",
    ]
    assert found[0].params == {"starts": at(30, 9), "ends": at(30, 10, 30)}
    assert found[2].params["reason"] == "设备检修"


def test_spans_that_only_touch_do_not_meet_and_other_rooms_do_not_matter() -> None:
    assert codes(span(30, 9), taken(span(30, 10, 60, minute=30))) == []
    assert codes(span(30, 9), taken(span(30, 9), room=OTHER)) == []


def test_a_room_for_something_else_is_refused() -> None:
    assert codes(span(30, 9), purpose="evaluation") == ["schedule.other_purpose"]


def test_the_next_time_is_after_what_is_booked_on_the_same_day_if_it_fits() -> None:
    busy = (taken(span(30, 9)), taken(Span(at(30, 10, 30), at(30, 15))))
    assert next_free(ROOM, CALENDAR, busy, not_before=at(30, 9), length=dt.timedelta(hours=2)) == span(30, 15, 120)


def test_the_next_time_jumps_over_holidays_to_the_next_working_day() -> None:
    found = next_free(ROOM, CALENDAR, (), not_before=at(30, 16), length=dt.timedelta(hours=2))
    assert found == span(5, 8, 120, month=10, minute=30)  # 1 and 2 October rest, 3 and 4 are a weekend


def test_what_is_longer_than_any_day_is_never_free() -> None:
    assert next_free(ROOM, CALENDAR, (), not_before=at(30, 9), length=dt.timedelta(hours=10)) is None


def test_the_earliest_of_several_rooms_waits_for_the_people_too() -> None:
    busy = (taken(span(30, 9)), taken(span(30, 9), room=OTHER))
    offer = earliest(
        (OTHER, ROOM), CALENDAR, busy, purpose="opening", not_before=at(30, 9), length=dt.timedelta(hours=1)
    )
    assert offer is not None
    assert (offer.room_name, offer.span) == ("开标一室", span(30, 10, 60, minute=30))
    elsewhere = (taken(Span(at(30, 10), at(30, 17)), room=Facility(UUID(int=9), "别处", (), ())),)
    later = earliest(
        (ROOM,),
        CALENDAR,
        busy,
        purpose="opening",
        not_before=at(30, 9),
        length=dt.timedelta(hours=1),
        people=elsewhere,
    )
    assert later is not None
    assert later.span.starts_at == at(5, 8, 30, month=10)


MINUTES = st.integers(0, 14 * 24 * 60)


@given(
    busy=st.lists(st.tuples(MINUTES, st.integers(1, 2000)), max_size=12),
    not_before=MINUTES,
    length=st.integers(15, 9 * 60),
)
def test_what_is_offered_can_be_booked_and_nothing_earlier_can(
    busy: list[tuple[int, int]], not_before: int, length: int
) -> None:
    origin = at(21, 0)
    minutes = dt.timedelta(minutes=1)
    spans = [
        taken(Span(origin + start * minutes, origin + (start + long) * minutes), "evaluation") for start, long in busy
    ]
    wanted = origin + not_before * minutes
    found = next_free(ROOM, CALENDAR, spans, not_before=wanted, length=length * minutes)
    assert found is not None, f"two weeks of bookings leave something within {HORIZON_DAYS} days"
    assert found.starts_at >= wanted
    assert codes(found, *spans) == []
    for step in range(1, 40):
        earlier = found.starts_at - step * 7 * minutes
        if earlier >= wanted:
            assert codes(Span(earlier, earlier + length * minutes), *spans) != []
