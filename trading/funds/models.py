"""Tables of deposits; the migration says what the database itself refuses and who sees which row."""

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class DepositAccountRow(Base):
    """A sub-account (子账号) of an organisation for a lot; under row security."""

    __tablename__ = "deposit_accounts"
    __table_args__ = (CheckConstraint("number ~ '^[0-9]{32}$'", name="number"), UniqueConstraint("number"))

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    number: Mapped[str] = mapped_column(_CODE)


class StatementRow(Base):
    """A bank's file as it was taken in; its digest is read by the database's own functions only."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        UniqueConstraint("bank_org_id", "digest"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    digest: Mapped[bytes]
    received_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"))


class BankLineRow(Base):
    """One payment a bank reported; under row security: its holder's, suspense, or public after closing."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        CheckConstraint("octet_length(salt) = 32", name="salt"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        UniqueConstraint("bank_org_id", "reference"),
        Index("uq_bank_lines_matched", "lot_id", "org_id", unique=True, postgresql_where=text("outcome = 'matched'")),
        Index("ix_bank_lines_lot_id_org_id", "lot_id", "org_id"),
        Index("ix_bank_lines_suspense", "paid_at", "id", postgresql_where=text("lot_id IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statements.id"))
    bank_org_id: Mapped[UUID]
    reference: Mapped[str] = mapped_column(_CODE)
    facts: Mapped[bytes]
    salt: Mapped[bytes]
    paid_at: Mapped[dt.datetime]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    payer_name: Mapped[str]
    payer_account: Mapped[str]
    sub_account: Mapped[str] = mapped_column(_CODE)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    outcome: Mapped[str]
    leaf: Mapped[bytes | None]


class LedgerAccountRow(Base):
    """An account of the ledger: the bank's, suspense, a bidder's deposit, money to be returned."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("kind", "lot_id", "org_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("kind IN ('bank', 'suspense', 'deposit', 'return')", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))


class PostingRow(Base):
    """What makes a line of the bank a fact of the ledger; its entries sum to zero."""

    __tablename__ = "ledger_postings"
    __table_args__ = (UniqueConstraint("line_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"))
    at: Mapped[dt.datetime]
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"))


class LedgerEntryRow(Base):
    """Half of a posting: 借 is positive, 贷 negative."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_fen"),
        Index("ix_ledger_entries_account_id", "account_id", postgresql_include=["amount_fen"]),
    )

    posting_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_postings.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_accounts.id"), primary_key=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
