"""The table of result notices; what is published stands, only its PDF is added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class ResultNoticeRow(Base):
    """`subject_id` is the lot, the decision or the contract that it tells of."""

    __tablename__ = "result_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    title: Mapped[str]
    body: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(_CODE)
    code: Mapped[str] = mapped_column(_CODE)
    published_at: Mapped[datetime]
    entry_id: Mapped[UUID]
    pdf_record_id: Mapped[UUID | None]
    pdf_digest: Mapped[str | None] = mapped_column(_CODE)
