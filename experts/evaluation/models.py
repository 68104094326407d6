"""Tables of the evaluation; see the migration for row security on sheets and for what is frozen."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_KIND = "kind IN ('review', 'choice', 'score')"


class EvaluationTable(Base):
    """评标 of a lot; the three instants are when the sheets of a kind were opened to all members."""

    __tablename__ = "evaluations"
    __table_args__ = (
        CheckConstraint("members >= 5 AND members % 2 = 1", name="members"),
        CheckConstraint(
            "stage IN ('seated', 'reviewing', 'choosing', 'scoring', 'signing', 'done')",
            name="stage",
        ),
        CheckConstraint("choice IN ('continue', 'reject_all')", name="choice"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    members: Mapped[int] = mapped_column(SmallInteger)
    stage: Mapped[str]
    choice: Mapped[str | None]
    review_open_at: Mapped[dt.datetime | None]
    choice_open_at: Mapped[dt.datetime | None]
    score_open_at: Mapped[dt.datetime | None]
    round: Mapped[int] = mapped_column(SmallInteger, default=1)
    """Choices and scores of an earlier one are void: a replaced member's review had decided otherwise."""
    valid: Mapped[list[Any] | None]
    """The bids that the reviews let pass, once all were in."""
    begun_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class EvaluationMember(Base):
    """A member at work, by pseudonym."""

    __tablename__ = "evaluation_members"
    __table_args__ = (
        UniqueConstraint("lot_id", "person_id"),
        Index("ix_evaluation_members_membership_id", "membership_id"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.lot_id"), primary_key=True)
    seat: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    membership_id: Mapped[UUID]
    person_id: Mapped[UUID]
    pseudonym: Mapped[str]
    accepted_at: Mapped[dt.datetime | None]
    replaced_at: Mapped[dt.datetime | None]
    replaced_entry: Mapped[UUID | None]
    """The draw's entry by which the seat was emptied."""


class EvaluationSubmission(Base):
    """That a member's sheet is in, without what it says."""

    __tablename__ = "evaluation_submissions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["lot_id", "seat"],
            ["evaluation_members.lot_id", "evaluation_members.seat"],
            name="fk_evaluation_submissions_lot_id",
        ),
        CheckConstraint(_KIND, name="kind"),
    )

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    commitment: Mapped[str]
    submitted_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class EvaluationSheet(Base):
    """What a member writes; row security keeps it to its author until all of the kind are in."""

    __tablename__ = "evaluation_sheets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["lot_id", "seat"],
            ["evaluation_members.lot_id", "evaluation_members.seat"],
            name="fk_evaluation_sheets_lot_id",
        ),
        CheckConstraint(_KIND, name="kind"),
        CheckConstraint("length(salt) = 32", name="salt"),
    )

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    membership_id: Mapped[UUID]
    body: Mapped[dict[str, Any]]
    salt: Mapped[bytes]
    changed_at: Mapped[dt.datetime]


class EvaluationReport(Base):
    """评标报告, exact canonical text."""

    __tablename__ = "evaluation_reports"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.lot_id"), primary_key=True)
    digest: Mapped[str]
    body: Mapped[str]
    made_at: Mapped[dt.datetime]
    sign_by: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class EvaluationSignature(Base):
    """A member's stand on the report: a signature with or without dissent, or none in time (deemed to agree)."""

    __tablename__ = "evaluation_signatures"
    __table_args__ = (
        CheckConstraint(
            "(fingerprint IS NULL) = (signature IS NULL) AND (fingerprint IS NULL) = (certificate IS NULL) "
            "AND (fingerprint IS NOT NULL OR dissent IS NULL)",
            name="whole",
        ),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_reports.lot_id"), primary_key=True)
    seat: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    fingerprint: Mapped[str | None]
    certificate: Mapped[str | None]
    signature: Mapped[str | None]
    dissent: Mapped[str | None]
    signed_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]
