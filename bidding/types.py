"""Frozen results of the lock-box's services and reads, for pages, API and the packages above."""

from datetime import datetime
from uuid import UUID

import msgspec

from bidding.sealing.framing import parse_instant


class SeatView(msgspec.Struct, frozen=True):
    """A seat of a ceremony (席位) and how far its trustee has come."""

    x: int
    seat: str
    organisation: str
    org_id: UUID
    holder: str
    membership_id: UUID
    keyed: bool
    signed: bool
    sign: str | None = None
    keys: tuple["KeyView", ...] = ()


class KeyView(msgspec.Struct, frozen=True):
    """One key of a seat, by the fingerprint people compare."""

    suite: int
    phase: int
    pk: str
    kid: str


class PartView(msgspec.Struct, frozen=True):
    """A part of a bid: when it opens, whether it must be there."""

    id: str
    phase: int
    required: bool


class CeremonyView(msgspec.Struct, frozen=True):
    """A ceremony as its participants see it."""

    id: UUID
    subject: str
    state: str
    t: int
    n: int
    suites: tuple[int, ...]
    phases: tuple[int, ...]
    parts: tuple[PartView, ...]
    deadline: str
    seats: tuple[SeatView, ...]
    ann: str | None
    reduced: bool
    reason: str | None = None
    title: str = ""
    """What the subject is called, for people; nothing signed depends on it."""
    lot_id: UUID | None = None
    """The subject's id where it is a lot."""

    @property
    def deadline_at(self) -> datetime:
        """The announced deadline as an instant."""
        return parse_instant(self.deadline)

    @property
    def keys_missing(self) -> int:
        """Seats whose keys are not in."""
        return sum(not seat.keyed for seat in self.seats)

    @property
    def signatures_missing(self) -> int:
        """Seats that have not signed."""
        return sum(not seat.signed for seat in self.seats)


class Challenge(msgspec.Struct, frozen=True):
    """A secret sealed to an offered key: only the key's holder can answer."""

    kid: str
    enc: str
    ct: str


class Published(msgspec.Struct, frozen=True):
    """A published announcement's place in the records."""

    ann: str
    file: bytes
    version: int
    reduced: bool
    published_at: datetime
    entry_id: UUID


class UploadView(msgspec.Struct, frozen=True):
    """An upload and what of it is still missing."""

    upload_id: str
    part: str
    size: int
    block_size: int
    missing: tuple[int, ...]


class Submitted(msgspec.Struct, frozen=True):
    """An accepted envelope or withdrawal: the receipt's exact text; `again` says it had been accepted before."""

    receipt: str
    again: bool


class RefusedLate(msgspec.Struct, frozen=True):
    """A late submission: the platform's signed refusal (拒收回执)."""

    refusal: str
    deadline: datetime
