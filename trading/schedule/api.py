"""The same for programs: rooms, closed periods, bookings, proposals."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from msgspec.structs import replace

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.schedule import reads, service
from trading.schedule.errors import BookingUnknown, RoomUnknown
from trading.schedule.forms import BookCommand, ClosedPeriodForm, MoveForm, ReasonForm, RoomForm
from trading.schedule.rights import KEEPERS, is_staff, sees
from trading.schedule.rules import CLOSED, Purpose, conceivable
from trading.schedule.types import BookingView, RoomProposal, RoomView
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.i18n import language_of
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.site import site_of

_KEEPER = allow(*KEEPERS)
_LONGEST = dt.timedelta(days=92)


class RoomAnswer(Struct, frozen=True):
    """A room and the times it is closed from now on."""

    room: RoomView
    closed: tuple[BookingView, ...]


class ChoiceAnswer(Struct, frozen=True):
    """A room at the proposed time: free where `conflicts` is empty; else each reason in words, and when next."""

    room_id: UUID
    room_name: str
    conflicts: tuple[dict[str, Any], ...]
    next_at: dt.datetime | None


class ProposalAnswer(Struct, frozen=True):
    """The proposal, its conflicts told in the reader's language."""

    proposal: RoomProposal
    choices: tuple[ChoiceAnswer, ...]


def _told(actor: Actor, booking: BookingView) -> BookingView:
    """Organisations and reasons are the staff's own business."""
    if is_staff(actor):
        return booking
    return replace(booking, org_ids=(), reason="", former_rooms=())


@get("/v1/rooms", opt=PUBLIC)
async def rooms(session: Session, actor: CurrentActor) -> Answer[dict[str, tuple[RoomView, ...]]]:
    """Every room; visitors see those where openings are held."""
    return Answer({"items": await reads.rooms(session, "" if is_staff(actor) else "opening")})


@get("/v1/rooms/{room_id:uuid}", opt=PUBLIC)
async def room(session: Session, actor: CurrentActor, room_id: FromPath[UUID]) -> Answer[RoomAnswer]:
    """One room."""
    found = await reads.room(session, room_id)
    if "opening" not in found.purposes and not is_staff(actor):
        raise RoomUnknown
    closed = await reads.closed_periods(session, room_id, await platform_now(session))
    return Answer(RoomAnswer(found, tuple(_told(actor, each) for each in closed)))


@post("/v1/rooms", opt=_KEEPER, status_code=HTTP_201_CREATED)
async def add_room(request: WebRequest, session: Session, actor: CurrentActor) -> Answer[RoomView]:
    """Add a room."""
    return Answer(await service.add_room(session, actor, form=await parse(request, RoomForm)))


@put("/v1/rooms/{room_id:uuid}", opt=_KEEPER)
async def change_room(
    request: WebRequest, session: Session, actor: CurrentActor, room_id: FromPath[UUID]
) -> Answer[RoomView]:
    """Replace a room's facts and hours."""
    command = await parse(request, RoomForm)
    return Answer(await service.change_room(session, actor, room_id=room_id, form=command))


@post("/v1/rooms/{room_id:uuid}/closed", opt=_KEEPER, status_code=HTTP_201_CREATED)
async def close_room(
    request: WebRequest, session: Session, actor: CurrentActor, room_id: FromPath[UUID]
) -> Answer[dict[str, UUID]]:
    """Close a room for some time."""
    command = await parse(request, ClosedPeriodForm)
    return Answer({"id": await service.close_room(session, actor, room_id=room_id, form=command)})


@post("/v1/rooms/{room_id:uuid}/closed/{period_id:uuid}/end", opt=_KEEPER, status_code=HTTP_200_OK)
async def reopen_room(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    *,
    room_id: FromPath[UUID],
    period_id: FromPath[UUID],
) -> Answer[RoomView]:
    """End a closed period before its time."""
    command = await parse(request, ReasonForm)
    await service.reopen_room(session, actor, room_id=room_id, period_id=period_id, reason=command.reason)
    return Answer(await reads.room(session, room_id))


@get("/v1/bookings", opt=PUBLIC)
async def bookings(
    session: Session,
    actor: CurrentActor,
    *,
    since: FromQuery[dt.datetime | None] = None,
    until: FromQuery[dt.datetime | None] = None,
    room_id: FromQuery[UUID | None] = None,
) -> Answer[dict[str, tuple[BookingView, ...]]]:
    """What takes place in a span of at most three months (a week from now unless said): openings, or all for staff."""
    if not all(conceivable(asked) for asked in (since, until) if asked is not None):
        raise Invalid({"since": FieldProblem("web.bad_time")})
    start = since or await platform_now(session)
    end = until or start + dt.timedelta(days=7)
    if not dt.timedelta() < end - start <= _LONGEST:
        raise Invalid({"until": FieldProblem("schedule.span_too_long", {"days": _LONGEST.days})})
    found = await reads.bookings_between(session, start, end, room_id=room_id)
    shown = (each for each in found if each.purpose != CLOSED and sees(actor, each))
    return Answer({"items": tuple(_told(actor, each) for each in shown)})


@get("/v1/bookings/{booking_id:uuid}", opt=PUBLIC)
async def booking(session: Session, actor: CurrentActor, booking_id: FromPath[UUID]) -> Answer[BookingView]:
    """One booking, cancelled ones too."""
    found = await reads.booking(session, booking_id)
    if found.purpose == CLOSED or not sees(actor, found):
        raise BookingUnknown
    return Answer(_told(actor, found))


@post("/v1/bookings", opt=_KEEPER, status_code=HTTP_201_CREATED)
async def book(request: WebRequest, session: Session, actor: CurrentActor) -> Answer[BookingView]:
    """Book a room; 409 says what is in the way and when the room is next free."""
    command = await parse(request, BookCommand)
    return Answer(await service.book(session, actor, subject=command.subject, purpose=command.purpose, form=command))


@post("/v1/bookings/{booking_id:uuid}/move", opt=_KEEPER, status_code=HTTP_200_OK)
async def move(
    request: WebRequest, session: Session, actor: CurrentActor, booking_id: FromPath[UUID]
) -> Answer[BookingView]:
    """Another room or time."""
    return Answer(await service.move(session, actor, booking_id=booking_id, form=await parse(request, MoveForm)))


@post("/v1/bookings/{booking_id:uuid}/cancel", opt=_KEEPER, status_code=HTTP_200_OK)
async def cancel(
    request: WebRequest, session: Session, actor: CurrentActor, booking_id: FromPath[UUID]
) -> Answer[BookingView]:
    """Free the room."""
    command = await parse(request, ReasonForm)
    return Answer(await service.cancel(session, actor, booking_id=booking_id, reason=command.reason))


@get("/v1/lots/{lot_id:uuid}/room-proposal", opt=allow("official", "supervisor"))
async def proposal(
    request: WebRequest,
    session: Session,
    *,
    lot_id: FromPath[UUID],
    purpose: FromQuery[Purpose] = "opening",
    minutes: FromQuery[int] = 0,
    starts_at: FromQuery[dt.datetime | None] = None,
) -> Answer[ProposalAnswer]:
    """The earliest lawful time with a free room, and what speaks against each room then."""
    if minutes and not 15 <= minutes <= 720:
        raise Invalid({"minutes": FieldProblem("web.bad_value")})
    if starts_at is not None and not conceivable(starts_at):
        raise Invalid({"starts_at": FieldProblem("web.bad_time")})
    found = await service.propose(session, lot_id=lot_id, purpose=purpose, minutes=minutes, starts_at=starts_at)
    words = site_of(request).words[language_of(request)]
    choices = tuple(
        ChoiceAnswer(
            choice.room.id,
            choice.room.name,
            tuple({"code": c.code, "detail": words(f"error.{c.code}", **c.params)} for c in choice.conflicts),
            choice.next_at,
        )
        for choice in found.choices
    )
    return Answer(ProposalAnswer(replace(found, choices=()), choices))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    rooms,
    room,
    add_room,
    change_room,
    close_room,
    reopen_room,
    bookings,
    booking,
    book,
    move,
    cancel,
    proposal,
)
