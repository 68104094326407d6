"""Clocks (时限) of a lot as supervision reads them: due, done, late by how much, left out. Pure."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from trading.projects.calendar import day_end, local_day
from trading.projects.types import AT_INSTANT, BESIDE, LotView, Milestone

State = Literal["done", "late", "now", "next", "skipped"]
SOON = dt.timedelta(days=3)
"""Near due (临近到期)."""


class Clock(msgspec.Struct, frozen=True):
    """A step with its clock; `entry_id` is the journal entry that ended it."""

    key: str
    role: str
    state: State
    due_at: dt.datetime | None
    due_day: dt.date | None
    done_at: dt.datetime | None
    entry_id: UUID | None
    late_by: dt.timedelta | None

    @property
    def late_hours(self) -> int | None:
        """Whole hours too late, for a spreadsheet."""
        return None if self.late_by is None else int(self.late_by.total_seconds() // 3600)


class Line(msgspec.Struct, frozen=True):
    """A lot, its present step, and how many of its clocks have run out."""

    lot: LotView
    clocks: tuple[Clock, ...]
    step: Clock | None
    late: int

    @property
    def id(self) -> UUID:
        """Of the lot."""
        return self.lot.id


def clocks(milestones: Sequence[Milestone], now: dt.datetime, *, failed: bool = False) -> tuple[Clock, ...]:
    """Every step; the first one of the line that somebody has to take is the present one."""
    last = max((n for n, item in enumerate(milestones) if item.done_at and item.key not in BESIDE), default=-1)
    coming = [] if failed else milestones[last + 1 :]
    present = next((item.key for item in coming if item.role and not item.over(now) and item.key not in BESIDE), None)
    return tuple(
        Clock(
            key=item.key,
            role=item.role,
            state=_state(item, now, present=item.key == present, passed=place < last, failed=failed),
            due_at=item.due_at,
            due_day=item.whole_day,
            done_at=item.done_at,
            entry_id=item.entry_id,
            late_by=_late_by(item, now, failed=failed),
        )
        for place, item in enumerate(milestones)
    )


def line(lot: LotView, milestones: Sequence[Milestone], now: dt.datetime) -> Line:
    """A lot as the list shows it."""
    shown = clocks(milestones, now, failed=lot.state == "failed")
    step = next((item for item in shown if item.key not in BESIDE and item.role and item.state in _WAITING), None)
    return Line(lot, shown, step, sum(item.done_at is None and item.late_by is not None for item in shown))


_WAITING = frozenset({"now", "late"})


def _state(item: Milestone, now: dt.datetime, *, present: bool, passed: bool, failed: bool) -> State:
    if item.over(now):
        return "done"
    if item.role and passed and item.key not in BESIDE:
        return "skipped"
    if _late_by(item, now, failed=failed) is not None:
        return "late"
    return "now" if present else "next"


def _late_by(item: Milestone, now: dt.datetime, *, failed: bool) -> dt.timedelta | None:
    """How long after its day it was done, or has not been; nobody is late with a step that nobody takes."""
    if not item.role or item.due_at is None or (failed and item.done_at is None):
        return None
    due = day_end(local_day(item.due_at)) if item.key in AT_INSTANT else item.due_at
    end = item.done_at or now
    return end - due if end > due else None
