"""Whether a required record is there, owed or not due yet, and what keeps a project from being closed, pure.

An official sees a gap from the first day: what will be owed, by whom and until when.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from archive.types import State
from trading.projects.calendar import day_end, local_day
from trading.projects.profile import Retention
from trading.projects.types import Milestone

_UNNEEDED = frozenset({"rooms"})
"""Steps a project may well end without."""
_SATURDAY = 5
_SWEEP_HOUR = timedelta(hours=2)


def due_of(milestone: Milestone | None, days: int) -> datetime | None:
    """So many days after the step, or after the day it was due if nobody took it."""
    if milestone is None:
        return None
    step = milestone.done_at or milestone.due_at
    return None if step is None else step + timedelta(days=days)


def state_of(
    *, filled: bool, applies: bool, milestone: Milestone | None, days: int, failed: bool, now: datetime
) -> State:
    """In a lot that failed nothing is owed of the steps it never came to."""
    if filled:
        return "present"
    if not applies or (failed and (milestone is None or milestone.done_at is None)):
        return "not_applicable"
    due_at = due_of(milestone, days)
    return "missing" if due_at is not None and due_at <= now else "due"


def unfinished(steps: Mapping[str, Sequence[Milestone]], failed: Mapping[str, bool], now: datetime) -> tuple[str, ...]:
    """Steps still to be taken, lot by lot; of a failed lot only that everybody has the money back."""
    return tuple(
        f"{lot}:{step.key}" if lot else step.key
        for lot, milestones in steps.items()
        for step in milestones
        if step.role
        and step.key not in _UNNEEDED
        and not step.over(now)
        and (not failed.get(lot) or step.key.startswith("refund"))
    )


def retained_until(retention: Retention, sealed_at: datetime) -> datetime:
    """24:00 of the last day; of 29 February in a year without one, 1 March's beginning is the same instant."""
    day = local_day(sealed_at)
    year = day.year + retention.years
    leap = (day.month, day.day) == (2, 29) and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0))
    return day_end(day.replace(year=year, day=28) if leap else day.replace(year=year))


def next_sweep(now: datetime) -> datetime:
    """Two o'clock in the night to Sunday, in Beijing: the same for whoever asks in the week before."""
    night = local_day(now - _SWEEP_HOUR)  # the day the last hours before two still belong to
    return day_end(night + timedelta(days=(_SATURDAY - night.weekday()) % 7)) + _SWEEP_HOUR
