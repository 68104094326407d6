"""What supervision knows of an alert, and what its rules say: frozen structs, never a row."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import msgspec

from trading.projects.profile import Parameter

Severity = Literal["notice", "yellow", "red"]
"""预警 · 黄牌 · 红牌."""
SEVERITIES: tuple[Severity, ...] = ("notice", "yellow", "red")
Role = Literal["tenderer", "official", "finance"]
"""Who answers: the tenderer's side of the lot, the centre's officials, the centre's finance."""
PARTIES: tuple[Role, ...] = ("tenderer", "official", "finance")
Outcome = Literal["remedied", "explained", "unfounded", "referred"]
OUTCOMES: tuple[Outcome, ...] = ("remedied", "explained", "unfounded", "referred")
ActKind = Literal["assigned", "asked", "answered", "closed"]


class Judged(msgspec.Struct, frozen=True):
    """What a rule says of one thing in a lot: broken or not, measured by which row of law.

    `cause` is the same words for the same thing whenever the rule looks, so that one thing is one alert. What is not
    broken yet, but will be if nothing happens, says when (`wake_at`).
    """

    cause: str
    broken: bool
    parameter: Parameter
    party: Role
    subject: str
    due_at: dt.datetime | None = None
    happened_at: dt.datetime | None = None
    evidence: tuple[UUID, ...] = ()
    facts: dict[str, Any] = {}
    wake_at: dt.datetime | None = None


class RuleView(msgspec.Struct, frozen=True):
    """A rule as its page shows it, with the rows it measures by."""

    id: str
    severity: Severity
    parameters: tuple[Parameter, ...]


class Act(msgspec.Struct, frozen=True):
    """A step in dealing with an alert."""

    number: int
    kind: ActKind
    person_name: str
    org_name: str
    words: str
    detail: dict[str, Any]
    at: dt.datetime
    entry_id: UUID


class Alert(msgspec.Struct, frozen=True):
    """An alert with its history."""

    id: UUID
    rule: str
    severity: Severity
    lot_id: UUID
    project_id: UUID
    project_name: str
    lot_name: str
    subject: str
    cause: str
    parameter: Parameter
    facts: dict[str, Any]
    evidence: tuple[UUID, ...]
    party: Role
    party_org_id: UUID | None
    party_name: str
    due_at: dt.datetime | None
    happened_at: dt.datetime | None
    raised_at: dt.datetime
    entry_id: UUID
    state: str
    assignee_id: UUID | None
    assignee_name: str
    reply_by: dt.datetime | None
    acts: tuple[Act, ...] = ()

    @property
    def late_by(self) -> dt.timedelta | None:
        """How much too late; None where it did not happen at all or was not a matter of a date."""
        if self.due_at is None or self.happened_at is None or self.happened_at <= self.due_at:
            return None
        return self.happened_at - self.due_at
