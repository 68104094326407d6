"""Clocks and causes of refunds, worked by hand: which start, which day, and what a rest day does."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from trading.funds.payment_file import PAGE, FileLine, write_file
from trading.funds.proof.checking import clocks
from trading.funds.proof.refunds import Planned, RefundsDocument, plain, pseudonym
from trading.funds.rules import cause_of, clock_of, payment_state, rates_of, refund_state
from trading.kernel.ids import new_id
from trading.projects.calendar import WorkingCalendar
from trading.projects.profile import load_profile

PROFILE = load_profile("works_open_tender")
# The National Day week of 2026: 1–7 October rest (Thursday to Wednesday); Saturday 10 October is worked instead.
REST = tuple(date(2026, 10, day) for day in range(1, 8))
CALENDAR = WorkingCalendar({**dict.fromkeys(REST, False), date(2026, 10, 10): True}, frozenset({2026}))
DEADLINE = datetime(2026, 9, 28, 1, 30, tzinfo=UTC)
"""9:30 in Beijing on a Monday."""


@pytest.mark.parametrize(
    ("basis", "due"),
    [
        # Monday 28 September + 5 = 3 October, a rest day; the first worked day after it is Thursday the 8th, 24:00.
        (DEADLINE, "2026-10-08T16:00:00+00:00"),
        # Friday 25 September + 5 = Wednesday the 30th, worked.
        (DEADLINE - timedelta(days=3), "2026-09-30T16:00:00+00:00"),
        # Monday 5 October + 5 = Saturday the 10th, worked by order.
        (DEADLINE + timedelta(days=7), "2026-10-10T16:00:00+00:00"),
        # 23:59 and 0:00 in Beijing are two days: Tuesday 13 + 5 = Sunday, so Monday the 19th; Wednesday 14 + 5 too.
        (datetime(2026, 10, 13, 15, 59, tzinfo=UTC), "2026-10-19T16:00:00+00:00"),
        (datetime(2026, 10, 13, 16, 0, tzinfo=UTC), "2026-10-19T16:00:00+00:00"),
    ],
)
def test_five_days_and_what_a_rest_day_does(basis: datetime, due: str) -> None:
    clock = clock_of("contract", basis, PROFILE, CALENDAR)
    assert (clock.days, clock.due_at.astimezone(UTC).isoformat()) == (5, due)


@pytest.mark.parametrize(
    ("outcome", "stage", "live", "cause"),
    [
        ("matched", "opened", {"A"}, None),
        ("matched", "opened", {"B"}, "no_bid"),
        ("matched", "opened", None, None),
        ("late", "opened", {"A"}, "returned"),
        ("duplicate", "contract", None, "returned"),
        ("matched", "contract", None, "contract"),
        ("matched", "ended", None, "ended"),
        ("short", "ended", None, "returned"),
    ],
)
def test_why_a_payment_goes_back(outcome: str, stage: str, live: set[str] | None, cause: str | None) -> None:
    assert cause_of(outcome, "A", stage, live) == cause  # type: ignore[arg-type]


def test_where_a_payment_stands() -> None:
    assert payment_state(end=None, last_step=None, approved=False) == "prepared"
    assert payment_state(end=None, last_step=None, approved=True) == "approved"
    assert payment_state(end=None, last_step="sent", approved=True) == "sent"
    assert [payment_state(end=None, last_step=step, approved=True) for step in ("asked", "processing")] == [
        "unknown"
    ] * 2
    assert payment_state(end=None, last_step="unknown", approved=True) == "approved"
    assert [refund_state("contract", last) for last in (None, "dropped", "refused")] == ["due", "due", "refused"]
    assert refund_state("withheld", None) == "withheld"


def told(item: Planned) -> RefundsDocument:
    rates, basis = rates_of(PROFILE)
    empty = dict.fromkeys(("lines", "batches", "approved", "sent", "ended", "postings"), ())
    days = {"rest_days": REST, "work_days": (date(2026, 10, 10),)}
    return RefundsDocument(v="LBR1", subject="lot:x", planned=(item,), basis=basis, rates=rates, **empty, **days)  # type: ignore[arg-type]


CONTRACTED = DEADLINE + timedelta(days=40)
TRUE = Planned(
    refund="r",
    line="l",
    cause="contract",
    principal_fen=1,
    paid_on=date(2026, 9, 1),
    basis_at="2026-11-07T01:30:00.000Z",
    days=5,
    due_at="2026-11-12T16:00:00.000Z",
)


def test_a_contracts_days_begin_with_its_confirmation() -> None:
    """Saturday 7 November + 5 = Thursday the 12th."""
    assert list(clocks(told(TRUE), deadline=DEADLINE, contracted=CONTRACTED)) == []
    for wrong in (
        {"days": 6},
        {"due_at": "2026-11-13T16:00:00.000Z"},
        {"basis_at": "2026-11-08T01:30:00.000Z", "due_at": "2026-11-13T16:00:00.000Z"},
    ):
        item = msgspec.structs.replace(TRUE, **wrong)
        assert [each.code for each in clocks(told(item), deadline=DEADLINE, contracted=CONTRACTED)] == ["refunds.clock"]
    assert [each.code for each in clocks(told(TRUE), deadline=DEADLINE, contracted=None)] == ["refunds.clock"]


def test_people_of_a_file_differ_without_being_named() -> None:
    one, two, salt = new_id(), new_id(), b"\x07" * 32
    assert pseudonym(salt, one) == pseudonym(salt, one) != pseudonym(salt, two)
    assert pseudonym(b"\x08" * 32, one) != pseudonym(salt, one)


def test_a_padded_file_does_not_tell_how_much_is_in_it() -> None:
    line = FileLine("pay", "0" * 32, 5_000_005, "甲,公司", "6222", date(2026, 12, 1))
    assert {len(write_file([line] * count, padded=True)) for count in (0, 1, 20)} == {PAGE}
    assert write_file([line]).decode().splitlines()[1].startswith(f'pay,{"0" * 32},50000.05,"甲,公司",6222,2026-12-01,')
    assert plain(TRUE)["paid_on"] == "2026-09-01"
