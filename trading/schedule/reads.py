"""Questions about rooms and bookings; who may see an answer is the caller's question (`rights.sees`)."""

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from trading.projects import reads as projects
from trading.records.types import split_subject
from trading.schedule.errors import BookingUnknown, RoomUnknown
from trading.schedule.models import BookingRow, RoomHoursRow, RoomRow
from trading.schedule.rules import CLOSED, Hours, Span, Taken
from trading.schedule.types import BookingView, RoomView

_STANDING = BookingRow.state == "booked"


async def rooms(session: AsyncSession, purpose: str = "") -> tuple[RoomView, ...]:
    """Every room, or those for one purpose, by site and name."""
    query = select(RoomRow).order_by(RoomRow.site, RoomRow.name).execution_options(populate_existing=True)
    if purpose:
        query = query.where(RoomRow.purposes.any_() == purpose)
    hours: dict[UUID, list[Hours]] = {}
    for row in await session.scalars(select(RoomHoursRow).order_by(RoomHoursRow.weekday)):
        hours.setdefault(row.room_id, []).append(Hours(row.weekday, row.opens, row.closes))
    return tuple(_room(row, hours.get(row.id, [])) for row in await session.scalars(query))


def _room(row: RoomRow, hours: Sequence[Hours]) -> RoomView:
    return RoomView(
        id=row.id,
        name=row.name,
        site=row.site,
        seats=row.seats,
        equipment=row.equipment,
        purposes=tuple(row.purposes),
        hours=tuple(hours),
    )


async def room(session: AsyncSession, room_id: UUID) -> RoomView:
    """One room."""
    found = next((each for each in await rooms(session) if each.id == room_id), None)
    if found is None:
        raise RoomUnknown
    return found


async def bookings_of(session: AsyncSession, subject: str) -> tuple[BookingView, ...]:
    """The standing bookings of a subject (`lot:…`), in order of time. Evaluations among them are confidential."""
    kind, subject_id = split_subject(subject)
    return await _views(
        session,
        _bookings().where(BookingRow.subject_kind == kind, BookingRow.subject_id == subject_id, _STANDING),
    )


async def opening_of(session: AsyncSession, lot_id: UUID) -> BookingView | None:
    """Where a lot is opened: its standing booking, if it begins at the deadline as the law demands."""
    found = (each for each in await bookings_of(session, f"lot:{lot_id}") if each.purpose == "opening")
    return next((each for each in found if not each.astray), None)


async def openings_of(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, BookingView]:
    """The same for several lots; one without such a booking is left out."""
    if not lot_ids:
        return {}
    here = (BookingRow.subject_kind == "lot", BookingRow.subject_id.in_(lot_ids), BookingRow.purpose == "opening")
    found = await _views(session, _bookings().where(*here, _STANDING))
    return {split_subject(each.subject)[1]: each for each in reversed(found) if not each.astray}


async def bookings_between(
    session: AsyncSession,
    start: dt.datetime,
    end: dt.datetime,
    *,
    room_id: UUID | None = None,
    with_cancelled: bool = False,
) -> tuple[BookingView, ...]:
    """What takes place or is closed in a span of time; with `with_cancelled` also what once stood or was there."""
    query = _bookings().where(BookingRow.during.overlaps(Range(start, end)))
    if not with_cancelled:
        query = query.where(_STANDING)
    if room_id:
        here = BookingRow.room_id == room_id
        query = query.where(or_(here, BookingRow.former_rooms.any_() == room_id) if with_cancelled else here)
    return await _views(session, query)


async def bookings_of_all_times(session: AsyncSession, subject: str) -> tuple[BookingView, ...]:
    """A subject's bookings, the cancelled ones too."""
    kind, subject_id = split_subject(subject)
    return await _views(
        session, _bookings().where(BookingRow.subject_kind == kind, BookingRow.subject_id == subject_id)
    )


async def closed_periods(session: AsyncSession, room_id: UUID, since: dt.datetime) -> tuple[BookingView, ...]:
    """When a room is closed, from now on."""
    return await _views(
        session,
        _bookings().where(
            BookingRow.room_id == room_id,
            BookingRow.purpose == CLOSED,
            _STANDING,
            func.upper(BookingRow.during) > since,
        ),
    )


async def booking(session: AsyncSession, booking_id: UUID) -> BookingView:
    """One booking, whatever its state."""
    found = await _views(session, _bookings().where(BookingRow.id == booking_id))
    if not found:
        raise BookingUnknown
    return found[0]


async def taken(
    session: AsyncSession, since: dt.datetime, *, besides: UUID | None = None, sitting_id: UUID | None = None
) -> tuple[Taken, ...]:
    """Every span in which some room is used or closed, without one booking that is moved and its own sitting."""
    query = select(BookingRow).where(_STANDING, func.upper(BookingRow.during) > since)
    if besides:
        query = query.where(BookingRow.id != besides)
    if sitting_id:
        query = query.where(BookingRow.sitting_id != sitting_id)
    return tuple(_taken(row) for row in await session.scalars(query))


async def people_elsewhere(
    session: AsyncSession,
    since: dt.datetime,
    org_ids: Collection[UUID],
    *,
    besides: UUID | None = None,
    sitting_id: UUID | None = None,
) -> tuple[Taken, ...]:
    """Spans in which people of these organisations attend something else."""
    query = select(BookingRow).where(
        _STANDING, func.upper(BookingRow.during) > since, BookingRow.org_ids.overlap(list(org_ids))
    )
    if besides:
        query = query.where(BookingRow.id != besides)
    if sitting_id:
        query = query.where(BookingRow.sitting_id != sitting_id)
    return tuple(_taken(row) for row in await session.scalars(query))


def _taken(row: BookingRow) -> Taken:
    return Taken(_span(row), row.purpose, row.room_id, row.reason or "" if row.purpose == CLOSED else "")


def _span(row: BookingRow) -> Span:
    assert row.during.lower is not None
    assert row.during.upper is not None
    return Span(row.during.lower.astimezone(dt.UTC), row.during.upper.astimezone(dt.UTC))


def _bookings() -> Select[BookingRow, RoomRow]:
    return (
        select(BookingRow, RoomRow)
        .join(RoomRow, and_(RoomRow.id == BookingRow.room_id))
        .order_by(func.lower(BookingRow.during), RoomRow.site, RoomRow.name, BookingRow.id)
    )


async def _views(session: AsyncSession, query: Select[BookingRow, RoomRow]) -> tuple[BookingView, ...]:
    rows = (await session.execute(query.execution_options(populate_existing=True))).all()
    lots = await projects.lots_by_id(session, {row.subject_id for row, _ in rows if row.subject_kind == "lot"})
    views = []
    for row, place in rows:
        lot = lots.get(row.subject_id)
        span = _span(row)
        opening = row.purpose == "opening" and lot is not None
        views.append(
            BookingView(
                id=row.id,
                room_id=row.room_id,
                room_name=place.name,
                site=place.site,
                purpose=row.purpose,
                subject=f"{row.subject_kind}:{row.subject_id}",
                starts_at=span.starts_at,
                ends_at=span.ends_at,
                state=row.state,
                sequence=row.sequence,
                title=f"{lot.project_name} {lot.name}" if lot else "",
                is_public=row.purpose == CLOSED or (opening and lot is not None and lot.is_public),
                org_ids=tuple(row.org_ids),
                deadline_at=lot.deadline_at if opening and lot else None,
                reason=row.reason or "",
                booked_at=row.booked_at,
                changed_at=row.changed_at,
                former_rooms=tuple(row.former_rooms),
            )
        )
    return tuple(views)
