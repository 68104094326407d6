"""The table of releases, only ever added to, which the database enforces."""

import datetime as dt
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class ReleaseRow(Base):
    """A release as it went out; `key` names the act it tells of, so that it is told once."""

    __tablename__ = "ocds_releases"
    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        Index("ix_ocds_releases_released_at_id", "released_at", "id"),
    )

    id: Mapped[str] = mapped_column(_CODE, primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    ocid: Mapped[str] = mapped_column(_CODE)
    key: Mapped[str] = mapped_column(_CODE)
    tag: Mapped[str] = mapped_column(_CODE)
    released_at: Mapped[dt.datetime]
    body: Mapped[bytes]
    digest: Mapped[str] = mapped_column(_CODE)
    entry_id: Mapped[UUID]
