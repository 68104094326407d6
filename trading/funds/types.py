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
DepositState = Literal["matched", "late", "short", "wrong_payer", "duplicate", "none"]


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
    paid_at: dt.datetime | None
    payer_name: str | None
    reference: str | None


class StatementTaken(msgspec.Struct, frozen=True):
    """All a bank is told: the digest of its file, and when it was taken in first."""

    digest: str
    received_at: dt.datetime
