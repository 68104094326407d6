"""Statutory days from report to contract against an oracle that walks the calendar day by day."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from trading.awards import rules
from trading.projects.calendar import BEIJING, WorkingCalendar, day_end
from trading.projects.profile import load_profile

PROFILE = load_profile("works_open_tender")
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
CALENDARS = st.dictionaries(DAYS, st.booleans(), max_size=40).map(
    lambda exceptions: WorkingCalendar(exceptions, frozenset({2026, 2027, 2028}))
)
KEYS = {"result_reply": 3, "award_report": 15, "contract_period": 30, "publicity_start": 3, "publicity_period": 3}


def oracle(calendar: WorkingCalendar, start: dt.date, count: int) -> dt.date:
    """Begin the day after, tick off each day, go on while the last is a rest day."""
    day, ticked = start, 0
    while ticked < count or not worked(calendar, day):
        day += dt.timedelta(days=1)
        ticked += 1
    return day


def worked(calendar: WorkingCalendar, day: dt.date) -> bool:
    if day in calendar.exceptions:
        return calendar.exceptions[day]
    return day.isoweekday() not in {6, 7}


@given(CALENDARS, DAYS)
def test_the_first_lawful_end_and_the_last_lawful_start(calendar: WorkingCalendar, day: dt.date) -> None:
    assert rules.earliest_end(PROFILE, calendar, day) == oracle(calendar, day, KEYS["publicity_period"])
    assert rules.last_start(PROFILE, calendar, day) == oracle(calendar, day, KEYS["publicity_start"])


@given(CALENDARS, DAYS, st.times(), st.sampled_from(["result_reply", "award_report", "contract_period"]))
def test_a_clock_runs_to_the_end_of_its_last_day(
    calendar: WorkingCalendar, day: dt.date, time: dt.time, key: str
) -> None:
    start = dt.datetime.combine(day, time, BEIJING).astimezone(dt.UTC)
    assert rules.due(PROFILE, calendar, key, start) == day_end(oracle(calendar, day, KEYS[key]))


@given(CALENDARS, DAYS, st.integers(-3, 12), st.integers(0, 12), st.integers(0, 12))
def test_a_plan_is_refused_exactly_when_the_oracle_says_so(
    calendar: WorkingCalendar, received: dt.date, starts: int, lasts: int, passed: int
) -> None:
    today = received + dt.timedelta(days=passed)
    plan = rules.Plan(today + dt.timedelta(days=starts), today + dt.timedelta(days=starts + lasts))
    broken = rules.check_publicity(PROFILE, calendar, plan, received_on=received, today=today)
    latest = max(oracle(calendar, received, 3), today)
    starts_well = today <= plan.starts_on <= latest
    ends_well = plan.ends_on >= oracle(calendar, max(plan.starts_on, today), 3) and worked(calendar, plan.ends_on)
    assert {item.field for item in broken} == ({"starts_on"} - {"starts_on" if starts_well else ""}) | (
        {"ends_on"} - {"ends_on" if ends_well else ""}
    )


@given(CALENDARS, DAYS)
def test_the_lawful_value_that_a_refusal_names_is_lawful(calendar: WorkingCalendar, today: dt.date) -> None:
    plan = rules.Plan(today - dt.timedelta(days=1), today)
    named = {
        item.field: item.lawful
        for item in rules.check_publicity(PROFILE, calendar, plan, received_on=today, today=today)
    }
    better = rules.Plan(**named)  # type: ignore[arg-type]  # both fields are broken, both name days
    assert rules.check_publicity(PROFILE, calendar, better, received_on=today, today=today) == ()
    assert better == rules.propose(PROFILE, calendar, today)


def test_a_typing_error_is_told_as_one() -> None:
    calendar = WorkingCalendar({}, frozenset({2026}))
    today = dt.date(2026, 11, 23)
    plan = rules.Plan(today, dt.date(2062, 11, 27))
    [broken] = rules.check_publicity(PROFILE, calendar, plan, received_on=today, today=today)
    assert (broken.field, broken.code) == ("ends_on", "awards.day_too_far")
    assert rules.is_provisional(calendar, rules.Plan(today, dt.date(2027, 1, 4)))


def test_the_worked_example_of_a_friday() -> None:
    """Report on Friday 27 November 2026: publicity may begin until Monday, and lasts from Monday to Thursday."""
    calendar = WorkingCalendar({}, frozenset({2026}))
    assert rules.last_start(PROFILE, calendar, dt.date(2026, 11, 27)) == dt.date(2026, 11, 30)
    assert rules.earliest_end(PROFILE, calendar, dt.date(2026, 11, 30)) == dt.date(2026, 12, 3)
    assert rules.earliest_end(PROFILE, calendar, dt.date(2026, 11, 25)) == dt.date(2026, 11, 30)  # Saturday moves
