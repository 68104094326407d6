"""Booking, moving and cancelling a room for a lot.

The room's lock is taken before anything is read, so that of many who want one slot the first has it and each of the
others is told by what it is taken; the exclusion constraint stands behind that, whatever a program may forget.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import Action, append
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import local_day
from trading.projects.types import LotView
from trading.records.types import split_subject
from trading.schedule import entries, reads
from trading.schedule.errors import (
    CONFLICTS,
    AlreadyBooked,
    BeforeOpeningEnds,
    Begun,
    BookingUnknown,
    NoRoomInSight,
    NotAtDeadline,
    NotBookable,
    Past,
)
from trading.schedule.forms import BookingForm, MoveForm
from trading.schedule.models import BookingRow
from trading.schedule.rights import demand_keeper
from trading.schedule.rules import CLOSED, HORIZON_DAYS, Span
from trading.schedule.services.proposing import (
    conflicts_of,
    next_of,
    opening_ends,
    organisations,
    sitting_of,
    situation,
)
from trading.schedule.types import BookingView

BOOKABLE = {
    "opening": frozenset({"registered", "published"}),
    "evaluation": frozenset({"registered", "published", "closed", "opening", "opened", "evaluating"}),
}
"""States of a lot in which a room for it makes sense."""


async def book(session: AsyncSession, actor: Actor, *, subject: str, purpose: str, form: BookingForm) -> BookingView:
    """A room for the opening or the evaluation of a lot."""
    demand_keeper(actor)
    await lock(session, f"room:{form.room_id}")
    lot = await _lot(session, subject, purpose)
    for standing in await reads.bookings_of(session, subject):
        if standing.purpose == purpose:
            raise AlreadyBooked(room=standing.room_name, starts=standing.starts_at)
    span = await _span(session, lot, purpose, form)
    await _demand_free(session, lot, purpose, form, span)
    now = await platform_now(session)
    booking_id = new_id()
    entry_id = await _journal(
        session, actor, entries.BOOKED, lot, purpose=purpose, told=_told(booking_id, form.room_id, span), at=now
    )
    session.add(
        BookingRow(
            id=booking_id,
            room_id=form.room_id,
            subject_kind="lot",
            subject_id=lot.id,
            purpose=purpose,
            sitting_id=sitting_of(lot, purpose, booking_id),
            org_ids=list(organisations(lot)),
            during=Range(span.starts_at, span.ends_at),
            state="booked",
            sequence=0,
            former_rooms=[],
            reason=None,
            booked_by=actor.person_id,
            booked_at=now,
            changed_at=now,
            entry_id=entry_id,
        )
    )
    await session.flush()
    if purpose == "opening":
        await project_service.mark_milestone(session, actor, subject=subject, key="rooms", entry_id=entry_id)
    return await reads.booking(session, booking_id)


async def move(session: AsyncSession, actor: Actor, *, booking_id: UUID, form: MoveForm) -> BookingView:
    """Another room or time for what is booked; it keeps its number, and calendars learn of the change."""
    demand_keeper(actor)
    before = await _standing(session, booking_id)
    await lock(session, *{f"room:{before.room_id}", f"room:{form.room_id}"})
    row = await _locked(session, booking_id)
    before = await reads.booking(session, booking_id)
    lot = await _lot(session, before.subject, before.purpose)
    await _demand_not_begun(session, before)
    span = await _span(session, lot, before.purpose, form)
    await _demand_free(session, lot, before.purpose, form, span, besides=before)
    now = await platform_now(session)
    row.entry_id = await _journal(
        session,
        actor,
        entries.MOVED,
        lot,
        purpose=before.purpose,
        told=_told(booking_id, form.room_id, span) | {"reason": form.reason},
        at=now,
    )
    if form.room_id != row.room_id:
        left = {*row.former_rooms, row.room_id} - {form.room_id}
        row.room_id, row.former_rooms = form.room_id, sorted(left)
    row.during, row.reason = Range(span.starts_at, span.ends_at), form.reason
    row.sitting_id = sitting_of(lot, before.purpose, booking_id)
    row.sequence, row.changed_at = row.sequence + 1, now
    await session.flush()
    return await reads.booking(session, booking_id)


async def cancel(session: AsyncSession, actor: Actor, *, booking_id: UUID, reason: str) -> BookingView:
    """Free the room; the booking stays in sight as cancelled."""
    demand_keeper(actor)
    before = await _standing(session, booking_id)
    await lock(session, f"room:{before.room_id}")
    row = await _locked(session, booking_id)
    before = await reads.booking(session, booking_id)
    lot = await projects.lot(session, split_subject(before.subject)[1])
    await _demand_not_begun(session, before)
    now = await platform_now(session)
    told = {"booking": str(booking_id), "reason": reason}
    row.entry_id = await _journal(session, actor, entries.CANCELLED, lot, purpose=before.purpose, told=told, at=now)
    row.state, row.reason, row.sequence, row.changed_at = "cancelled", reason, row.sequence + 1, now
    await session.flush()
    return await reads.booking(session, booking_id)


async def _lot(session: AsyncSession, subject: str, purpose: str) -> LotView:
    """The lot whose room it is, its dates held still."""
    kind, lot_id = split_subject(subject)
    if kind != "lot":
        raise NotBookable(name=subject)
    lot = await projects.lot_for_update(session, lot_id)
    if lot.state not in BOOKABLE[purpose]:
        raise NotBookable(name=lot.name)
    return lot


async def _standing(session: AsyncSession, booking_id: UUID) -> BookingView:
    found = await reads.booking(session, booking_id)
    if found.state != "booked" or found.purpose == CLOSED:
        raise BookingUnknown
    return found


async def _locked(session: AsyncSession, booking_id: UUID) -> BookingRow:
    row = await session.get(BookingRow, booking_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "booked":
        raise BookingUnknown
    return row


async def _demand_not_begun(session: AsyncSession, booking: BookingView) -> None:
    if booking.starts_at <= await platform_now(session):
        raise Begun(starts=booking.starts_at)


async def _span(session: AsyncSession, lot: LotView, purpose: str, form: BookingForm) -> Span:
    """When: at the deadline for an opening, after the opening for an evaluation, in time to come for both."""
    if purpose == "opening":
        if form.starts_at is not None and form.starts_at != lot.deadline_at:
            raise NotAtDeadline(deadline=lot.deadline_at)
        start = lot.deadline_at
    elif form.starts_at is None:
        raise Invalid({"starts_at": FieldProblem("web.required")})
    else:
        start = form.starts_at
    if start <= await platform_now(session):
        raise Past
    if purpose == "evaluation" and start < (over := await opening_ends(session, lot)):
        raise BeforeOpeningEnds(next=over)
    return Span(start, start + dt.timedelta(minutes=form.minutes))


async def _demand_free(
    session: AsyncSession,
    lot: LotView,
    purpose: str,
    form: BookingForm,
    span: Span,
    *,
    besides: BookingView | None = None,
) -> None:
    """The room is free then, or the refusal says what is in the way and when it is next free."""
    room = (await reads.room(session, form.room_id)).facility
    known = await situation(session, lot, purpose, besides=besides)
    against = conflicts_of(room, known, span)
    if against:
        following = next_of(room, known, span)
        if following is None:
            raise NoRoomInSight(room=room.name, days=HORIZON_DAYS)
        first = against[0]
        raise CONFLICTS[first.code](room=room.name, next=following, **first.params)
    if known.calendar.is_provisional(local_day(span.starts_at)) and not form.confirm_provisional:
        raise Invalid({"confirm_provisional": FieldProblem("schedule.provisional_unconfirmed")})


def _told(booking_id: UUID, room_id: UUID, span: Span) -> dict[str, Any]:
    return {
        "booking": str(booking_id),
        "room": str(room_id),
        "from": rfc3339(span.starts_at),
        "until": rfc3339(span.ends_at),
    }


async def _journal(
    session: AsyncSession,
    actor: Actor,
    action: Action,
    lot: LotView,
    *,
    purpose: str,
    told: dict[str, Any],
    at: dt.datetime,
) -> UUID:
    """Public for an opening; of an evaluation only that it was booked is told, the rest is committed to."""
    shown = {"purpose": purpose} | (told if purpose == "opening" else {})
    secret = {} if purpose == "opening" else told
    return await append(session, actor, action, subject=f"lot:{lot.id}", payload=shown, secret=secret, at=at)
