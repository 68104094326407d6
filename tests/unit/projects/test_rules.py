"""The timetable and the amounts of works by open tender, by hand and against an independent count."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.projects import rules
from trading.projects.calendar import BEIJING, WorkingCalendar
from trading.projects.profile import load_profile

D = dt.date
PROFILE = load_profile("works_open_tender")
PLAIN = WorkingCalendar(exceptions={}, published_years=frozenset(range(2020, 2040)))
TODAY = D(2026, 11, 23)


def at(day: dt.date, hour: int = 9, minute: int = 30) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=BEIJING)


LAWFUL = rules.Timetable(TODAY, TODAY, D(2026, 11, 30), at(D(2026, 12, 14)))


def test_the_earliest_lawful_timetable() -> None:
    proposal = rules.propose(PROFILE, PLAIN, TODAY)
    assert proposal.timetable == LAWFUL
    assert proposal.derived == rules.Derived(clarify_until=D(2026, 11, 29), objection_until=D(2026, 12, 4))
    assert proposal.provisional == ()
    assert rules.check(PROFILE, PLAIN, proposal.timetable, today=TODAY) == ()


@pytest.mark.parametrize(
    ("change", "field", "lawful", "rule", "article"),
    [
        ({"deadline_at": at(D(2026, 12, 13), 23, 59)}, "deadline_at", D(2026, 12, 14), "A1.06", "第二十四条"),
        ({"deadline_at": at(D(2026, 11, 24))}, "deadline_at", D(2026, 12, 14), "A1.06", "第二十四条"),
        ({"issue_to": D(2026, 11, 27)}, "issue_to", D(2026, 11, 30), "A1.01", "第十六条"),
        ({"issue_from": D(2026, 11, 22)}, "issue_from", D(2026, 11, 23), "A1.01", "第十六条"),
    ],
)
def test_an_unlawful_date_is_named_with_its_article_and_the_nearest_lawful_day(
    change: dict[str, object], field: str, lawful: dt.date, rule: str, article: str
) -> None:
    violations = rules.check(PROFILE, PLAIN, msgspec.structs.replace(LAWFUL, **change), today=TODAY)
    found = {violation.field: violation for violation in violations}
    assert set(found) == {field}
    assert found[field].lawful == lawful
    assert found[field].rule is not None
    assert found[field].params()["parameter"] == rule
    assert article in found[field].params()["article"].zh


def test_a_later_issue_moves_every_earliest_day_with_it() -> None:
    timetable = msgspec.structs.replace(LAWFUL, issue_from=D(2026, 11, 25))
    found = {v.field: v.lawful for v in rules.check(PROFILE, PLAIN, timetable, today=TODAY)}
    assert found == {"deadline_at": D(2026, 12, 15)}  # the issue may still end on the 30th


def test_a_notice_in_the_past_and_a_deadline_before_the_end_of_issue() -> None:
    past = msgspec.structs.replace(LAWFUL, notice_on=D(2026, 11, 20))
    assert [(v.field, v.code) for v in rules.check(PROFILE, PLAIN, past, today=TODAY)] == [
        ("notice_on", "projects.day_past")
    ]
    long = msgspec.structs.replace(LAWFUL, issue_to=D(2026, 12, 20))
    assert [(v.code, v.lawful) for v in rules.check(PROFILE, PLAIN, long, today=TODAY)] == [
        ("projects.deadline_before_issue_end", D(2026, 12, 20))
    ]


def test_a_slip_of_the_pen_is_not_counted_with() -> None:
    far = msgspec.structs.replace(LAWFUL, issue_from=D.max)
    assert [(v.field, v.code) for v in rules.check(PROFILE, PLAIN, far, today=TODAY)] == [
        ("issue_from", "projects.day_too_far")
    ]


def test_a_period_that_reaches_an_unpublished_year_is_flagged() -> None:
    calendar = WorkingCalendar(exceptions={}, published_years=frozenset({2026}))
    proposal = rules.propose(PROFILE, calendar, D(2026, 12, 15))
    assert proposal.provisional == ("deadline_at",)
    assert proposal.timetable.issue_to == D(2026, 12, 21)
    assert rules.provisional(PROFILE, calendar, LAWFUL) == ()


@pytest.mark.parametrize(
    ("estimate", "deposit", "code", "lawful", "rule"),
    [
        (10_000_000_00, 200_000_00, None, None, None),  # exactly 2 %
        (10_000_000_00, 200_000_01, "projects.deposit_share", 200_000_00, "A1.10"),
        (60_000_000_00, 800_000_00, None, None, None),  # 2 % would be 1.2 million: the cap binds
        (60_000_000_00, 800_000_01, "projects.deposit_cap", 800_000_00, "A1.11"),
        (10_000_000_33, 200_000_01, "projects.deposit_share", 200_000_00, "A1.10"),  # rounded down, never up
        (40_000_000_00, 800_000_00, None, None, None),  # both bind at once
    ],
)
def test_deposit(estimate: int, deposit: int, code: str | None, lawful: int | None, rule: str | None) -> None:
    found = rules.check_amounts(PROFILE, TODAY, estimate=estimate, ceiling=None, deposit=deposit)
    assert [(v.code, v.lawful, v.params()["parameter"]) for v in found] == ([(code, lawful, rule)] if code else [])


def test_a_ceiling_above_the_estimate_is_refused_and_none_is_lawful() -> None:
    assert rules.check_amounts(PROFILE, TODAY, estimate=100, ceiling=100, deposit=0) == ()
    (found,) = rules.check_amounts(PROFILE, TODAY, estimate=100, ceiling=101, deposit=0)
    assert (found.field, found.lawful) == ("ceiling_fen", 100)


days = st.dates(min_value=D(2026, 1, 1), max_value=D(2027, 12, 31))


@given(
    rest=st.frozensets(days, max_size=60),
    worked=st.frozensets(days, max_size=20),
    issue_from=days,
    issue_length=st.integers(min_value=0, max_value=20),
    wait=st.integers(min_value=0, max_value=45),
)
def test_what_is_accepted_satisfies_every_period_day_by_day(
    rest: frozenset[dt.date], worked: frozenset[dt.date], issue_from: dt.date, issue_length: int, wait: int
) -> None:
    exceptions = dict.fromkeys(rest, False) | dict.fromkeys(worked, True)
    calendar = WorkingCalendar(exceptions=exceptions, published_years=frozenset({2026, 2027}))
    one = dt.timedelta(days=1)
    timetable = rules.Timetable(
        issue_from, issue_from, issue_from + issue_length * one, at(issue_from + wait * one, 0, 0)
    )

    def earliest(needed: int) -> dt.date:  # walks day by day, with its own idea of a rest day
        day, counted = issue_from, 0
        while counted < needed:
            day, counted = day + one, counted + 1
        while not (day in worked or (day.isoweekday() <= 5 and day not in rest)):
            day += one
        return day

    lawful = timetable.issue_to >= earliest(5) and timetable.deadline_day >= max(earliest(20), timetable.issue_to)
    assert (rules.check(PROFILE, calendar, timetable, today=issue_from) == ()) == lawful
