"""What reads and services of projects hand out: frozen structs, never a row."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from trading.projects.calendar import day_end, local_day
from trading.projects.states import PUBLIC_STATES


class LotView(msgspec.Struct, frozen=True):
    """标段. Amounts in fen; issue days are whole days in Beijing."""

    id: UUID
    project_id: UUID
    project_code: str
    unified_code: str
    project_name: str
    number: str
    name: str
    scope: str
    state: str
    profile: str
    profile_digest: str
    tenderer_org_id: UUID
    tenderer_name: str
    agency_org_id: UUID | None
    agency_name: str | None
    estimate_fen: int
    ceiling_fen: int | None
    deposit_fen: int
    duration_days: int
    quality: str
    validity_days: int
    issue_from: dt.date
    issue_to: dt.date
    deadline_at: dt.datetime
    min_bidders: int
    participants_public_at: dt.datetime | None

    @property
    def issue_ends_at(self) -> dt.datetime:
        """24:00 of the last day of issue."""
        return day_end(self.issue_to)

    @property
    def is_public(self) -> bool:
        """Its notice is out: anyone may see it."""
        return self.state in PUBLIC_STATES


class ProjectView(msgspec.Struct, frozen=True):
    """项目, with its lots in order of their numbers."""

    id: UUID
    code: str
    unified_code: str
    receipt_no: str
    name: str
    state: str
    tenderer_org_id: UUID
    tenderer_name: str
    agency_org_id: UUID | None
    agency_name: str | None
    profile: str
    profile_digest: str
    region: str
    category: str
    funding: str
    estimate_fen: int
    notice_on: dt.date
    registered_at: dt.datetime
    entry_id: UUID
    lots: tuple[LotView, ...]


class DraftView(msgspec.Struct, frozen=True):
    """A draft as its owner left it; `body` holds the fields of the form that were filled in."""

    id: UUID
    org_id: UUID
    body: dict[str, Any]
    created_at: dt.datetime
    changed_at: dt.datetime

    @property
    def name(self) -> str:
        """What it is called so far."""
        return str(self.body.get("name") or "")


class Milestone(msgspec.Struct, frozen=True):
    """A step of the timeline. A step nobody takes (`role` empty) is over when its time has come."""

    key: str
    role: str
    due_at: dt.datetime | None
    done_at: dt.datetime | None
    entry_id: UUID | None

    @property
    def whole_day(self) -> dt.date | None:
        """The day at whose end the step is due; None where it is due at an hour of the day."""
        if self.due_at is None:
            return None
        last = local_day(self.due_at - dt.timedelta(microseconds=1))
        return last if day_end(last) == self.due_at else None

    def over(self, now: dt.datetime) -> bool:
        """Whether there is nothing more to do about it."""
        return self.done_at is not None or (not self.role and self.due_at is not None and self.due_at <= now)


class CalendarDay(msgspec.Struct, frozen=True):
    """A day that differs from the week."""

    day: dt.date
    working: bool
    name: str
