"""What evaluation hands to pages and programs: frozen structs, no row, and no sheet before all are in."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from trading.projects.profile import Ground
from trading.projects.types import EvaluationTerms


class Progress(msgspec.Struct, frozen=True):
    """How far it is, in counts: all that those outside the committee see before the report is signed.

    To them a committee that has to choose is one that scores, and one that signs has scored: else the step itself would
    say that bids were rejected (招标投标法 44).
    """

    lot_id: UUID
    stage: str
    members: int
    accepted: int
    reviewed: int
    chosen: int
    scored: int
    signed: int
    choosing: bool
    """Too few bids were valid for the committee to go on without deciding so; known once the report is signed."""


class File(msgspec.Struct, frozen=True):
    """A file of an opened part that members may read."""

    part: str
    name: str
    size: int
    sha256: str


class Bid(msgspec.Struct, frozen=True):
    """An opened bid as the committee has it. `proposed` are the grounds of rejection that the platform itself sees."""

    number: int
    env: str
    organisation: str | None
    uscc: str | None
    price_fen: int | None
    duration_days: int | None
    quality: str | None
    manager: str | None
    deposit: str
    unopened: bool
    proposed: tuple[Ground, ...]
    files: tuple[File, ...]


class Sheet(msgspec.Struct, frozen=True):
    """What a member has written; `submitted_at` once it is frozen."""

    seat: int
    kind: str
    body: dict[str, Any]
    submitted_at: dt.datetime | None


class Decided(msgspec.Struct, frozen=True):
    """A bid after the review: what the majority decided."""

    env: str
    valid: bool
    rejecting: int
    grounds: tuple[str, ...]
    reasons: tuple[str, ...]


class Seated(msgspec.Struct, frozen=True):
    """The member who asks, by the seat."""

    seat: int
    pseudonym: str
    accepted: bool
    submitted: tuple[str, ...]
    signed: bool


class Evaluation(msgspec.Struct, frozen=True):
    """An evaluation as its committee works on it."""

    lot_id: UUID
    stage: str
    members: int
    terms: EvaluationTerms
    grounds: tuple[Ground, ...]
    min_valid: int
    ceiling_fen: int | None
    bids: tuple[Bid, ...]
    choice: str | None
    open: frozenset[str]
    """Kinds of sheets that are all in, so that members see each other's."""
    submitted: dict[str, int]
    begun_at: dt.datetime

    @property
    def to_review(self) -> tuple[Bid, ...]:
        """Bids that members decide about: one that could not be opened is out already (电子招标投标办法 31)."""
        return tuple(bid for bid in self.bids if not bid.unopened)


class PriceLine(msgspec.Struct, frozen=True):
    """A price's score with its arithmetic, for the price table; deviation as a decimal text."""

    env: str
    price_fen: int
    deviation: str
    slope: int
    score: int


class PriceTable(msgspec.Struct, frozen=True):
    """Every valid price scored."""

    mean: str
    benchmark: str
    lines: tuple[PriceLine, ...]
