"""A lot's story (事实): what its journal entries and milestones say, as rules read it. Pure."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from supervision import rulebook
from trading.projects.calendar import WorkingCalendar, local_day
from trading.projects.profile import Parameter, Profile
from trading.projects.types import LotView, Milestone


class Fact(msgspec.Struct, frozen=True):
    """A journal entry: what everyone may read of it."""

    id: UUID
    at: dt.datetime
    action: str
    subject: str
    payload: dict[str, Any]


class Story(msgspec.Struct, frozen=True):
    """Everything a rule may look at. No rule sees a table, a clock of its own, or a commitment's opening."""

    lot: LotView
    profile: Profile
    calendar: WorkingCalendar
    milestones: tuple[Milestone, ...]
    facts: tuple[Fact, ...]
    """Of the lot and of its draws, in the order of the log."""
    now: dt.datetime

    @property
    def subject(self) -> str:
        """The lot as journal subject."""
        return f"lot:{self.lot.id}"

    def milestone(self, key: str) -> Milestone | None:
        """The milestone of this key."""
        return next((item for item in self.milestones if item.key == key), None)

    def of(self, *actions: str) -> tuple[Fact, ...]:
        """The entries of these kinds."""
        return tuple(item for item in self.facts if item.action in actions)

    def row(self, key: str, at: dt.datetime) -> Parameter:
        """The row of law in force at an instant."""
        return rulebook.row(self.profile, key, local_day(at))
