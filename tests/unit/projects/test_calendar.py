"""Days counted by hand, with the State Council's year 2026."""

import datetime as dt

import pytest

from trading.projects.calendar import WorkingCalendar, day_end, local_day

D = dt.date
CALENDAR = WorkingCalendar(
    exceptions={
        **{D(2026, 2, day): False for day in range(15, 24)},  # 春节 15–23 February
        D(2026, 2, 14): True,  # Saturday worked instead
        D(2026, 2, 28): True,
        **{D(2026, 10, day): False for day in range(1, 8)},  # 国庆
        D(2026, 10, 10): True,
    },
    published_years=frozenset({2026}),
)


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (D(2026, 11, 23), 5, D(2026, 11, 30)),  # the 5th day is Saturday 28 → Monday
        (D(2026, 11, 24), 5, D(2026, 11, 30)),  # Sunday 29 → Monday
        (D(2026, 11, 25), 5, D(2026, 11, 30)),  # Monday itself
        (D(2026, 11, 23), 20, D(2026, 12, 14)),  # Sunday 13 December → Monday
        (D(2026, 2, 9), 5, D(2026, 2, 14)),  # a Saturday worked by order is no rest day
        (D(2026, 2, 10), 5, D(2026, 2, 24)),  # into Spring Festival: its end, Tuesday 24
        (D(2026, 9, 26), 5, D(2026, 10, 8)),  # National Day week: Thursday 8
    ],
)
def test_period_in_calendar_days(start: dt.date, count: int, last: dt.date) -> None:
    counted = CALENDAR.after(start, count, "d")
    assert counted.day == last
    assert not counted.provisional


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (D(2026, 2, 13), 3, D(2026, 2, 25)),  # Friday → Sat 14 worked (1), Tue 24 (2), Wed 25 (3)
        (D(2026, 9, 30), 3, D(2026, 10, 10)),  # Thu 8, Fri 9, Sat 10 worked
        (D(2026, 11, 27), 1, D(2026, 11, 30)),
    ],
)
def test_period_in_working_days(start: dt.date, count: int, last: dt.date) -> None:
    assert CALENDAR.after(start, count, "wd").day == last


def test_a_period_ending_in_an_unpublished_year_is_provisional() -> None:
    counted = CALENDAR.after(D(2026, 12, 20), 20, "d")
    assert counted.provisional
    assert counted.day == D(2027, 1, 11)  # by weekends alone: 9 January 2027 is a Saturday


def test_rolling_over_new_year_is_provisional_too() -> None:
    calendar = WorkingCalendar(exceptions={D(2026, 12, 31): False}, published_years=frozenset({2026}))
    assert calendar.after(D(2026, 12, 30), 1, "d").provisional


def test_counting_back_moves_no_day() -> None:
    assert CALENDAR.before(D(2026, 12, 14), 15) == D(2026, 11, 29)  # a Sunday stays


def test_the_lawful_day_is_beijing_s() -> None:
    assert local_day(dt.datetime(2026, 11, 23, 15, 59, tzinfo=dt.UTC)) == D(2026, 11, 23)
    assert local_day(dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)) == D(2026, 11, 24)
    assert day_end(D(2026, 11, 23)).astimezone(dt.UTC) == dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)
