"""Tables of the outcome; all but a publicity's two instants are only ever added to, which the database enforces."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class OutcomeRow(Base):
    """The signed report has come to the tenderer."""

    __tablename__ = "award_outcomes"

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    report_digest: Mapped[str] = mapped_column(_CODE)
    report_entry_id: Mapped[UUID]
    received_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class BidderRow(Base):
    """Everybody whose bid was opened; candidates (中标候选人) are the first few ranked."""

    __tablename__ = "award_bidders"

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    env: Mapped[str] = mapped_column(_CODE, primary_key=True)
    org_id: Mapped[UUID | None]
    organisation: Mapped[str]
    uscc: Mapped[str] = mapped_column(_CODE)
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    total_hundredths: Mapped[int | None]
    is_candidate: Mapped[bool]


class PublicityRow(Base):
    """公示: planned, begun, ended."""

    __tablename__ = "award_publicities"

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    ends_at: Mapped[dt.datetime]
    provisional: Mapped[bool]
    late: Mapped[bool]
    planned_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]
    began_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]


class ObjectionRow(Base):
    """异议 to the result."""

    __tablename__ = "award_objections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    org_id: Mapped[UUID]
    organisation: Mapped[str]
    uscc: Mapped[str] = mapped_column(_CODE)
    standing: Mapped[str]
    interest: Mapped[str]
    text: Mapped[str]
    digest: Mapped[str] = mapped_column(_CODE)
    receipt: Mapped[bytes]
    raised_at: Mapped[dt.datetime]
    reply_by: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class ObjectionEndRow(Base):
    """How an objection ended."""

    __tablename__ = "award_objection_ends"

    objection_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    text: Mapped[str]
    late: Mapped[bool]
    ended_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class DecisionRow(Base):
    """定标: the tenderer's decision."""

    __tablename__ = "award_decisions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    env: Mapped[str] = mapped_column(_CODE)
    passed_over: Mapped[list[Any]]
    reasons: Mapped[str]
    decided_by: Mapped[UUID]
    decided_at: Mapped[dt.datetime]
    report_by: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class AnnulmentRow(Base):
    """A decision that stands no more."""

    __tablename__ = "award_annulments"

    decision_id: Mapped[UUID] = mapped_column(primary_key=True)
    ground: Mapped[str] = mapped_column(_CODE)
    reason: Mapped[str]
    annulled_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class LetterRow(Base):
    """中标通知书 or 中标结果通知书, issued."""

    __tablename__ = "award_letters"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID]
    env: Mapped[str] = mapped_column(_CODE)
    org_id: Mapped[UUID | None]
    kind: Mapped[str]
    record_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(_CODE)
    digest: Mapped[str] = mapped_column(_CODE)
    issued_at: Mapped[dt.datetime]
    contract_by: Mapped[dt.datetime | None]
    entry_id: Mapped[UUID]


class LetterReceiptRow(Base):
    """The addressee opened or downloaded a letter, the first time."""

    __tablename__ = "award_letter_receipts"

    letter_id: Mapped[UUID] = mapped_column(primary_key=True)
    how: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class ReportRow(Base):
    """招标投标情况书面报告, submitted."""

    __tablename__ = "award_reports"

    decision_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(_CODE)
    late: Mapped[bool]
    submitted_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class ContractRow(Base):
    """A signed contract as the tenderer recorded it."""

    __tablename__ = "award_contracts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    record_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(_CODE)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    bond_fen: Mapped[int] = mapped_column(BigInteger)
    signed_on: Mapped[dt.date]
    late: Mapped[bool]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class ContractAnswerRow(Base):
    """What the winner says to it."""

    __tablename__ = "award_contract_answers"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    reason: Mapped[str]
    answered_by: Mapped[UUID]
    answered_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]
