"""Tables of projects (项目) and lots (标段); see the migration for what the database itself refuses."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class CalendarYearRow(Base):
    """A year whose rest days the State Council has published."""

    __tablename__ = "calendar_years"
    __table_args__ = (CheckConstraint("year BETWEEN 2000 AND 2199", name="year"),)

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]


class CalendarDayRow(Base):
    """A day that differs from the week: a holiday (休) or a make-up working day (班)."""

    __tablename__ = "calendar_days"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str]


class ProfileVersionRow(Base):
    """A profile exactly as some project was registered under it."""

    __tablename__ = "profile_versions"

    digest: Mapped[str] = mapped_column(_CODE, primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    first_used_at: Mapped[dt.datetime]


class RegistrationSerialRow(Base):
    """The last serial number given out on a day."""

    __tablename__ = "registration_serials"
    __table_args__ = (CheckConstraint("last BETWEEN 1 AND 999999", name="last"),)

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    last: Mapped[int]


class DraftRow(Base):
    """What somebody is still writing; becomes a project under the same id."""

    __tablename__ = "project_drafts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_by: Mapped[UUID]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]


class ProjectRow(Base):
    """A registered project (已受理)."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("unified_code ~ '^[0-9A-Z]{35}[0-9A-Z*]$'", name="unified_code"),
        CheckConstraint("estimate_fen > 0", name="estimate_fen"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(_CODE)
    unified_code: Mapped[str] = mapped_column(_CODE, unique=True)
    receipt_no: Mapped[str] = mapped_column(_CODE, unique=True)
    name: Mapped[str]
    tenderer_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    tenderer_name: Mapped[str]
    agency_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    agency_name: Mapped[str | None]
    profile: Mapped[str]
    profile_digest: Mapped[str] = mapped_column(_CODE, ForeignKey("profile_versions.digest"))
    region: Mapped[str] = mapped_column(_CODE)
    category: Mapped[str] = mapped_column(_CODE)
    funding: Mapped[str]
    estimate_fen: Mapped[int] = mapped_column(BigInteger)
    notice_on: Mapped[dt.date]
    registered_at: Mapped[dt.datetime]
    registered_by: Mapped[UUID]
    entry_id: Mapped[UUID]


class LotRow(Base):
    """A lot (标段): what one contract will be about."""

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint("estimate_fen > 0", name="estimate_fen"),
        CheckConstraint("ceiling_fen > 0", name="ceiling_fen"),
        CheckConstraint("deposit_fen >= 0", name="deposit_fen"),
        CheckConstraint("duration_days > 0", name="duration_days"),
        CheckConstraint("validity_days > 0", name="validity_days"),
        CheckConstraint("issue_to >= issue_from", name="issue_to"),
        CheckConstraint(
            "state IN ('registered', 'published', 'closed', 'opening', 'opened', 'evaluating', 'evaluated', "
            "'publicised', 'awarded', 'contracted', 'failed')",
            name="state",
        ),
        CheckConstraint("participants_public_at >= deadline_at", name="participants_public_at"),
        Index("ix_lots_state_deadline_at", "state", "deadline_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[str] = mapped_column(_CODE)
    name: Mapped[str]
    scope: Mapped[str]
    estimate_fen: Mapped[int] = mapped_column(BigInteger)
    ceiling_fen: Mapped[int | None] = mapped_column(BigInteger)
    deposit_fen: Mapped[int] = mapped_column(BigInteger)
    duration_days: Mapped[int]
    quality: Mapped[str]
    validity_days: Mapped[int]
    issue_from: Mapped[dt.date]
    issue_to: Mapped[dt.date]
    deadline_at: Mapped[dt.datetime]
    state: Mapped[str]
    participants_public_at: Mapped[dt.datetime | None]
    evaluation: Mapped[dict[str, Any] | None]


class MilestoneRow(Base):
    """A step of the timeline of a project or lot: due by the profile, done by a journal entry."""

    __tablename__ = "milestones"
    __table_args__ = (CheckConstraint("(done_at IS NULL) = (entry_id IS NULL)", name="done"),)

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    role: Mapped[str]
    due_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    entry_id: Mapped[UUID | None]


class ParticipationRow(Base):
    """An organisation takes part in a lot; row security shows it to that organisation alone until it is public."""

    __tablename__ = "participations"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(_CODE, primary_key=True)
