"""Tables of deposits; the migration says what the database itself refuses and who sees which row."""

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
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
    """An account of the ledger: the bank's, suspense, a bidder's deposit, money to be returned.

    `transit` is sent and not ended, `interest` what the bank owes on what it held, `withheld` what is kept.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("kind", "lot_id", "org_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(
            "kind IN ('bank', 'suspense', 'deposit', 'return', 'transit', 'interest', 'withheld')", name="kind"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))


class PostingRow(Base):
    """What makes a bank's line, a step of a payment or a deposit kept a fact of the ledger; its entries sum to zero."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        UniqueConstraint("line_id"),
        UniqueConstraint("payment_id", "step"),
        UniqueConstraint("withheld_id"),
        CheckConstraint("num_nonnulls(line_id, payment_id, withheld_id) = 1", name="cause"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund_payments.id"))
    step: Mapped[str | None]
    withheld_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"))
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


class RefundRequestRow(Base):
    """A depositor's signed request to have its deposit back before the deadline; under row security."""

    __tablename__ = "refund_requests"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    statement: Mapped[bytes]
    fingerprint: Mapped[str] = mapped_column(_CODE)
    certificate: Mapped[str]
    signature: Mapped[str] = mapped_column(_CODE)
    salt: Mapped[bytes]
    leaf: Mapped[bytes]
    requested_at: Mapped[dt.datetime]


class RefundRow(Base):
    """What becomes of one line, for ever: paid back by a day, or kept on a ground; under row security."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("line_id"), Index("ix_refunds_lot_id", "lot_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    bank_org_id: Mapped[UUID]
    cause: Mapped[str]
    principal_fen: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[dt.date]
    basis_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime | None]
    ground: Mapped[str | None] = mapped_column(_CODE)
    reason: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[UUID | None]


class RefundDisclosureRow(Base):
    """The journal's entry that shows a refund to everyone."""

    __tablename__ = "refund_disclosures"

    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    entry_id: Mapped[UUID]


class BatchRow(Base):
    """A payment file (付款文件) of one lot as one person prepared it."""

    __tablename__ = "refund_batches"
    __table_args__ = (UniqueConstraint("id", "prepared_by"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    prepared_by: Mapped[UUID]
    prepared_name: Mapped[str]
    prepared_at: Mapped[dt.datetime]
    value_on: Mapped[dt.date]
    count: Mapped[int]
    total_fen: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[bytes]
    digest: Mapped[str] = mapped_column(_CODE)


class BatchDecisionRow(Base):
    """Another person's yes, or anybody's no; the database refuses a preparer's own yes."""

    __tablename__ = "refund_batch_decisions"
    __table_args__ = (CheckConstraint("NOT approved OR decided_by <> prepared_by", name="four_eyes"),)

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    prepared_by: Mapped[UUID]
    decided_by: Mapped[UUID]
    decided_name: Mapped[str]
    approved: Mapped[bool]
    reason: Mapped[str]
    decided_at: Mapped[dt.datetime]


class PaymentRow(Base):
    """One attempt to pay a refund; the next hangs by foreign key on the end of the one before. Under row security."""

    __tablename__ = "refund_payments"
    __table_args__ = (UniqueConstraint("refund_id", "attempt"), UniqueConstraint("number"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"))
    attempt: Mapped[int] = mapped_column(SmallInteger)
    previous: Mapped[int | None] = mapped_column(SmallInteger)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    org_id: Mapped[UUID]
    bank_org_id: Mapped[UUID]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund_batches.id"))
    number: Mapped[str] = mapped_column(_CODE)
    value_on: Mapped[dt.date]
    principal_fen: Mapped[int] = mapped_column(BigInteger)
    interest_fen: Mapped[int] = mapped_column(BigInteger)
    payee: Mapped[str]
    account: Mapped[str]
    made_at: Mapped[dt.datetime]


class PaymentEndRow(Base):
    """How an attempt ended; paid once in a refund's life. Under row security."""

    __tablename__ = "refund_payment_ends"
    __table_args__ = (
        Index("uq_refund_payment_ends_paid", "refund_id", unique=True, postgresql_where=text("outcome = 'paid'")),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("refund_payments.id"), primary_key=True)
    refund_id: Mapped[UUID]
    attempt: Mapped[int] = mapped_column(SmallInteger)
    lot_id: Mapped[UUID]
    org_id: Mapped[UUID]
    bank_org_id: Mapped[UUID]
    outcome: Mapped[str]
    reference: Mapped[str] = mapped_column(_CODE)
    reason: Mapped[str]
    at: Mapped[dt.datetime]


class PaymentStepRow(Base):
    """What happened to an attempt on its way: sent, asked after, still worked on, not known to the bank."""

    __tablename__ = "refund_payment_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("refund_payments.id"))
    lot_id: Mapped[UUID]
    org_id: Mapped[UUID]
    bank_org_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[dt.datetime]


class PayoutAccountRow(Base):
    """Another account of the same payee, proposed by one person because the bank refused the first."""

    __tablename__ = "payout_accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"))
    account: Mapped[str]
    reason: Mapped[str]
    proposed_by: Mapped[UUID]
    proposed_name: Mapped[str]
    proposed_at: Mapped[dt.datetime]


class PayoutConfirmationRow(Base):
    """Confirmed by another; usable after a cooling-off."""

    __tablename__ = "payout_confirmations"
    __table_args__ = (CheckConstraint("confirmed_by <> proposed_by", name="four_eyes"),)

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payout_accounts.id"), primary_key=True)
    proposed_by: Mapped[UUID]
    confirmed_by: Mapped[UUID]
    confirmed_name: Mapped[str]
    confirmed_at: Mapped[dt.datetime]
    usable_at: Mapped[dt.datetime]
