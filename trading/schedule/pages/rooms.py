"""The rooms: anyone may look at them, officials keep them."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.schedule import reads, service
from trading.schedule.errors import BookingUnknown, RoomUnknown
from trading.schedule.forms import ClosedPeriodForm, HoursForm, ReasonForm, RoomForm
from trading.schedule.rights import KEEPERS, is_staff
from trading.schedule.types import RoomView
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, page, redirect

EDIT = "schedule/room_form.html"
DETAIL = "schedule/room.html"
REOPEN = "schedule/reason.html"
_KEEPER = allow(*KEEPERS)
_WEEKDAYS = range(1, 8)
_USUAL = RoomForm(
    name="",
    site="",
    seats=30,
    purposes=("opening",),
    hours=tuple(HoursForm(weekday, "08:30", "17:30") for weekday in _WEEKDAYS),
)


@get("/schedule/rooms", opt=PUBLIC)
async def rooms(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """Every room; visitors see those where openings are held."""
    found = await reads.rooms(session, "" if is_staff(actor) else "opening")
    return page(request, "schedule/rooms.html", rooms=found)


@get("/schedule/rooms/new", opt=_KEEPER)
async def show_new(request: WebRequest) -> Response[bytes]:
    """An empty room with the usual hours."""
    return page(request, EDIT, form=Form.of(_USUAL), action="/schedule/rooms/new", room=None)


@post("/schedule/rooms/new", opt=_KEEPER)
async def create(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Add a room."""
    command = await parse(request, RoomForm, EDIT, action="/schedule/rooms/new", room=None)
    made = await service.add_room(session, actor, form=command)
    return redirect(f"/schedule/rooms/{made.id}", flash="schedule.room_added", name=made.name)


@get("/schedule/rooms/{room_id:uuid}", opt=PUBLIC)
async def room(request: WebRequest, session: Session, actor: CurrentActor, room_id: FromPath[UUID]) -> Response[bytes]:
    """One room, its hours and when it is closed."""
    return page(request, DETAIL, closing=Form(ClosedPeriodForm), **await _detail(session, actor, room_id))


async def _detail(session: AsyncSession, actor: Actor, room_id: UUID) -> dict[str, Any]:
    found = await reads.room(session, room_id)
    if "opening" not in found.purposes and not is_staff(actor):
        raise RoomUnknown
    closed = await reads.closed_periods(session, room_id, await platform_now(session))
    return {"room": found, "closed": closed, "keeper": actor.has(*KEEPERS)}


@get("/schedule/rooms/{room_id:uuid}/edit", opt=_KEEPER)
async def show_edit(request: WebRequest, session: Session, room_id: FromPath[UUID]) -> Response[bytes]:
    """The room as a form."""
    found = await reads.room(session, room_id)
    return page(request, EDIT, form=Form.of(_form_of(found)), action=f"/schedule/rooms/{room_id}/edit", room=found)


def _form_of(room: RoomView) -> RoomForm:
    known = {each.weekday: each for each in room.hours}
    return RoomForm(
        name=room.name,
        site=room.site,
        seats=room.seats,
        purposes=room.purposes,  # type: ignore[arg-type]  # the table holds the same two words
        equipment=room.equipment,
        hours=tuple(
            HoursForm(weekday, f"{known[weekday].opens:%H:%M}", f"{known[weekday].closes:%H:%M}")
            if weekday in known
            else HoursForm(weekday)
            for weekday in _WEEKDAYS
        ),
    )


@post("/schedule/rooms/{room_id:uuid}/edit", opt=_KEEPER)
async def change(request: WebRequest, session: Session, actor: CurrentActor, room_id: FromPath[UUID]) -> Response[Any]:
    """Save it."""
    found = await reads.room(session, room_id)
    command = await parse(request, RoomForm, EDIT, action=f"/schedule/rooms/{room_id}/edit", room=found)
    await service.change_room(session, actor, room_id=room_id, form=command)
    return redirect(f"/schedule/rooms/{room_id}", flash="schedule.room_changed")


@post("/schedule/rooms/{room_id:uuid}/closed", opt=_KEEPER)
async def close(request: WebRequest, session: Session, actor: CurrentActor, room_id: FromPath[UUID]) -> Response[Any]:
    """Close it for some time."""
    context = await _detail(session, actor, room_id)
    command = await parse(request, ClosedPeriodForm, DETAIL, closing=Form(ClosedPeriodForm), **context)
    await service.close_room(session, actor, room_id=room_id, form=command)
    return redirect(f"/schedule/rooms/{room_id}", flash="schedule.room_closed")


@get("/schedule/rooms/{room_id:uuid}/closed/{period_id:uuid}/end", opt=_KEEPER)
async def ask_reopen(
    request: WebRequest, session: Session, room_id: FromPath[UUID], period_id: FromPath[UUID]
) -> Response[bytes]:
    """Whether the room may be used again."""
    question = await _question(session, room_id, period_id)
    return page(request, REOPEN, ask=question, form=Form(ReasonForm), note=None)


@post("/schedule/rooms/{room_id:uuid}/closed/{period_id:uuid}/end", opt=_KEEPER)
async def reopen(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    *,
    room_id: FromPath[UUID],
    period_id: FromPath[UUID],
) -> Response[Any]:
    """End a closed period."""
    question = await _question(session, room_id, period_id)
    command = await parse(request, ReasonForm, REOPEN, ask=question, note=None)
    await service.reopen_room(session, actor, room_id=room_id, period_id=period_id, reason=command.reason)
    return redirect(f"/schedule/rooms/{room_id}", flash="schedule.room_reopened")


async def _question(session: AsyncSession, room_id: UUID, period_id: UUID) -> Question:
    found = await reads.booking(session, period_id)
    if found.room_id != room_id or found.state != "booked":
        raise BookingUnknown
    return Question(
        title="schedule.reopen.title",
        text="schedule.reopen.text",
        yes="schedule.reopen.yes",
        action=f"/schedule/rooms/{room_id}/closed/{period_id}/end",
        back=f"/schedule/rooms/{room_id}",
        params={"room": found.room_name, "starts": found.starts_at, "ends": found.ends_at},
    )


ROUTES = (rooms, show_new, create, room, show_edit, change, close, ask_reopen, reopen)
