"""What the outcome of a lot is, for pages, the API and the packages above: frozen structs, never a row."""

import datetime as dt
import hashlib
from typing import Literal
from uuid import UUID

import msgspec

Ended = Literal["open", "upheld", "dismissed", "withdrawn"]


Answered = Literal["open", "confirmed", "declined"]


class Candidate(msgspec.Struct, frozen=True):
    """A ranked bid of the signed report."""

    rank: int
    organisation: str
    uscc: str
    price_fen: int
    total_hundredths: int
    env: str


class Unranked(msgspec.Struct, frozen=True):
    """A bid that was opened and rejected: its bidder is told the result too."""

    organisation: str
    uscc: str
    env: str


class Bidder(msgspec.Struct, frozen=True):
    """A bidder of the lot as the outcome knows it."""

    env: str
    org_id: UUID | None
    organisation: str
    uscc: str
    rank: int | None
    price_fen: int | None
    total_hundredths: int | None
    is_candidate: bool


class Publicity(msgspec.Struct, frozen=True):
    """公示, its days in Beijing; `late` if it began later than the law allows."""

    starts_on: dt.date
    ends_on: dt.date
    ends_at: dt.datetime
    provisional: bool
    late: bool
    planned_at: dt.datetime
    began_at: dt.datetime | None
    ended_at: dt.datetime | None


class Objection(msgspec.Struct, frozen=True):
    """An objection with its clock; who raised it is for its own side, the tenderer's and the staff."""

    id: UUID
    org_id: UUID
    organisation: str
    uscc: str
    standing: Literal["bidder", "interested"]
    interest: str
    text: str
    raised_at: dt.datetime
    reply_by: dt.datetime
    outcome: Ended
    answer: str
    ended_at: dt.datetime | None
    late: bool


class PassedOver(msgspec.Struct, frozen=True):
    """Why a candidate of a better rank does not win."""

    rank: int
    ground: str
    reason: str


def reasons_digest(reasons: str) -> str:
    """SHA-256 of the tenderer's reasons (定标理由)."""
    return hashlib.sha256(reasons.encode()).hexdigest()


class Award(msgspec.Struct, frozen=True):
    """定标."""

    id: UUID
    number: int
    winner: Bidder
    passed_over: tuple[PassedOver, ...]
    reasons: str
    decided_at: dt.datetime
    report_by: dt.datetime
    entry_id: UUID
    annulled_at: dt.datetime | None = None
    annulled_ground: str = ""
    annulled_reason: str = ""

    @property
    def reasons_digest(self) -> str:
        """As journal and notice have it."""
        return reasons_digest(self.reasons)


class Letter(msgspec.Struct, frozen=True):
    """A letter with its delivery receipts (送达回执)."""

    id: UUID
    decision_id: UUID
    env: str
    org_id: UUID | None
    organisation: str
    kind: Literal["award", "result"]
    code: str
    digest: str
    issued_at: dt.datetime
    contract_by: dt.datetime | None
    opened_at: dt.datetime | None
    downloaded_at: dt.datetime | None


class Report(msgspec.Struct, frozen=True):
    """The written report to the supervisor."""

    record_id: UUID
    digest: str
    submitted_at: dt.datetime
    late: bool


class Contract(msgspec.Struct, frozen=True):
    """A recorded contract; it stands once the winner has confirmed it."""

    id: UUID
    record_id: UUID
    digest: str
    amount_fen: int
    bond_fen: int
    signed_on: dt.date
    recorded_at: dt.datetime
    late: bool
    outcome: Answered
    reason: str
    answered_at: dt.datetime | None


class Outcome(msgspec.Struct, frozen=True):
    """A lot's outcome as far as it has come."""

    lot_id: UUID
    report_digest: str
    received_at: dt.datetime
    bidders: tuple[Bidder, ...]
    publicity: Publicity | None
    paused: bool
    """An objection waits for its reply: nothing goes on until then."""
    objections: tuple[Objection, ...]
    award: Award | None
    """The decision that stands."""
    annulled: tuple[Award, ...]
    letters: tuple[Letter, ...]
    report: Report | None
    contract: Contract | None
    """The last one recorded."""

    @property
    def candidates(self) -> tuple[Bidder, ...]:
        """中标候选人 in order of rank."""
        return tuple(sorted((b for b in self.bidders if b.is_candidate), key=lambda b: b.rank or 0))

    @property
    def publicity_from(self) -> dt.datetime | None:
        """When the publicity began."""
        return self.publicity.began_at if self.publicity else None

    @property
    def publicity_to(self) -> dt.datetime | None:
        """When it ends, or did."""
        return self.publicity.ends_at if self.publicity else None

    def of(self, org_id: UUID | None) -> Bidder | None:
        """An organisation's own line."""
        return next((b for b in self.bidders if org_id is not None and b.org_id == org_id), None)
