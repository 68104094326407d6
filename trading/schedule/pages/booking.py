"""Booking, moving and cancelling a lot's room: the earliest lawful time is filled in, and every room says why not."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import NotFound
from trading.kernel.identity import allow
from trading.projects import reads as projects
from trading.projects.types import LotView
from trading.records.types import split_subject
from trading.schedule import reads, service
from trading.schedule.errors import BookingUnknown
from trading.schedule.forms import BookingForm, MoveForm, ReasonForm
from trading.schedule.rights import KEEPERS
from trading.schedule.rules import PURPOSES, conceivable
from trading.schedule.types import BookingView, RoomProposal
from trading.web.formats import local
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, page, redirect

BOOK = "schedule/booking_form.html"
CANCEL = "schedule/reason.html"
_KEEPER = allow(*KEEPERS)


async def _context(
    session: AsyncSession,
    request: WebRequest,
    lot: LotView,
    purpose: str,
    *,
    booking: BookingView | None = None,
) -> dict[str, Any]:
    """The proposal for the time in the address, or for the earliest; an opening's time is its deadline."""
    query = request.query_params
    wanted = query.get("minutes", "")
    minutes = int(wanted) if len(wanted) < 4 and wanted.isdecimal() and 15 <= int(wanted) <= 720 else 0
    if booking and not minutes:
        minutes = int((booking.ends_at - booking.starts_at).total_seconds()) // 60
    starts_at = _instant(query.get("starts_at", "")) or (booking.starts_at if booking else None)
    proposal = await service.propose(
        session, lot_id=lot.id, purpose=purpose, minutes=minutes, starts_at=starts_at, besides=booking
    )
    address = f"/schedule/bookings/{booking.id}/move" if booking else f"/lots/{lot.id}/rooms/{purpose}"
    return {
        "lot": lot,
        "purpose": purpose,
        "proposal": proposal,
        "booking": booking,
        "action": address,
        "back": f"/lots/{lot.id}",
    }


def _instant(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(dt.UTC) if conceivable(found) else None


def _filled(proposal: RoomProposal, booking: BookingView | None) -> Form:
    """The form starts with what can be had: the room one has if it is free then, else the first that is."""
    free = [choice.room.id for choice in proposal.choices if not choice.conflicts]
    own = booking.room_id if booking and booking.room_id in free else None
    room = own or (proposal.offer.room_id if proposal.offer and proposal.offer.room_id in free else None)
    typed = {
        "minutes": [str(proposal.minutes)],
        "starts_at": [f"{local(proposal.span.starts_at):%Y-%m-%dT%H:%M}"],
        "room_id": [str(room or next(iter(free), ""))],
    }
    return Form(MoveForm if booking else BookingForm, typed)


async def _lot_for(session: AsyncSession, lot_id: UUID, purpose: str) -> LotView:
    if purpose not in PURPOSES:
        raise NotFound
    return await projects.lot(session, lot_id)


@get("/lots/{lot_id:uuid}/rooms/{purpose:str}", opt=_KEEPER)
async def show(request: WebRequest, session: Session, lot_id: FromPath[UUID], purpose: FromPath[str]) -> Response[Any]:
    """The earliest lawful time and the rooms then."""
    lot = await _lot_for(session, lot_id, purpose)
    standing = [each for each in await reads.bookings_of(session, f"lot:{lot_id}") if each.purpose == purpose]
    if standing:
        return redirect(f"/schedule/bookings/{standing[0].id}/move")
    context = await _context(session, request, lot, purpose)
    return page(request, BOOK, form=_filled(context["proposal"], None), **context)


@post("/lots/{lot_id:uuid}/rooms/{purpose:str}", opt=_KEEPER)
async def book(
    request: WebRequest, session: Session, actor: CurrentActor, *, lot_id: FromPath[UUID], purpose: FromPath[str]
) -> Response[Any]:
    """Book it."""
    lot = await _lot_for(session, lot_id, purpose)
    context = await _context(session, request, lot, purpose)
    command = await parse(request, BookingForm, BOOK, **context)
    made = await service.book(session, actor, subject=f"lot:{lot_id}", purpose=purpose, form=command)
    return redirect(f"/lots/{lot_id}/rooms", flash="schedule.booked", room=made.room_name)


async def _standing(session: AsyncSession, booking_id: UUID) -> tuple[BookingView, LotView]:
    found = await reads.booking(session, booking_id)
    if found.state != "booked" or found.purpose not in PURPOSES:
        raise BookingUnknown
    return found, await projects.lot(session, split_subject(found.subject)[1])


@get("/schedule/bookings/{booking_id:uuid}/move", opt=_KEEPER)
async def show_move(request: WebRequest, session: Session, booking_id: FromPath[UUID]) -> Response[bytes]:
    """Other rooms and times."""
    booking, lot = await _standing(session, booking_id)
    context = await _context(session, request, lot, booking.purpose, booking=booking)
    return page(request, BOOK, form=_filled(context["proposal"], booking), **context)


@post("/schedule/bookings/{booking_id:uuid}/move", opt=_KEEPER)
async def move(request: WebRequest, session: Session, actor: CurrentActor, booking_id: FromPath[UUID]) -> Response[Any]:
    """Move it."""
    booking, lot = await _standing(session, booking_id)
    context = await _context(session, request, lot, booking.purpose, booking=booking)
    command = await parse(request, MoveForm, BOOK, **context)
    moved = await service.move(session, actor, booking_id=booking_id, form=command)
    return redirect(f"/lots/{lot.id}/rooms", flash="schedule.moved", room=moved.room_name)


def _question(booking: BookingView, lot: LotView) -> Question:
    return Question(
        title=f"schedule.cancel.{booking.purpose}",
        text="schedule.cancel.text",
        yes="schedule.cancel.yes",
        action=f"/schedule/bookings/{booking.id}/cancel",
        back=f"/lots/{lot.id}/rooms",
        danger=True,
        params={"room": booking.room_name, "starts": booking.starts_at, "title": booking.title},
    )


@get("/schedule/bookings/{booking_id:uuid}/cancel", opt=_KEEPER)
async def ask_cancel(request: WebRequest, session: Session, booking_id: FromPath[UUID]) -> Response[bytes]:
    """Whether the room may go to others."""
    booking, lot = await _standing(session, booking_id)
    return page(request, CANCEL, ask=_question(booking, lot), form=Form(ReasonForm), note=_note(booking))


def _note(booking: BookingView) -> str | None:
    return "schedule.cancel.announced" if booking.purpose == "opening" and booking.is_public else None


@post("/schedule/bookings/{booking_id:uuid}/cancel", opt=_KEEPER)
async def cancel(
    request: WebRequest, session: Session, actor: CurrentActor, booking_id: FromPath[UUID]
) -> Response[Any]:
    """Cancel it."""
    booking, lot = await _standing(session, booking_id)
    command = await parse(request, ReasonForm, CANCEL, ask=_question(booking, lot), note=_note(booking))
    await service.cancel(session, actor, booking_id=booking_id, reason=command.reason)
    return redirect(f"/lots/{lot.id}/rooms", flash="schedule.cancelled")


ROUTES = (show, book, show_move, move, ask_cancel, cancel)
