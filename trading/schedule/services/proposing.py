"""Finding a time: an opening's is its deadline, an evaluation's the earliest after it, the people free."""

import datetime as dt
from typing import TypeAlias
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now, rfc3339
from trading.projects import reads as projects
from trading.projects.calendar import WorkingCalendar, local_day
from trading.projects.types import LotView
from trading.schedule import reads
from trading.schedule.rules import (
    USUAL_MINUTES,
    Conflict,
    Facility,
    Offer,
    Span,
    Taken,
    conflicts,
    earliest,
    next_free,
)
from trading.schedule.types import BookingView, RoomChoice, RoomProposal, RoomView

Occupied: TypeAlias = tuple[Taken, ...]


class Situation(msgspec.Struct, frozen=True):
    """Everything that decides about one purpose of one lot."""

    lot: LotView
    purpose: str
    calendar: WorkingCalendar
    taken: Occupied
    people: Occupied
    earliest_at: dt.datetime
    """An opening: its deadline. An evaluation: the end of the opening, or now if that is later."""


def sitting_of(lot: LotView, purpose: str, booking_id: UUID) -> UUID:
    """The lots of a project that share a deadline are opened in one sitting (同场开标), in one room."""
    return uuid5(lot.project_id, rfc3339(lot.deadline_at)) if purpose == "opening" else booking_id


def organisations(lot: LotView) -> tuple[UUID, ...]:
    """Whose people attend."""
    return (lot.tenderer_org_id, *([lot.agency_org_id] if lot.agency_org_id else []))


async def situation(
    session: AsyncSession, lot: LotView, purpose: str, *, besides: BookingView | None = None
) -> Situation:
    """What decides now; `besides` is the booking that is to be moved."""
    own = besides.id if besides else None
    now = await platform_now(session)
    sitting = sitting_of(lot, "opening", lot.id) if purpose == "opening" else None
    first = lot.deadline_at if purpose == "opening" else max(await opening_ends(session, lot), _next_minute(now))
    since = min(now, first)
    return Situation(
        lot=lot,
        purpose=purpose,
        calendar=await projects.calendar(session),
        taken=await reads.taken(session, since, besides=own, sitting_id=sitting),
        people=await reads.people_elsewhere(session, since, organisations(lot), besides=own, sitting_id=sitting),
        earliest_at=first,
    )


async def opening_ends(session: AsyncSession, lot: LotView) -> dt.datetime:
    """When the opening is over: as booked, or after the usual time."""
    booked = await reads.opening_of(session, lot.id)
    return booked.ends_at if booked else lot.deadline_at + dt.timedelta(minutes=USUAL_MINUTES["opening"])


def _next_minute(now: dt.datetime) -> dt.datetime:
    return now.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)


async def propose(
    session: AsyncSession,
    *,
    lot_id: UUID,
    purpose: str,
    minutes: int = 0,
    starts_at: dt.datetime | None = None,
    besides: BookingView | None = None,
) -> RoomProposal:
    """The earliest lawful time with a free room, and for each room of that purpose whether it is free then."""
    lot = await projects.lot(session, lot_id)
    known = await situation(session, lot, purpose, besides=besides)
    length = dt.timedelta(minutes=minutes or USUAL_MINUTES[purpose])
    rooms = await reads.rooms(session)
    if purpose == "opening":
        span = Span(lot.deadline_at, lot.deadline_at + length)
        offer = None
    else:
        offer = _earliest(rooms, known, purpose, known.earliest_at, length)
        start = starts_at or (offer.span.starts_at if offer else known.earliest_at)
        span = Span(start, start + length)
    choices = tuple(_choice(room, known, span) for room in rooms if purpose in room.purposes)
    opening_from = evaluation_from = None
    if purpose == "opening":
        free = next((choice.room for choice in choices if not choice.conflicts), None)
        if free:
            offer = Offer(free.id, free.name, span)
        else:
            opening_from = _earliest(rooms, known, "opening", lot.deadline_at, length)
        after = opening_from.span.ends_at if opening_from else span.ends_at
        usual = dt.timedelta(minutes=USUAL_MINUTES["evaluation"])
        booked = any(each.purpose == "evaluation" for each in await reads.bookings_of(session, f"lot:{lot_id}"))
        if not booked and (offer or opening_from):
            evaluation_from = _earliest(rooms, known, "evaluation", after, usual)
    return RoomProposal(
        purpose=purpose,
        span=span,
        minutes=int(length.total_seconds()) // 60,
        offer=offer,
        choices=choices,
        provisional=known.calendar.is_provisional(local_day(span.starts_at)),
        opening_from=opening_from,
        evaluation_from=evaluation_from,
    )


def _earliest(
    rooms: tuple[RoomView, ...], known: Situation, purpose: str, not_before: dt.datetime, length: dt.timedelta
) -> Offer | None:
    return earliest(
        [room.facility for room in rooms],
        known.calendar,
        known.taken,
        purpose=purpose,
        not_before=not_before,
        length=length,
        people=known.people,
    )


def _choice(room: RoomView, known: Situation, span: Span) -> RoomChoice:
    against = conflicts_of(room.facility, known, span)
    return RoomChoice(room, against, next_of(room.facility, known, span) if against else None)


def conflicts_of(room: Facility, known: Situation, span: Span) -> tuple[Conflict, ...]:
    """Why the room cannot be had for this span."""
    return conflicts(room, span, known.calendar, known.taken, purpose=known.purpose)


def next_of(room: Facility, known: Situation, span: Span) -> dt.datetime | None:
    """When the same room is next free for as long."""
    here = [each for each in known.taken if each.room_id == room.id]
    not_before = max(span.starts_at, known.earliest_at)
    found = next_free(room, known.calendar, here, not_before=not_before, length=span.length)
    return found.starts_at if found else None
