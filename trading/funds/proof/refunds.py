"""What the journal says of refunds, and the document that shows them whole (`refunds.json`), pure.

Lines are named by the commitments of their blind entries, people by a hash under the salt of their payment file: that
two people acted can be seen, who they are cannot, and no bank account stands in any of it.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from trading.funds.proof.interest import Rate
from trading.kernel.canonical import canonical

VERSION = "LBR1"
REQUEST_VERSION = "LBD-REF1"
REQUEST_LABEL = "LBR1/refund-request"

REQUESTED = "lot:refund:requested"
PLANNED = "lot:refunds:planned"
WITHHELD = "lot:deposit:withheld"
PREPARED = "lot:refunds:prepared"
APPROVED = "lot:refunds:approved"
DECLINED = "lot:refunds:declined"
SENT = "lot:refunds:sent"
ASKED = "lot:refunds:asked"
PAID = "lot:refund:paid"
REFUSED = "lot:refund:refused"
POSTED = "lot:deposits:posted"

Cause = Literal["withdrawn", "no_bid", "returned", "contract", "ended", "withheld"]
RULES: dict[str, str] = {
    "withdrawn": "refund_withdrawn",
    "no_bid": "refund_no_bid",
    "returned": "refund_no_bid",
    "contract": "refund_contract",
    "ended": "refund_ended",
}
"""The parameter of the profile that gives a cause its days."""


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What becomes of a line; `due_at` and `basis_at` are the clock, `ground` is of what is kept."""

    refund: str
    line: str
    cause: Cause
    principal_fen: int
    paid_on: dt.date
    basis_at: str
    days: int | None = None
    due_at: str | None = None
    ground: str | None = None


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One attempt to pay; `interest_fen` runs to the day before `value_on`."""

    payment: str
    refund: str
    attempt: int
    number: str
    principal_fen: int
    interest_fen: int
    value_on: dt.date


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payment file: prepared by one, approved by another."""

    batch: str
    digest: str
    value_on: dt.date
    total_fen: int
    preparer: str
    payments: tuple[Order, ...]
    basis: int
    rates: tuple[Rate, ...]


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An order the bank was given. One of before closing was in no file: it rests on the depositor's request."""

    payment: str
    at: str
    order: Order | None = None


class Ended(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an attempt ended at the bank."""

    payment: str
    refund: str
    outcome: Literal["paid", "refused"]
    principal_fen: int
    interest_fen: int
    at: str


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The other person's word on a file."""

    batch: str
    digest: str
    approver: str


class Half(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Half of a posting: 借 is positive; `account` is a kind, and for a depositor's money whose line it is."""

    account: str
    amount_fen: int


class Posting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A posting of the ledger: what it rests on, and its halves in order of account."""

    of: str
    step: Literal["line", "sent", "paid", "refused", "withheld"]
    halves: tuple[Half, ...]


class ShownLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payment that came in for the lot."""

    line: str
    outcome: str
    amount_fen: int
    paid_on: dt.date


class RefundsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`refunds.json`: a lot's money from arrival to the last refund, as far as it has come."""

    v: Literal["LBR1"]
    subject: str
    lines: tuple[ShownLine, ...]
    planned: tuple[Planned, ...]
    batches: tuple[Batch, ...]
    approved: tuple[Decided, ...]
    sent: tuple[Sent, ...]
    ended: tuple[Ended, ...]
    basis: int
    rates: tuple[Rate, ...]
    rest_days: tuple[dt.date, ...]
    """Days off the law's count that are no weekend (法定节假日), and worked weekends are in `work_days`."""
    work_days: tuple[dt.date, ...]
    postings: tuple[Posting, ...]


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """As it stands in an entry."""
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return built


def request_text(*, subject: str, uscc: str, number: str) -> bytes:
    """The words a depositor signs to have its deposit back before the deadline (撤回保证金申请)."""
    return canonical({"number": number, "subject": subject, "uscc": uscc, "v": REQUEST_VERSION})


def request_message(digest: str) -> bytes:
    """What is signed, with the key of a certificate: label and digest, each with its length before it."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in (REQUEST_LABEL.encode(), bytes.fromhex(digest)))


def request_body(subject: str, salt: bytes, statement: bytes) -> bytes:
    """The blind entry of a request; whose it is, only who holds the salt can show."""
    seal = hashlib.sha256(salt + statement).hexdigest()
    return canonical({"action": REQUESTED, "commitment": seal, "subject": subject, "v": REQUEST_VERSION})


def pseudonym(salt: bytes, person: UUID) -> str:
    """A person within one payment file."""
    return hashlib.sha256(salt + person.bytes).hexdigest()


def books(document: RefundsDocument) -> tuple[Posting, ...]:
    """The ledger that follows from the other facts, in order of what each posting rests on."""
    kinds = {item.line: "deposit" if item.outcome == "matched" else "return" for item in document.lines}
    planned = {item.refund: item for item in document.planned}
    found = [
        posting(item.line, "line", {"bank": item.amount_fen, f"{kinds[item.line]}:{item.line}": -item.amount_fen})
        for item in document.lines
    ]
    for item in document.planned:
        if item.cause == "withheld":
            halves = {f"deposit:{item.line}": item.principal_fen, "withheld": -item.principal_fen}
            found.append(posting(item.refund, "withheld", halves))
    orders = {order.payment: order for order in all_orders(document)}
    for sent in document.sent:
        order = orders[sent.payment]
        line = planned[order.refund].line
        found.append(posting(sent.payment, "sent", going(order, f"{kinds[line]}:{line}")))
    for end in document.ended:
        order = orders[end.payment]
        line = planned[order.refund].line
        whole = order.principal_fen + order.interest_fen
        back = {account: -fen for account, fen in going(order, f"{kinds[line]}:{line}").items()}
        halves = {"transit": whole, "bank": -whole} if end.outcome == "paid" else back
        found.append(posting(end.payment, end.outcome, halves))
    return tuple(sorted(found, key=lambda item: (item.of, item.step)))


def all_orders(document: RefundsDocument) -> Iterable[Order]:
    """Every order, of files and of depositors."""
    for batch in document.batches:
        yield from batch.payments
    for sent in document.sent:
        if sent.order is not None:
            yield sent.order


def going(order: Order, account: str) -> dict[str, int]:
    """What leaves a depositor's account, and the bank's interest with it, on their way."""
    return {
        account: order.principal_fen,
        "interest": order.interest_fen,
        "transit": -order.principal_fen - order.interest_fen,
    }


def posting(of: str, step: Literal["line", "sent", "paid", "refused", "withheld"], halves: dict[str, int]) -> Posting:
    """A posting without empty halves."""
    shown = tuple(Half(account, fen) for account, fen in sorted(halves.items()) if fen)
    return Posting(of, step, shown)


def read_refunds(data: bytes) -> RefundsDocument:
    """The document again; `ValueError` if it is not one."""
    return msgspec.convert(msgspec.json.decode(data), RefundsDocument)


def entries_of(payloads: Sequence[dict[str, Any]]) -> tuple[Planned, ...]:
    """The plans that `PLANNED` entries hold."""
    return tuple(msgspec.convert(item, Planned) for payload in payloads for item in payload["refunds"])
