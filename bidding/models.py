"""Tables of the lock-box before opening: ceremonies, announcements, uploads, envelopes, late refusals.

Announcements, envelopes and refusals are never changed or deleted (by grant and by trigger). Uploads and envelopes
carry no account, no organisation and no time that could be joined to one: who bids is first told by the opened
identity part.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trading.kernel.db import Base


class Ceremony(Base):
    """密钥仪式: trustees bring their keys for one subject, then sign what was made of them."""

    __tablename__ = "ceremonies"
    __table_args__ = (
        CheckConstraint("state IN ('gathering', 'signing', 'published', 'cancelled')", name="state"),
        Index(
            "uq_ceremonies_live",
            "subject_kind",
            "subject_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    title: Mapped[str]
    """What the subject is called, for people; nothing signed depends on it."""
    state: Mapped[str]
    draft: Mapped[dict[str, Any]]
    """The announcement's body but for the trustees' keys and the first slot."""
    body: Mapped[bytes | None]
    """The exact bytes the trustees sign, once every key is in."""
    started_at: Mapped[datetime]
    started_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    seats: Mapped[list["CeremonySeat"]] = relationship(order_by="CeremonySeat.x", lazy="selectin")


class CeremonySeat(Base):
    """席位: one trustee of a ceremony, with the keys he proved to hold and his signature."""

    __tablename__ = "ceremony_seats"

    ceremony_id: Mapped[UUID] = mapped_column(ForeignKey("ceremonies.id"), primary_key=True)
    x: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    seat: Mapped[str]
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    organisation: Mapped[str]
    holder: Mapped[str]
    offer: Mapped[bytes | None]
    challenges: Mapped[list[Any] | None]
    """What was sealed to each offered key, with the answer that only its holder can give."""
    keyed_at: Mapped[datetime | None]
    signature: Mapped[str | None]
    signed_at: Mapped[datetime | None]


class AnnouncementRow(Base):
    """密钥公告 as published: exact bytes, signed by every trustee."""

    __tablename__ = "announcements"
    __table_args__ = (
        Index("uq_announcements_version", "subject_kind", "subject_id", "version", unique=True),
        CheckConstraint("ann ~ '^[0-9a-f]{64}$'", name="ann"),
    )

    ann: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    version: Mapped[int]
    ceremony_id: Mapped[UUID] = mapped_column(ForeignKey("ceremonies.id"))
    file: Mapped[bytes]
    reduced: Mapped[bool]
    published_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class UploadTokenRow(Base):
    """What an upload token has used so far; kept by the token's hash, from its first use on."""

    __tablename__ = "upload_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    bytes_used: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int]


class Upload(Base):
    """The ciphertext of one part of one envelope, arriving in blocks."""

    __tablename__ = "uploads"
    __table_args__ = (Index("uq_uploads_token_hash_env_part", "token_hash", "env", "part", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(ForeignKey("upload_tokens.token_hash"))
    ann: Mapped[str] = mapped_column(ForeignKey("announcements.ann"))
    env: Mapped[str]
    part: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    block_size: Mapped[int]


class UploadBlock(Base):
    """A block that is safe in the object store, with the hashes of its 1 MiB leaves."""

    __tablename__ = "upload_blocks"

    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    leaves: Mapped[bytes]
    object_key: Mapped[str]


class EnvelopeRow(Base):
    """An accepted envelope or withdrawal (撤回), its receipt, and where the journal's blind stream holds it."""

    __tablename__ = "envelopes"
    __table_args__ = (
        CheckConstraint("kind IN ('commit', 'withdraw')", name="kind"),
        CheckConstraint("kind = 'commit' OR prev IS NOT NULL", name="withdraws"),
        Index("uq_envelopes_env", "env", unique=True, postgresql_where=text("kind = 'commit'")),
        # One document follows another at most once: neither two replacements nor a replacement beside a withdrawal.
        Index("uq_envelopes_prev", "prev", unique=True, postgresql_where=text("prev IS NOT NULL")),
        Index("uq_envelopes_chain", "key", unique=True, postgresql_where=text("prev IS NULL")),
        Index("uq_envelopes_entry", "entry", unique=True),
        Index("ix_envelopes_subject", "subject_kind", "subject_id"),
        ForeignKeyConstraint(["prev"], ["envelopes.digest"]),
    )

    digest: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    ann: Mapped[str] = mapped_column(ForeignKey("announcements.ann"))
    env: Mapped[str]
    key: Mapped[str]
    prev: Mapped[str | None]
    file: Mapped[bytes]
    uploads: Mapped[dict[str, Any]]
    """Part → upload that holds its ciphertext; empty for a withdrawal."""
    received_at: Mapped[datetime]
    slot: Mapped[int]
    entry: Mapped[str]
    receipt: Mapped[bytes]


class RefusalRow(Base):
    """拒收: a submission that came late, refused under the platform's signature."""

    __tablename__ = "submission_refusals"
    __table_args__ = (Index("ix_submission_refusals_holder", "holder"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    holder: Mapped[str]
    """Hash of the upload token, or the key that signed the withdrawal: to bound how many are journalled."""
    refused_at: Mapped[datetime]
    refusal: Mapped[bytes]
    entry_id: Mapped[UUID]
