"""What the package hands to pages, programs and evaluation: frozen structs, and no name before its release."""

import datetime as dt
from uuid import UUID

import msgspec


class Member(msgspec.Struct, frozen=True):
    """A member of an unlocked committee (评委), by seat and pseudonym."""

    seat: int
    pseudonym: str
    specialty: str
    person_id: UUID
    account_id: UUID
    membership_id: UUID


class Committee(msgspec.Struct, frozen=True):
    """评标委员会, from the moment the witness unlocked it."""

    draw_id: UUID
    lot_id: UUID
    unlocked_at: dt.datetime
    members: tuple[Member, ...]
