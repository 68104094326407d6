"""The week of all rooms, and the part of a lot's page that says where it is opened."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, Actor
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.projects.errors import LotUnknown
from trading.projects.rights import sees_unpublished
from trading.projects.types import LotView
from trading.schedule import reads
from trading.schedule.rights import is_staff, sees
from trading.schedule.services.booking import BOOKABLE
from trading.schedule.week import lay_out, monday_of, span_of
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@get("/schedule", opt=PUBLIC)
async def week(
    request: WebRequest, session: Session, actor: CurrentActor, week: FromQuery[str] = "", room: FromQuery[str] = ""
) -> Response[bytes]:
    """Openings for everyone; for the centre's staff and supervision all bookings."""
    today = local_day(await platform_now(session))
    monday = monday_of(week, today)
    rooms = await reads.rooms(session, "" if is_staff(actor) else "opening")
    chosen = next((each for each in rooms if each.id == _id(room)), None)
    shown = (chosen,) if chosen else rooms
    span = span_of(monday)
    found = await reads.bookings_between(session, span.starts_at, span.ends_at)
    visible = [each for each in found if sees(actor, each)]
    return page(
        request,
        "schedule/week.html",
        part="schedule/_week.html",
        week=lay_out(monday, shown, visible, await projects.calendar(session), today=today),
        rooms=rooms,
        chosen=chosen,
        staff=is_staff(actor),
    )


async def visible_lot(session: AsyncSession, actor: Actor, lot_id: UUID) -> LotView:
    """A lot anyone may see, or its own side and the staff before its notice."""
    lot = await projects.lot(session, lot_id)
    if not lot.is_public and not sees_unpublished(actor, lot.tenderer_org_id, lot.agency_org_id):
        raise LotUnknown
    return lot


@get("/lots/{lot_id:uuid}/rooms", opt=PUBLIC)
async def of_lot(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """Where and when a lot is opened (and, for staff, evaluated): a page, and a part of the lot's own page."""
    lot = await visible_lot(session, actor, lot_id)
    return page(request, "schedule/of_lot.html", part="schedule/_of_lot.html", **await lot_context(session, actor, lot))


async def lot_context(session: AsyncSession, actor: Actor, lot: LotView) -> dict[str, Any]:
    """What `_of_lot.html` shows."""
    now = await platform_now(session)
    calendar = await projects.calendar(session)
    bookings = [each for each in await reads.bookings_of(session, f"lot:{lot.id}") if sees(actor, each)]
    missing = [
        purpose
        for purpose, states in BOOKABLE.items()
        if lot.state in states and not any(each.purpose == purpose for each in bookings)
        if purpose != "opening" or lot.deadline_at > now
    ]
    return {
        "lot": lot,
        "bookings": [(each, calendar.is_provisional(each.day), not calendar.is_working(each.day)) for each in bookings],
        "missing": missing if actor.has("official") else [],
        "keeper": actor.has("official"),
        "at": now,
    }


ROUTES = (week, of_lot)
