"""Many at once for one slot of one room, on a database that really commits."""

import asyncio

import pytest
from sqlalchemy import text

from tests.factories.projects import make_official
from tests.factories.schedule import book, make_lot, make_room
from tests.integration.projects.conftest import Platform
from trading.kernel.identity import Actor
from trading.projects.types import LotView
from trading.schedule import reads
from trading.schedule.errors import AlreadyBooked, TakenByOpening
from trading.schedule.types import BookingView, RoomView

MANY = 50


async def attempt(platform: Platform, official: Actor, lot: LotView, room: RoomView) -> BookingView | Exception:
    try:
        async with platform.database.transaction() as session:
            return await book(session, official, lot, room.id)
    except (TakenByOpening, AlreadyBooked) as refusal:
        return refusal


async def test_fifty_at_once_for_one_slot_one_has_it_and_the_others_are_told_by_whom_and_until_when(
    platform: Platform,
) -> None:
    async with platform.database.transaction() as session:
        official = await make_official(session)
        room = await make_room(session, official)
        lots = [(await make_lot(session))[0] for _ in range(MANY)]
    outcomes = await asyncio.gather(*(attempt(platform, official, lot, room) for lot in lots))
    (won,) = [outcome for outcome in outcomes if isinstance(outcome, BookingView)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, TakenByOpening)]
    assert len(lost) == MANY - 1
    told = {"room": room.name, "starts": won.starts_at, "ends": won.ends_at, "next": won.ends_at}
    assert all(refusal.params == told for refusal in lost)
    async with platform.database.transaction() as session:
        standing = await reads.bookings_between(session, won.starts_at, won.ends_at, room_id=room.id)
        rows = await session.execute(text("SELECT count(*) FROM bookings WHERE room_id = :id"), {"id": room.id})
        journal = await session.execute(
            text("SELECT count(*) FROM journal_entries WHERE action = 'schedule:booking:made' AND subject = ANY(:of)"),
            {"of": [f"lot:{lot.id}" for lot in lots]},
        )
        assert ([each.id for each in standing], rows.scalar_one(), journal.scalar_one()) == ([won.id], 1, 1)


@pytest.mark.parametrize("rooms", [1, 4])
async def test_one_lot_booked_many_times_at_once_has_one_room(platform: Platform, rooms: int) -> None:
    async with platform.database.transaction() as session:
        official = await make_official(session)
        choices = [await make_room(session, official) for _ in range(rooms)]
        lot, _ = await make_lot(session)
    outcomes = await asyncio.gather(*(attempt(platform, official, lot, choices[index % rooms]) for index in range(20)))
    assert len([outcome for outcome in outcomes if isinstance(outcome, BookingView)]) == 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, AlreadyBooked)]) == 19
    async with platform.database.transaction() as session:
        assert len(await reads.bookings_of(session, f"lot:{lot.id}")) == 1
