"""What a deposit's blind entry is, pure: a commitment to the bank's line, its outcome, and no name.

Once the slots are opened everyone sees that a line came in and how it was judged at that moment; whose it was, only
who holds the line and its salt can show: `SHA-256(salt ‖ facts)` is the commitment of the entry.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.journal.instant import format_instant

RECEIVED = "lot:deposit:received"
VERSION = "LBD-DEP1"

Outcome = Literal["matched", "late", "short", "wrong_payer", "duplicate"]


class DepositBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the entry; the box of bids knows it by its version and passes over it."""

    v: Literal["LBD-DEP1"]
    action: Literal["lot:deposit:received"]
    subject: str
    outcome: Outcome
    commitment: str


class DepositMismatch(ValueError):
    """An entry that is not what the line and its salt say."""


def line_facts(
    *, paid_at: datetime, amount_fen: int, payer_name: str, payer_account: str, sub_account: str, reference: str
) -> bytes:
    """A bank's line as it is committed to: everything the bank said, nothing the platform added."""
    return canonical(
        {
            "amount_fen": amount_fen,
            "paid_at": format_instant(paid_at),
            "payer_account": payer_account,
            "payer_name": payer_name,
            "reference": reference,
            "sub_account": sub_account,
        }
    )


def commitment(salt: bytes, facts: bytes) -> str:
    """What the entry shows of the line."""
    return hashlib.sha256(salt + facts).hexdigest()


def check_deposit(body: bytes, *, subject: str, salt: bytes, facts: bytes) -> Outcome:
    """The outcome an opened entry gives this line of the lot; refuses an entry that is about something else."""
    try:
        parsed = msgspec.convert(parse_canonical(body), DepositBody)
    except (ValueError, msgspec.ValidationError) as error:
        raise DepositMismatch("the entry is no deposit") from error
    if (parsed.subject, parsed.commitment) != (subject, commitment(salt, facts)):
        raise DepositMismatch("the entry is another line's")
    return parsed.outcome
