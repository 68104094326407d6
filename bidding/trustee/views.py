"""What the local page and the local API show."""

from uuid import UUID

import msgspec

from bidding.trustee.lots import Released
from bidding.types import KeyView


class SeatState(msgspec.Struct, frozen=True):
    """A seat, how far it has come, and the keys it brought once they are proved."""

    x: int
    seat: str
    organisation: str
    holder: str
    mine: bool
    keyed: bool
    signed: bool
    sign: str | None
    keys: tuple[KeyView, ...]


class CeremonyState(msgspec.Struct, frozen=True):
    """A ceremony as this trustee stands in it; `next` is what is to be done."""

    id: UUID
    subject: str
    title: str
    state: str
    next: str
    t: int
    n: int
    deadline: str
    phases: tuple[int, ...]
    parts: dict[str, int]
    seats: tuple[SeatState, ...]
    x: int
    keyed: bool
    signed: bool
    ann: str | None
    kept: bool
    reduced: bool
    witnessed_at: str | None
    released: tuple[Released, ...]

    @property
    def kind(self) -> str:
        """What is kept: `lot` or `draw`, by the subject that everything signed names."""
        return self.subject.partition(":")[0]


class MeState(msgspec.Struct, frozen=True):
    """Whom the platform takes this trustee for."""

    name: str
    organisation: str | None
    trustee: bool


class State(msgspec.Struct, frozen=True):
    """Everything at a glance."""

    created: bool
    unlocked: bool
    sign: str | None
    platform: str
    witnesses: tuple[str, ...]
    connected: bool
    me: MeState | None
    ceremonies: tuple[CeremonyState, ...]


class ReviewState(msgspec.Struct, frozen=True):
    """An announcement whose checks all held, before it is signed; `text` is exactly what will be."""

    ceremony: CeremonyState
    ann: str
    text: str
    reduced: bool
    deadline: str
    origin: str
    log_key: str
    witnesses: dict[str, str]
    quorum: int
    min_envelopes: int
    first_slot: str
    witnessed_at: str


class ClearedState(msgspec.Struct, frozen=True):
    """A phase whose checks all held: what a release would open."""

    subject: str
    phase: int
    parts: dict[str, int]
    """How many shares each part has."""
    ann: str
    box: str
    envelopes: tuple[str, ...]
    replaced: int
    withdrawn: int
    slots: int
    late_slots: int
    log_size: int
    log_root: str
    witnessed_at: str
    witnesses: tuple[str, ...]


class ReleaseState(msgspec.Struct, frozen=True):
    """A phase released: each part's batch as the platform took it in."""

    subject: str
    phase: int
    box: str
    batches: dict[str, str]
    complaints: int


class RefusalState(msgspec.Struct, frozen=True):
    """A refusal as written: the exact signed document, and what it says."""

    file: str
    document: str
    subject: str
    ann: str | None
    phase: int | None
    code: str
    detail: str | None
    at: str
    checkpoint: str | None
    sign: str
