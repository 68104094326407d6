"""Gaps from the first day, what keeps a project open, how long a package is kept, when it is read again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from archive.rules import due_of, next_sweep, retained_until, state_of, unfinished
from trading.projects.calendar import BEIJING
from trading.projects.profile import load_profile
from trading.projects.types import Milestone

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
PROFILE = load_profile("works_open_tender")
RETENTION = PROFILE.retained(date(2026, 12, 1))


def step(key: str = "opening", *, due: int | None = None, done: int | None = None, role: str = "official") -> Milestone:
    """Days from now."""
    due_at = None if due is None else NOW + timedelta(days=due)
    return Milestone(key, role, due_at, None if done is None else NOW + timedelta(days=done), None)


def state(milestone: Milestone | None, *, filled: bool = False, applies: bool = True, failed: bool = False) -> str:
    return state_of(filled=filled, applies=applies, milestone=milestone, days=1, failed=failed, now=NOW)


@pytest.mark.parametrize(
    ("milestone", "expected"),
    [
        (None, "due"),
        (step(), "due"),
        (step(due=3), "due"),
        (step(due=-2), "missing"),
        (step(due=-1), "missing"),
        (step(due=9, done=-2), "missing"),
        (step(due=-9, done=-0.5), "due"),  # type: ignore[arg-type]  # half a day ago
    ],
)
def test_a_record_is_owed_so_many_days_after_its_step(milestone: Milestone | None, expected: str) -> None:
    assert state(milestone) == expected
    assert state(milestone, filled=True) == "present"
    assert state(milestone, applies=False) == "not_applicable"


def test_a_lot_that_failed_owes_nothing_of_the_steps_it_never_came_to() -> None:
    assert state(step(due=-9), failed=True) == "not_applicable"
    assert state(step(done=-9), failed=True) == "missing"
    assert state(step(due=-9), failed=True, filled=True) == "present"


def test_without_its_step_there_is_no_date() -> None:
    assert due_of(None, 1) is None
    assert due_of(step(), 1) is None
    assert due_of(step(due=2, done=1), 1) == NOW + timedelta(days=2)


def test_what_keeps_a_project_open() -> None:
    steps = {
        "": [step("registered", done=-9)],
        "001": [step("rooms"), step("contract"), step("publicity_end", role=""), step("refund_paid")],
        "002": [step("opening"), step("contract"), step("refund_paid")],
        "003": [step("contract", done=-1), step("refund_paid", done=-1)],
    }
    assert unfinished(steps, {"002": True}, NOW) == ("001:contract", "001:refund_paid", "002:refund_paid")


@pytest.mark.parametrize(
    ("sealed", "last"),
    [
        (datetime(2026, 11, 30, 15, 59, tzinfo=UTC), date(2041, 11, 30)),
        (datetime(2026, 11, 30, 16, 0, tzinfo=UTC), date(2041, 12, 1)),
        (datetime(2028, 2, 29, 4, tzinfo=UTC), date(2043, 2, 28)),
    ],
)
def test_kept_to_the_end_of_the_last_day_in_beijing(sealed: datetime, last: date) -> None:
    until = retained_until(RETENTION, sealed).astimezone(BEIJING)
    assert (until - timedelta(microseconds=1)).date() == last
    assert (until.hour, until.minute) == (0, 0)


def test_a_sweep_in_the_night_to_sunday_however_often_it_is_planned() -> None:
    found = {next_sweep(NOW + timedelta(hours=hours)) for hours in range(0, 24 * 4, 5)}
    assert len(found) == 1
    (due,) = found
    here = due.astimezone(BEIJING)
    assert (here.weekday(), here.hour) == (6, 2)
    assert next_sweep(due) == due + timedelta(days=7)
    assert next_sweep(due - timedelta(minutes=1)) == due


def test_every_required_record_hangs_on_a_step_and_is_filled_one_way() -> None:
    keys = {milestone.key for milestone in PROFILE.milestones}
    rows = PROFILE.required(date(2026, 12, 1))
    assert len(rows) >= 15
    for row in rows:
        assert row.after in keys, row.id
        assert bool(row.kinds) != bool(row.made), row.id
        assert row.source
        assert row.article.zh
    assert PROFILE.required(date(2024, 1, 1)) == ()
    assert RETENTION.years == 15
