"""Calendars other programs subscribe to: openings without any token, since they are public; the rest for staff."""

import datetime as dt
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import NotFound
from trading.kernel.identity import PUBLIC, allow
from trading.schedule import reads
from trading.schedule.calendar_file import calendar_file
from trading.schedule.rules import CLOSED
from trading.schedule.types import BookingView
from trading.web.i18n import language_of
from trading.web.injected import CurrentSettings, Session, WebRequest
from trading.web.site import site_of

_PAST, _AHEAD = dt.timedelta(days=90), dt.timedelta(days=730)
_SHORT = "public, max-age=300"
_NEVER = "private, no-store"


async def _around_now(session: AsyncSession, room_id: UUID | None) -> tuple[BookingView, ...]:
    now = await platform_now(session)
    return await reads.bookings_between(session, now - _PAST, now + _AHEAD, room_id=room_id, with_cancelled=True)


def _answer(
    request: WebRequest,
    settings: CurrentSettings,
    bookings: list[BookingView],
    *,
    keep: str,
    room_id: UUID | None = None,
) -> Response[bytes]:
    words = site_of(request).words[language_of(request)]
    data = calendar_file(bookings, words=words, base_url=settings.web.base_url, room_id=room_id)
    headers = {"cache-control": keep, "vary": "Accept-Language, Cookie"}
    return Response(data, media_type="text/calendar", headers=headers)


@get("/schedule.ics", opt=PUBLIC)
async def openings(
    request: WebRequest, session: Session, settings: CurrentSettings, room: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """Openings of all rooms, or of one; the same for everyone, whoever has signed in."""
    if room is not None:
        await reads.room(session, room)
    found = [each for each in await _around_now(session, room) if each.purpose == "opening" and each.is_public]
    return _answer(request, settings, found, keep=_SHORT, room_id=room)


@get("/lots/{lot_id:uuid}/schedule.ics", opt=PUBLIC)
async def of_lot(
    request: WebRequest, session: Session, settings: CurrentSettings, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """The opening of one lot."""
    every = await reads.bookings_of_all_times(session, f"lot:{lot_id}")
    found = [each for each in every if each.purpose == "opening" and each.is_public]
    if not found:
        raise NotFound
    return _answer(request, settings, found, keep=_SHORT)


@get("/schedule/all.ics", opt=allow("official", "supervisor"))
async def everything(
    request: WebRequest, session: Session, settings: CurrentSettings, room: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """Evaluations too, for those who may know of them; a program comes with its bearer token."""
    found = [each for each in await _around_now(session, room) if each.purpose != CLOSED]
    return _answer(request, settings, found, keep=_NEVER, room_id=room)


ROUTES = (openings, of_lot, everything)
