"""Tables of supervision; see the migration for what the database itself refuses."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, SmallInteger, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class AlertRow(Base):
    """An alert (预警、黄牌、红牌): a rule was broken, by which act or omission, and how far it has been dealt with."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("rule", "subject", "cause"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(_CODE)
    severity: Mapped[str] = mapped_column(_CODE)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    subject: Mapped[str] = mapped_column(_CODE)
    cause: Mapped[str] = mapped_column(_CODE)
    parameter: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    evidence: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    party: Mapped[str] = mapped_column(_CODE)
    party_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    due_at: Mapped[dt.datetime | None]
    happened_at: Mapped[dt.datetime | None]
    raised_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(_CODE)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reply_by: Mapped[dt.datetime | None]


class ActRow(Base):
    """What somebody did about an alert; never changed."""

    __tablename__ = "alert_acts"

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(_CODE)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    person_name: Mapped[str]
    org_name: Mapped[str]
    words: Mapped[str]
    detail: Mapped[dict[str, Any]]
    at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class ProgressRow(Base):
    """The last leaf of the journal that a sweep has looked at."""

    __tablename__ = "supervision_progress"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    leaf: Mapped[int] = mapped_column(BigInteger)
