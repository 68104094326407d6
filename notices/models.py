"""The table of notices; the database refuses changing a published one, and publishing one's own words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class NoticeRow(Base):
    """公告. `body` is texts and facts as published; while it is a draft, the texts alone."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published')", name="state"),
        CheckConstraint("published_by <> drafted_by", name="four_eyes"),
        Index("uq_notices_standing", "subject_kind", "subject_id", "kind", unique=True),
        Index("ix_notices_published_at_id", "published_at", "id", postgresql_where=text("state = 'published'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[dict[str, Any]]
    state: Mapped[str]
    region: Mapped[str] = mapped_column(_CODE)
    open_until: Mapped[datetime | None]
    drafted_by: Mapped[UUID]
    drafted_at: Mapped[datetime]
    published_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(_CODE)
    pdf_digest: Mapped[str | None] = mapped_column(_CODE)
    pdf_record_id: Mapped[UUID | None] = mapped_column(ForeignKey("records.id"))
    entry_id: Mapped[UUID | None]


class NoticeWordsRow(Base):
    """What the public searches: text and pieces of a published notice, written by the database as it is published."""

    __tablename__ = "notice_words"
    __table_args__ = (
        Index("ix_notice_words_published_at_notice_id", "published_at", "notice_id"),
        Index("ix_notice_words_words", "words", postgresql_using="gin"),
    )

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    published_at: Mapped[datetime]
    region: Mapped[str] = mapped_column(_CODE)
    content: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)
