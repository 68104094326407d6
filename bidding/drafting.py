"""From a subject's terms and its seats to the announcement's text, pure: nothing in it is chosen later than shown here.

The draft is fixed when the ceremony starts; the trustees' keys and the first slot are added once all keys are in, and
what comes out is what every trustee signs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bidding.sealing.announcement import AnnouncementBody, Seat, Trustee
from bidding.sealing.framing import format_instant
from bidding.sealing.offer import Offer
from bidding.terms import Terms
from trading.kernel.journal.note import parse_verifier
from trading.kernel.settings import JournalSettings

SUITES = (1,)
SLOT_IN_LAST_HOUR = 60
PRODUCTION_T, PRODUCTION_N = 3, 5
SEATS: tuple[Seat, ...] = (
    "tenderer",
    "agency",
    "operator",
    "supervisor",
    "notary",
    "bidders",
    "industry",
    "public",
)
# Who may sit where, by the organisation's kind; the tenderer's and agency's seats are theirs alone.
_KINDS: dict[str, frozenset[str]] = {
    "operator": frozenset({"centre"}),
    "supervisor": frozenset({"authority", "notary"}),
    "notary": frozenset({"notary"}),
}


def seat_suits(seat: str, *, org_id: UUID, kind: str, tenderer: UUID | None, agency: UUID | None) -> bool:
    """Whether an organisation may hold a seat (席位): a supervisor's also a notary; nobody for another."""
    if seat in {"tenderer", "agency"}:
        return org_id == (tenderer if seat == "tenderer" else agency)
    if org_id in {tenderer, agency}:
        return False
    if seat in _KINDS:
        return kind in _KINDS[seat]
    return seat in SEATS and kind != "centre"


def most_of_one(organisations: Sequence[UUID]) -> int:
    """How many seats one organisation holds at most."""
    return max((organisations.count(one) for one in organisations), default=0)


def draft(
    *,
    subject: str,
    terms: Terms,
    t: int,
    n: int,
    journal: JournalSettings,
    journal_key: bytes,
    receipt_key: bytes,
) -> dict[str, Any]:
    """Everything but the trustees and the first slot, as plain JSON values."""
    witnesses = [parse_verifier(text) for text in journal.witnesses]
    last = format_instant(terms.deadline)
    return {
        "v": "LBA1",
        "subject": subject,
        "version": 1,
        "prev_ann": None,
        "deadline": last,
        "lock": "trustees",
        "t": t,
        "n": n,
        "suites": list(SUITES),
        "parts": msgspec.to_builtins(terms.parts),
        "min_envelopes": terms.min_envelopes,
        "release": "deadline",
        "documents": terms.documents,
        "profile": terms.profile,
        "log": {"origin": journal.origin, "key": journal_key.hex()},
        "receipt_key": receipt_key.hex(),
        "slots": {"length": journal.slot_seconds, "last_hour": SLOT_IN_LAST_HOUR, "last": last},
        "witness": {
            "keys": [{"name": witness.name, "key": witness.public.hex()} for witness in witnesses],
            "quorum": journal.quorum if witnesses else 0,
        },
        "timestamp": "witness",
        "rescue": "recovery-file",
    }


def compose(made: dict[str, Any], seats: Sequence[tuple[int, str, Offer]], first: datetime) -> AnnouncementBody:
    """The body the trustees sign; `first` is when the first slot begins."""
    trustees = [
        Trustee(x=x, seat=_seat(seat), organisation=offer.organisation, sign=offer.sign, keys=offer.keys)
        for x, seat, offer in seats
    ]
    slots = {**made["slots"], "first": format_instant(first - timedelta(microseconds=first.microsecond))}
    return msgspec.convert({**made, "slots": slots, "trustees": msgspec.to_builtins(trustees)}, AnnouncementBody)


def wanted_keys(made: dict[str, Any]) -> list[tuple[int, int]]:
    """The (suite, phase) pairs every seat brings a key for."""
    phases = sorted({part["phase"] for part in made["parts"]})
    return [(suite, phase) for suite in made["suites"] for phase in phases]


def reduced(seats: Sequence[str], t: int) -> bool:
    """保密强度降低: fewer seats than the default of 3 of 5, or the interested parties could open alone (LBE1 §3)."""
    interested = sum(seat in {"operator", "tenderer", "agency"} for seat in seats)
    few = t < PRODUCTION_T or len(seats) < PRODUCTION_N
    return few or interested >= t or seats.count("operator") > 1


def _seat(text: str) -> Seat:
    return next(seat for seat in SEATS if seat == text)
