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


class PartyView(msgspec.Struct, frozen=True):
    """One of the three who make the randomness, and how far it has come."""

    party: str
    organisation: str
    membership_id: UUID
    committed_at: dt.datetime | None
    revealed_at: dt.datetime | None
    source: str | None


class ListView(msgspec.Struct, frozen=True):
    """A specialty in counts: never a position with a person."""

    specialty: str
    quota: int
    reserve: int
    eligible: int
    excluded: dict[str, int]
    called: int
    accepted: int
    declined: int
    unanswered: int
    waiting: int
    recused: int


class BeaconView(msgspec.Struct, frozen=True):
    """An announced beacon, how many witnesses typed it, and its value once two agree."""

    name: str
    issue: str
    witnesses: int
    value: str | None
    missing: bool


class DrawView(msgspec.Struct, frozen=True):
    """A draw as its page shows it to everyone."""

    id: UUID
    lot_id: UUID
    number: int
    state: str
    ann: str | None
    continued: bool
    announced_at: dt.datetime | None
    commit_until: dt.datetime
    reveal_until: dt.datetime
    settled_by: dt.datetime
    beacon_at: dt.datetime
    meets_at: dt.datetime
    place: str
    declines: int
    call_minutes: int
    roster_root: str | None
    roster_size: int
    parties: tuple[PartyView, ...]
    lists: tuple[ListView, ...]
    beacons: tuple[BeaconView, ...]
    next_beacon: int
    settled_at: dt.datetime | None
    missing: dict[str, str]
    seed: str | None
    computed_at: dt.datetime | None
    completed_at: dt.datetime | None
    recused_at: dt.datetime | None
    unlocked_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    reason: str | None
    proposed_by: UUID
    live_after: int

    @property
    def seats(self) -> int:
        """How many are drawn."""
        return sum(item.quota for item in self.lists)

    @property
    def seated(self) -> int:
        """How many have accepted."""
        return sum(item.accepted for item in self.lists)


class RosterView(msgspec.Struct, frozen=True):
    """The roster in counts, and the last roots."""

    size: int
    away: int
    days: tuple["RootView", ...]


class RootView(msgspec.Struct, frozen=True):
    """The root of a day."""

    day: dt.date
    root: str
    size: int


class ChangeView(msgspec.Struct, frozen=True):
    """A proposed or decided change of the roster."""

    id: UUID
    kind: str
    state: str
    counts: dict[str, int]
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: dt.datetime
    decided_at: dt.datetime | None
