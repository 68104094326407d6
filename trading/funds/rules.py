"""Which payment is returned when, pure: causes, clocks and states on plain values."""

import datetime as dt
from collections.abc import Collection
from typing import Literal, NamedTuple

from trading.funds.proof.interest import Rate
from trading.funds.proof.refunds import RULES, Cause
from trading.funds.types import PaymentState, RefundState
from trading.projects.calendar import WorkingCalendar, day_end, local_day
from trading.projects.profile import Profile

Stage = Literal["opened", "contract", "ended"]
AFTER: dict[str, Stage] = {
    "opened": "opened",
    "evaluating": "opened",
    "evaluated": "opened",
    "publicised": "opened",
    "awarded": "opened",
    "contracted": "contract",
    "failed": "ended",
}
"""What stage money is in that arrives for a lot in this state; before the opening has ended nothing is decided."""


class Clock(NamedTuple):
    """Until when: `days` of the rule after the day of `basis_at`, to the end of that day."""

    basis_at: dt.datetime
    days: int
    due_at: dt.datetime


def cause_of(outcome: str, uscc: str, stage: Stage, live: Collection[str] | None) -> Cause | None:
    """Why a line goes back now, None while it stays. `live` are the codes of those whose bids were opened.

    What is no deposit goes back as soon as the opening is over; a deposit without a bid too (实施条例 35), the others
    with the contract (57) or when the tender has failed (31). Not knowing who bid, none of them is let go.
    """
    if stage == "ended":
        return "ended" if outcome == "matched" else "returned"
    if outcome != "matched":
        return "returned"
    if stage == "contract":
        return "contract"
    return "no_bid" if live is not None and uscc not in live else None


def clock_of(cause: Cause, basis_at: dt.datetime, profile: Profile, calendar: WorkingCalendar) -> Clock:
    """The lawful day; a rest day moves it on (民法典 203)."""
    rule = profile.parameter(RULES[cause], local_day(basis_at))
    last = calendar.after(local_day(basis_at), rule.value, rule.unit)
    return Clock(basis_at, rule.value, day_end(last.day))


def rates_of(profile: Profile) -> tuple[tuple[Rate, ...], int]:
    """The bank's demand-deposit rates and the days of its year."""
    rows = sorted((row.effective_from, row.value) for row in profile.parameters if row.key == "interest_rate")
    [basis] = [row.value for row in profile.parameters if row.key == "interest_days"]
    return tuple(Rate(day, value) for day, value in rows), basis


def payment_state(*, end: str | None, last_step: str | None, approved: bool) -> PaymentState:
    """An attempt, by its end, its last step, and whether anyone approved it. What the bank never had is sent again."""
    if end is not None:
        return "paid" if end == "paid" else "refused" if end == "refused" else "dropped"
    if last_step in {None, "unknown"}:
        return "approved" if approved else "prepared"
    return "sent" if last_step == "sent" else "unknown"


def refund_state(cause: str, last: PaymentState | None) -> RefundState:
    """A refund, by its newest attempt."""
    if cause == "withheld":
        return "withheld"
    return "due" if last is None or last == "dropped" else last
