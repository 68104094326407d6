"""Keeping rooms: what they are, when they may be used, and when they are closed (停用)."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.schedule import entries, reads
from trading.schedule.errors import CONFLICTS, BookingUnknown, RoomNameTaken
from trading.schedule.forms import ClosedPeriodForm, RoomForm
from trading.schedule.models import BookingRow, RoomHoursRow, RoomRow
from trading.schedule.rights import demand_keeper
from trading.schedule.rules import CLOSED, Hours, Span
from trading.schedule.types import RoomView


async def add_room(session: AsyncSession, actor: Actor, *, form: RoomForm) -> RoomView:
    """A room that can be booked from now on."""
    demand_keeper(actor)
    hours = _hours(form)
    await _demand_free_name(session, form, None)
    row = RoomRow(id=new_id(), **_facts(form))
    session.add(row)
    await session.flush()
    await _keep_hours(session, row.id, hours)
    await append(session, actor, entries.ROOM_ADDED, subject=f"room:{row.id}", payload=_told(form, hours))
    return await reads.room(session, row.id)


async def change_room(session: AsyncSession, actor: Actor, *, room_id: UUID, form: RoomForm) -> RoomView:
    """Other facts or hours; what is booked already stays as it is."""
    demand_keeper(actor)
    hours = _hours(form)
    await lock(session, f"room:{room_id}")
    await reads.room(session, room_id)
    await _demand_free_name(session, form, room_id)
    row = await session.get_one(RoomRow, room_id)
    for name, value in _facts(form).items():
        setattr(row, name, value)
    await _keep_hours(session, room_id, hours)
    await append(session, actor, entries.ROOM_CHANGED, subject=f"room:{room_id}", payload=_told(form, hours))
    return await reads.room(session, room_id)


async def close_room(session: AsyncSession, actor: Actor, *, room_id: UUID, form: ClosedPeriodForm) -> UUID:
    """Keep a room shut for a span of time; what is booked in it has to be moved first."""
    demand_keeper(actor)
    if form.ends_at <= form.starts_at:
        raise Invalid({"ends_at": FieldProblem("schedule.ends_before_start")})
    await lock(session, f"room:{room_id}")
    room = await reads.room(session, room_id)
    now = await platform_now(session)
    if form.ends_at <= now:
        raise Invalid({"ends_at": FieldProblem("schedule.closed_past")})
    span = Span(form.starts_at, form.ends_at)
    in_the_way = [
        each for each in await reads.taken(session, form.starts_at) if each.room_id == room_id and each.span.meets(span)
    ]
    if in_the_way:
        first = min(in_the_way, key=lambda each: each.span.starts_at)
        code = "schedule.closed" if first.purpose == CLOSED else f"schedule.taken_by_{first.purpose}"
        after = max(each.span.ends_at for each in in_the_way)
        raise CONFLICTS[code](
            room=room.name, starts=first.span.starts_at, ends=first.span.ends_at, reason=first.reason, next=after
        )
    booking_id = new_id()
    entry_id = await append(
        session,
        actor,
        entries.ROOM_CLOSED,
        subject=f"room:{room_id}",
        payload={
            "booking": str(booking_id),
            "from": rfc3339(form.starts_at),
            "until": rfc3339(form.ends_at),
            "reason": form.reason,
        },
        at=now,
    )
    session.add(
        BookingRow(
            id=booking_id,
            room_id=room_id,
            subject_kind="room",
            subject_id=room_id,
            purpose=CLOSED,
            sitting_id=booking_id,
            org_ids=[],
            during=Range(form.starts_at, form.ends_at),
            state="booked",
            sequence=0,
            former_rooms=[],
            reason=form.reason,
            booked_by=actor.person_id,
            booked_at=now,
            changed_at=now,
            entry_id=entry_id,
        )
    )
    await session.flush()
    return booking_id


async def reopen_room(session: AsyncSession, actor: Actor, *, room_id: UUID, period_id: UUID, reason: str) -> None:
    """End a closed period before its time."""
    demand_keeper(actor)
    await lock(session, f"room:{room_id}")
    row = await session.get(BookingRow, period_id, with_for_update=True, populate_existing=True)
    if row is None or row.purpose != CLOSED or row.room_id != room_id or row.state != "booked":
        raise BookingUnknown
    now = await platform_now(session)
    row.entry_id = await append(
        session,
        actor,
        entries.ROOM_REOPENED,
        subject=f"room:{room_id}",
        payload={"booking": str(period_id), "reason": reason},
        at=now,
    )
    row.state, row.sequence, row.changed_at = "cancelled", row.sequence + 1, now
    await session.flush()


def _facts(form: RoomForm) -> dict[str, Any]:
    return {
        "name": form.name,
        "site": form.site,
        "seats": form.seats,
        "equipment": form.equipment or "",
        "purposes": sorted(set(form.purposes)),
    }


def _hours(form: RoomForm) -> tuple[Hours, ...]:
    """The weekdays filled in; each once, each with an end after its start."""
    problems: dict[str, FieldProblem] = {}
    found: dict[int, Hours] = {}
    for index, each in enumerate(form.hours):
        if each.opens is None and each.closes is None:
            continue
        if each.opens is None or each.closes is None or each.closes <= each.opens:
            problems[f"hours.{index}.closes"] = FieldProblem("schedule.ends_before_start")
            continue
        if each.weekday in found:
            problems[f"hours.{index}.weekday"] = FieldProblem("web.bad_choice")
        found[each.weekday] = Hours(each.weekday, dt.time.fromisoformat(each.opens), dt.time.fromisoformat(each.closes))
    if not found and not problems:
        problems["hours.0.opens"] = FieldProblem("web.required")
    if problems:
        raise Invalid(problems)
    return tuple(found[weekday] for weekday in sorted(found))


async def _keep_hours(session: AsyncSession, room_id: UUID, hours: tuple[Hours, ...]) -> None:
    await session.execute(delete(RoomHoursRow).where(RoomHoursRow.room_id == room_id))
    session.add_all(
        RoomHoursRow(room_id=room_id, weekday=each.weekday, opens=each.opens, closes=each.closes) for each in hours
    )
    await session.flush()


async def _demand_free_name(session: AsyncSession, form: RoomForm, room_id: UUID | None) -> None:
    known = await session.scalar(select(RoomRow.id).where(RoomRow.site == form.site, RoomRow.name == form.name))
    if known is not None and known != room_id:
        raise RoomNameTaken(name=form.name, site=form.site)


def _told(form: RoomForm, hours: tuple[Hours, ...]) -> dict[str, Any]:
    return _facts(form) | {
        "hours": [{"weekday": h.weekday, "opens": f"{h.opens:%H:%M}", "closes": f"{h.closes:%H:%M}"} for h in hours]
    }
