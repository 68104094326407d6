"""Tables of the opening; rows are never changed or deleted (by grant and by trigger)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")  # codes are compared byte for byte


class BoxTable(Base):
    """投标箱 as closed: root and number of live envelopes, and the opened slots they follow from."""

    __tablename__ = "boxes"

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    ann: Mapped[str | None] = mapped_column(ForeignKey("announcements.ann"))
    root: Mapped[str]
    live: Mapped[int]
    slots_digest: Mapped[str]
    closed_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class ShareBatchTable(Base):
    """A trustee's signed batch of one part."""

    __tablename__ = "share_batches"
    __table_args__ = (
        ForeignKeyConstraint(["subject_kind", "subject_id"], ["boxes.subject_kind", "boxes.subject_id"]),
        Index("uq_share_batches_subject_part_x", "subject_kind", "subject_id", "part", "x", unique=True),
    )

    digest: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    phase: Mapped[int] = mapped_column(SmallInteger)
    part: Mapped[str]
    x: Mapped[int] = mapped_column(SmallInteger)
    file: Mapped[bytes]
    received_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class SettlementTable(Base):
    """The settled document of a phase."""

    __tablename__ = "settlements"
    __table_args__ = (ForeignKeyConstraint(["subject_kind", "subject_id"], ["boxes.subject_kind", "boxes.subject_id"]),)

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    phase: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    digest: Mapped[str]
    file: Mapped[bytes]
    settled_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class RevealTable(Base):
    """A phase revealed; `valid` counts its parts that are."""

    __tablename__ = "reveals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["subject_kind", "subject_id", "phase"],
            ["settlements.subject_kind", "settlements.subject_id", "settlements.phase"],
        ),
    )

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    phase: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    valid: Mapped[int]
    revealed_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class OpenedPartTable(Base):
    """What one part of one envelope held, or why it is void."""

    __tablename__ = "opened_parts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["subject_kind", "subject_id", "phase"],
            ["reveals.subject_kind", "reveals.subject_id", "reveals.phase"],
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    phase: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[int]
    env: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    files: Mapped[list[Any]]


class ObjectionTable(Base):
    """开标异议: what a bidder objected to on the spot, with the receipt it was given."""

    __tablename__ = "objections"
    __table_args__ = (Index("ix_objections_lot_id", "lot_id", "raised_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    organisation: Mapped[str]
    uscc: Mapped[str] = mapped_column(_CODE)
    text: Mapped[str]
    digest: Mapped[str] = mapped_column(_CODE)
    receipt: Mapped[bytes]
    raised_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class ObjectionEndTable(Base):
    """How an objection ended, once: answered (upheld or dismissed) or withdrawn."""

    __tablename__ = "objection_ends"

    objection_id: Mapped[UUID] = mapped_column(ForeignKey("objections.id"), primary_key=True)
    outcome: Mapped[str]
    text: Mapped[str]
    ended_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class OpeningRecordTable(Base):
    """开标记录, machine-readable and signed by the platform."""

    __tablename__ = "opening_records"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    digest: Mapped[str]
    file: Mapped[bytes]
    made_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class RecordSignatureTable(Base):
    """Somebody present signed the record's digest."""

    __tablename__ = "record_signatures"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("opening_records.lot_id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    organisation: Mapped[str]
    role: Mapped[str]
    certificate: Mapped[str]
    signature: Mapped[str]
    signed_at: Mapped[datetime]
    entry_id: Mapped[UUID]
