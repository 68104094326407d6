"""What people and programs send to roster and draw; the same structs for forms and JSON."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from trading.web.fields import Upload

Digits = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
HOUR = 60


class ImportRoster(Struct, frozen=True):
    """The file of experts."""

    file: Annotated[Upload, Meta(title="roster.file", description="roster.file.hint")]


class FindExpert(Struct, frozen=True):
    """One expert by number."""

    number: Annotated[str, Meta(title="roster.number", max_length=20)]


class ProposeAbsence(Struct, frozen=True):
    """Leave or suspension of one expert."""

    number: Annotated[str, Meta(title="roster.number", max_length=20)]
    kind: Annotated[Literal["leave", "suspended"], Meta(title="roster.absence.kind")]
    starts_at: Annotated[dt.datetime, Meta(title="roster.absence.starts")]
    document: Annotated[
        str,
        Meta(title="roster.absence.document", description="roster.absence.document.hint", min_length=2, max_length=200),
    ]
    ends_at: Annotated[dt.datetime, Meta(title="roster.absence.ends")] | None = None


class QuotaForm(Struct, frozen=True):
    """A specialty, how many are drawn of it, how many more must be at hand."""

    specialty: Annotated[str, Meta(title="draws.specialty", max_length=8)]
    quota: Annotated[int, Meta(title="draws.quota", ge=1, le=15)]
    reserve: Annotated[int, Meta(title="draws.reserve", description="draws.reserve.hint", ge=0, le=30)]


class BeaconForm(Struct, frozen=True):
    """A public event nobody can foresee."""

    name: Annotated[str, Meta(title="draws.beacon.name", min_length=1, max_length=100)]
    issue: Annotated[str, Meta(title="draws.beacon.issue", min_length=1, max_length=50)]
    kind: Annotated[Literal["lottery", "drand", "index"], Meta(title="draws.beacon.kind")] = "lottery"


class PlanDraw(Struct, frozen=True):
    """Everything that is fixed before any randomness."""

    quotas: Annotated[tuple[QuotaForm, ...], Meta(title="draws.quotas", min_length=1, max_length=8)]
    commit_until: Annotated[dt.datetime, Meta(title="draws.t0", description="draws.t0.hint")]
    reveal_until: Annotated[dt.datetime, Meta(title="draws.t1", description="draws.t1.hint")]
    settled_by: Annotated[dt.datetime, Meta(title="draws.t2", description="draws.t2.hint")]
    beacon_at: Annotated[dt.datetime, Meta(title="draws.beacon_at", description="draws.beacon_at.hint")]
    beacons: Annotated[tuple[BeaconForm, ...], Meta(title="draws.beacons", min_length=2, max_length=2)]
    centre: Annotated[UUID, Meta(title="draws.party.centre")]
    supervisor: Annotated[UUID, Meta(title="draws.party.supervisor")]
    tenderer: Annotated[UUID, Meta(title="draws.party.tenderer")]
    meets_at: Annotated[dt.datetime, Meta(title="draws.meets_at")]
    place: Annotated[str, Meta(title="draws.place", description="draws.place.hint", min_length=2, max_length=100)]
    meets_minutes: Annotated[int, Meta(title="draws.meets_minutes", ge=30, le=2880)] = 4 * HOUR
    call_minutes: Annotated[int, Meta(title="draws.call_minutes", ge=1, le=240)] = 30
    declines: Annotated[int, Meta(title="draws.declines", description="draws.declines.hint", ge=0, le=200)] = 10
    regions: Annotated[
        tuple[Annotated[str, Meta(pattern=r"\A[1-9][0-9]{5}\Z")], ...],
        Meta(title="draws.regions", description="draws.regions.hint", max_length=30),
    ] = ()


class Commit(Struct, frozen=True):
    """A party's commitment."""

    commit: Digits


class Reveal(Struct, frozen=True):
    """The 32 bytes it had committed to."""

    r: Digits


class TypeBeacon(Struct, frozen=True):
    """What a witness saw; `missing` says that it did not take place."""

    beacon: Annotated[int, Meta(ge=0, le=3)]
    value: Annotated[str, Meta(title="draws.beacon.value", description="draws.beacon.value.hint", max_length=300)] = ""
    missing: Annotated[bool, Meta(title="draws.beacon.missing")] = False


class GatewayAnswer(Struct, frozen=True):
    """The gateway's signed file; with an acceptance the PIN, and the salt of the commitment to it."""

    answer: Annotated[str, Meta(max_length=8192)]
    pin: Annotated[str, Meta(max_length=20)] | None = None
    salt: Digits | None = None


class CancelDraw(Struct, frozen=True):
    """End a draw."""

    reason: Annotated[str, Meta(title="draws.reason", description="draws.reason.hint", min_length=2, max_length=300)]


class SeatForm(Struct, frozen=True):
    """A seat of the escrow's trustees."""

    seat: Annotated[
        Literal["tenderer", "agency", "operator", "supervisor", "notary", "industry", "public"],
        Meta(title="bidding.seat"),
    ]
    membership_id: Annotated[UUID, Meta(title="bidding.seat_holder")]


class StartEscrow(Struct, frozen=True):
    """Begin the escrow's key ceremony."""

    t: Annotated[int, Meta(title="bidding.threshold", description="bidding.threshold.hint", ge=2, le=15)]
    seats: Annotated[tuple[SeatForm, ...], Meta(title="bidding.seats", min_length=3, max_length=16)]
