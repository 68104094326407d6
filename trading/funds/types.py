"""What reads and services of funds hand out: frozen structs, never a row."""

import datetime as dt
from typing import Literal
from uuid import UUID

import msgspec

RULES = {
    "late": "deposit_payment",
    "short": "deposit_payment",
    "wrong_payer": "deposit_source",
    "duplicate": "deposit_share",
}
"""The parameter of the procedure's profile whose article an outcome rests on."""

LineOutcome = Literal["suspense", "matched", "late", "short", "wrong_payer", "duplicate"]
DepositState = Literal["matched", "late", "short", "wrong_payer", "duplicate", "withdrawn", "none"]
PaymentState = Literal["prepared", "approved", "sent", "unknown", "paid", "refused", "dropped"]
RefundState = Literal["due", "prepared", "approved", "sent", "unknown", "refused", "paid", "withheld"]


class LineView(msgspec.Struct, frozen=True):
    """A payment as the bank reported it, and how it was judged; `salt` opens the commitment of its blind entry."""

    id: UUID
    paid_at: dt.datetime
    amount_fen: int
    payer_name: str
    payer_account: str
    sub_account: str
    reference: str
    outcome: LineOutcome
    entry: str | None
    salt: str


class DepositView(msgspec.Struct, frozen=True):
    """A bidder's own deposit for a lot: the number once drawn, and what arrived on it."""

    lot_id: UUID
    amount_fen: int
    due_at: dt.datetime
    number: str | None
    state: DepositState
    lines: tuple[LineView, ...]


class DepositStatus(msgspec.Struct, frozen=True):
    """What came of a reference that a bidder wrote into the bid; known after closing only."""

    reference: str
    state: DepositState
    paid_fen: int | None = None
    payer_name: str | None = None
    paid_at: dt.datetime | None = None
    holder_org_id: UUID | None = None
    holder_uscc: str | None = None


class HolderLines(msgspec.Struct, frozen=True):
    """A sub-account of a closed lot with everything that arrived on it."""

    org_id: UUID
    org_name: str
    uscc: str
    number: str
    state: DepositState
    lines: tuple[LineView, ...]


class Balance(msgspec.Struct, frozen=True):
    """An account of the ledger: 借方, 贷方 and what is left, in fen."""

    id: UUID
    kind: str
    lot_id: UUID | None
    lot_name: str | None
    org_id: UUID | None
    org_name: str | None
    debit_fen: int
    credit_fen: int
    entries: int

    @property
    def balance_fen(self) -> int:
        """借 less 贷."""
        return self.debit_fen - self.credit_fen


class AccountEntry(msgspec.Struct, frozen=True):
    """One half of a posting, with the line it came from unless that is in suspense."""

    posting_id: UUID
    posted_at: dt.datetime
    journal_entry: UUID
    amount_fen: int
    step: str
    """`line` for money that came, else the step of its way back."""
    paid_at: dt.datetime | None
    payer_name: str | None
    reference: str | None


class StatementTaken(msgspec.Struct, frozen=True):
    """All a bank is told: the digest of its file, and when it was taken in first."""

    digest: str
    received_at: dt.datetime


class PaymentView(msgspec.Struct, frozen=True):
    """An attempt to pay a refund; the account is for finance and the payee alone."""

    id: UUID
    refund_id: UUID
    attempt: int
    batch_id: UUID | None
    number: str
    value_on: dt.date
    principal_fen: int
    interest_fen: int
    payee: str
    account: str
    made_at: dt.datetime
    state: PaymentState
    sent_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    reference: str = ""
    reason: str = ""

    @property
    def amount_fen(self) -> int:
        """Principal and interest."""
        return self.principal_fen + self.interest_fen


class RefundView(msgspec.Struct, frozen=True):
    """What becomes of one payment, with its clock and its attempts, the last one last."""

    id: UUID
    lot_id: UUID
    org_id: UUID
    bank_org_id: UUID
    org_name: str
    cause: str
    principal_fen: int
    paid_on: dt.date
    basis_at: dt.datetime
    due_at: dt.datetime | None
    state: RefundState
    payer_name: str
    payer_account: str
    outcome: LineOutcome
    line: str
    """The commitment under which the line stands in the journal."""
    ground: str | None = None
    reason: str = ""
    payments: tuple[PaymentView, ...] = ()

    @property
    def last(self) -> PaymentView | None:
        """The newest attempt."""
        return self.payments[-1] if self.payments else None

    def late(self, now: dt.datetime) -> bool:
        """Whether it is, or was paid, after its day."""
        ended = self.last.ended_at if self.last is not None and self.state == "paid" else None
        return self.due_at is not None and (ended or now) >= self.due_at


class BatchView(msgspec.Struct, frozen=True):
    """A payment file with what became of it."""

    id: UUID
    lot_id: UUID
    prepared_by: UUID
    prepared_name: str
    prepared_at: dt.datetime
    value_on: dt.date
    count: int
    total_fen: int
    digest: str
    state: Literal["prepared", "approved", "declined"]
    decided_name: str = ""
    decided_at: dt.datetime | None = None
    reason: str = ""
    refunds: tuple[RefundView, ...] = ()


class PayoutView(msgspec.Struct, frozen=True):
    """Another account for a refund; usable once confirmed by another person and cooled off."""

    id: UUID
    refund_id: UUID
    account: str
    reason: str
    proposed_by: UUID
    proposed_name: str
    proposed_at: dt.datetime
    confirmed_name: str | None = None
    confirmed_at: dt.datetime | None = None
    usable_at: dt.datetime | None = None


class RequestView(msgspec.Struct, frozen=True):
    """A depositor's request before the deadline: the words to sign, and when it signed them."""

    lot_id: UUID
    digest: str
    label: str
    requested_at: dt.datetime | None = None
