"""Rooms and bookings for tests."""

import secrets
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.projects import make_project
from trading.kernel.identity import Actor
from trading.projects.types import LotView
from trading.schedule import service
from trading.schedule.forms import BookingForm, HoursForm, RoomForm
from trading.schedule.types import BookingView, RoomView

ALL_WEEK = tuple(HoursForm(weekday, "08:30", "17:30") for weekday in range(1, 8))


async def make_room(session: AsyncSession, official: Actor, *purposes: str, **changes: object) -> RoomView:
    facts: dict[str, object] = {
        "name": f"{secrets.token_hex(2)}室",
        "site": "市民中心三楼",
        "seats": 40,
        "purposes": purposes or ("opening",),
        "hours": ALL_WEEK,
    }
    return await service.add_room(session, official, form=RoomForm(**facts | changes))  # type: ignore[arg-type]


async def make_lot(session: AsyncSession, tenderer: Actor | None = None, **changes: object) -> tuple[LotView, Actor]:
    """The lot of a project that is registered; needs an official before."""
    project, owner = await make_project(session, tenderer, **changes)
    return project.lots[0], owner


async def book(
    session: AsyncSession, official: Actor, lot: LotView, room_id: UUID, purpose: str = "opening", **changes: object
) -> BookingView:
    facts = {"room_id": room_id, "minutes": 90, "confirm_provisional": True} | changes
    form = BookingForm(**facts)  # type: ignore[arg-type]
    return await service.book(session, official, subject=f"lot:{lot.id}", purpose=purpose, form=form)
