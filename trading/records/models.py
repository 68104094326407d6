"""The table of records; the database refuses changing and deleting."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class RecordRow(Base):
    """A document (资料) of a subject."""

    __tablename__ = "records"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id", "kind", "digest"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint("size >= 0", name="size"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    digest: Mapped[str] = mapped_column(_CODE)
    size: Mapped[int] = mapped_column(BigInteger)
    readers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Organisations that may read it before the public may."""
    public_at: Mapped[datetime | None]
    filed_at: Mapped[datetime]
    entry_id: Mapped[UUID]
    proof_code: Mapped[str | None] = mapped_column(_CODE, unique=True)
    """The unguessable name of its proof page (`/proof/{code}`), printed in the document itself."""
