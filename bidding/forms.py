"""What people and programs send to the lock-box; the same structs for forms and JSON."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from bidding.services.uploads import PartSize

HexText = Annotated[str, Meta(pattern=r"\A[0-9a-f]+\Z", max_length=8192)]


class SeatForm(Struct, frozen=True):
    """A seat and who is to hold it."""

    seat: Annotated[
        Literal["tenderer", "agency", "operator", "supervisor", "notary", "bidders", "industry", "public"],
        Meta(title="bidding.seat"),
    ]
    membership_id: Annotated[UUID, Meta(title="bidding.seat_holder")]


class StartCeremony(Struct, frozen=True):
    """Begin a ceremony."""

    t: Annotated[int, Meta(title="bidding.threshold", description="bidding.threshold.hint", ge=2, le=15)]
    seats: Annotated[tuple[SeatForm, ...], Meta(title="bidding.seats", min_length=3, max_length=16)]


class StartCeremonyOf(StartCeremony, frozen=True, kw_only=True):
    """The same from a program, which names the lot in the body."""

    lot_id: UUID


class OfferKeys(Struct, frozen=True):
    """A trustee's signed key card, as exact text; the second time with the answers to the challenges, by kid."""

    offer: Annotated[str, Meta(max_length=65_536)]
    possession: dict[str, str] | None = None


class Sign(Struct, frozen=True):
    """A trustee's signature over the announcement's text."""

    x: Annotated[int, Meta(ge=1, le=16)]
    signature: HexText


class CancelCeremony(Struct, frozen=True):
    """End a ceremony before publication."""

    reason: Annotated[
        str, Meta(title="bidding.reason", description="bidding.reason.hint", min_length=2, max_length=500)
    ]


class StartUpload(Struct, frozen=True):
    """The parts of one sealed envelope, before its blocks arrive."""

    ann: HexText
    env: Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    key: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    parts: tuple[PartSize, ...]


class SubmitEnvelope(Struct, frozen=True, forbid_unknown_fields=True):
    """The envelope's exact text."""

    envelope: str


class SubmitWithdrawal(Struct, frozen=True, forbid_unknown_fields=True):
    """A signed withdrawal: its exact text, or the object it is."""

    withdrawal: Any


class CheckReceipt(Struct, frozen=True):
    """A receipt pasted into the public page."""

    receipt: Annotated[str, Meta(title="bidding.receipt", description="bidding.receipt.hint", max_length=8192)]
