"""What the reads of the opening give: frozen structs for pages, API and the packages above."""

from datetime import datetime
from uuid import UUID

import msgspec

from bidding.opening.objections import Objection
from bidding.opening.table import Line

OPENING_RECORD = "opening-record"
"""Kind of the filed PDF."""


class OpenedFile(msgspec.Struct, frozen=True):
    """A file of an opened part, in the object store under its SHA-256."""

    env: str
    part: str
    name: str
    size: int
    sha256: str


class BoxView(msgspec.Struct, frozen=True):
    """A closed box of any subject, and how far its phases have come."""

    subject: str
    state: str
    """`opening`, `opened` or `failed`."""
    root: str
    live: int
    minimum: int
    t: int
    closed_at: datetime
    phases: tuple["PhaseView", ...]


class OpeningView(msgspec.Struct, frozen=True):
    """How far an opening has come, for its page and the API."""

    lot_id: UUID
    state: str
    root: str
    live: int
    minimum: int
    t: int
    closed_at: datetime
    phases: tuple["PhaseView", ...]
    rows: tuple[Line, ...]
    ends_at: datetime | None
    """From when the opening may be ended; None while something is still to be revealed."""
    objections: tuple[Objection, ...]
    record: str | None
    printed: UUID | None
    """The record's PDF among the filed documents, once it is made."""


class PhaseView(msgspec.Struct, frozen=True):
    """One phase: which seats have answered, whether it is settled and revealed."""

    phase: int
    parts: tuple[str, ...]
    seats: tuple[int, ...]
    settled: str | None
    settled_at: datetime | None
    revealed_at: datetime | None
    current: bool
