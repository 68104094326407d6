"""From what is known to what is shown, pure."""

from collections.abc import Sequence
from uuid import UUID

from bidding.sealing.announcement import Announcement
from bidding.sealing.framing import format_instant
from bidding.subjects import Subject
from bidding.trustee.errors import NoSeat
from bidding.trustee.lots import Released
from bidding.trustee.releasing import Cleared
from bidding.trustee.signing import Review, is_reduced
from bidding.trustee.views import CeremonyState, ClearedState, ReviewState, SeatState
from bidding.trustee.witnesses import Seen
from bidding.types import CeremonyView, SeatView

STEPS = (
    "keys",
    "wait_keys",
    "sign",
    "wait_signatures",
    "wait_publication",
    "changed",
    "wait_deadline",
    "release",
    "done",
    "cancelled",
)
"""What a ceremony may wait for; each has words `trustee.step.<step>`."""


def seat_of(view: CeremonyView, membership_id: UUID | None) -> SeatView:
    """The caller's seat."""
    for seat in view.seats:
        if seat.membership_id == membership_id:
            return seat
    raise NoSeat


def ceremony_state(
    view: CeremonyView, seat: SeatView, own: Announcement | None, seen: Seen | None, released: Sequence[Released]
) -> CeremonyState:
    """A ceremony; `own` is the announcement kept here, `seen` the witnesses' newest word of its log."""
    parts = {part.id: part.phase for part in view.parts}
    return CeremonyState(
        id=view.id,
        subject=view.subject,
        title=view.title,
        state=view.state,
        next=_next(view, seat, own, seen, released),
        t=view.t,
        n=view.n,
        deadline=view.deadline,
        phases=view.phases,
        parts=parts,
        seats=tuple(_seat(item, seat) for item in view.seats),
        x=seat.x,
        keyed=seat.keyed,
        signed=seat.signed,
        ann=view.ann,
        kept=own is not None,
        reduced=view.reduced or (own is not None and is_reduced(own.body)),
        witnessed_at=format_instant(seen.at) if seen else None,
        released=tuple(released) if own else (),
    )


def review_state(reviewed: Review, ceremony: CeremonyState) -> ReviewState:
    """An announcement before it is signed."""
    body = reviewed.body
    return ReviewState(
        ceremony=ceremony,
        ann=reviewed.ann,
        text=reviewed.text.decode(),
        reduced=reviewed.reduced,
        deadline=body.deadline,
        origin=body.log.origin,
        log_key=body.log.key,
        witnesses={witness.name: witness.key for witness in body.witness.keys},
        quorum=body.witness.quorum,
        min_envelopes=body.min_envelopes,
        first_slot=body.slots.first,
        witnessed_at=format_instant(reviewed.seen.at),
    )


def cleared_state(subject: Subject, cleared: Cleared) -> ClearedState:
    """A phase before it is released."""
    box, seen = cleared.opened.box, cleared.seen
    return ClearedState(
        subject=str(subject),
        phase=cleared.phase,
        parts={part: cleared.shares(part) for part in cleared.parts},
        ann=cleared.own.ann,
        box=box.root,
        envelopes=tuple(envelope.digest for envelope in box.envelopes),
        replaced=len(box.replaced),
        withdrawn=len(box.withdrawn),
        slots=len(cleared.opened.slots),
        late_slots=cleared.opened.late,
        log_size=seen.checkpoint.size,
        log_root=seen.checkpoint.root.hex(),
        witnessed_at=format_instant(seen.at),
        witnesses=tuple(seen.times),
    )


def _seat(item: SeatView, mine: SeatView) -> SeatState:
    return SeatState(
        x=item.x,
        seat=item.seat,
        organisation=item.organisation,
        holder=item.holder,
        mine=item.x == mine.x,
        keyed=item.keyed,
        signed=item.signed,
        sign=item.sign,
        keys=item.keys,
    )


def _next(
    view: CeremonyView, seat: SeatView, own: Announcement | None, seen: Seen | None, released: Sequence[Released]
) -> str:
    match view.state:
        case "gathering":
            return "wait_keys" if seat.keyed else "keys"
        case "signing":
            if not seat.signed:
                return "sign"
            return "wait_signatures" if view.signatures_missing else "wait_publication"
        case "published":
            return _next_release(view, own, seen, released)
        case _:
            return "cancelled"


def _next_release(view: CeremonyView, own: Announcement | None, seen: Seen | None, released: Sequence[Released]) -> str:
    if own is None:
        return "changed"
    if seen is None or seen.at <= own.deadline:
        return "wait_deadline"
    sent = {(item.phase, part) for item in released for part in item.sent}
    return "done" if {(part.phase, part.id) for part in view.parts} <= sent else "release"
