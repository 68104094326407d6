"""Lawful dates as rows: fired in due order by platform time, marked late when they are, at the time they really are."""

from datetime import datetime, timedelta
from typing import ClassVar

import psycopg
import pytest
from sqlalchemy import text

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from trading.kernel import timers
from trading.kernel.clock import clock_offset_ms, platform_now
from trading.kernel.db import Database
from trading.kernel.outbox import Event


class BellRung(Event, frozen=True):
    """钟响了."""

    name: ClassVar[str] = "tests.bell_rung"

    number: int


async def set_bell(db: Database, number: int, due: timedelta, *, key: str = "") -> datetime:
    async with db.transaction() as session:
        at = await platform_now(session) + due
        await timers.schedule(session, due_at=at, event=BellRung(number), key=key or f"bell:{number}")
        return at


async def fire(db: Database) -> int:
    async with db.transaction() as session:
        return await timers.fire_due(session)


async def rung(db: Database) -> list[int]:
    async with db.transaction() as session:
        rows = await session.execute(text("SELECT payload FROM outbox ORDER BY id"))
        return [row.payload["number"] for row in rows]


async def fired(db: Database) -> dict[str, tuple[datetime | None, bool | None]]:
    async with db.transaction() as session:
        rows = await session.execute(text("SELECT key, fired_at, late FROM timers"))
        return {row.key: (row.fired_at, row.late) for row in rows}


async def test_only_what_is_due_fires_in_due_order_and_once(db: Database) -> None:
    await set_bell(db, 2, timedelta(seconds=-1))
    await set_bell(db, 1, timedelta(seconds=-2))
    future = await set_bell(db, 3, timedelta(hours=1))
    assert (await fire(db), await fire(db)) == (2, 0)
    assert await rung(db) == [1, 2]
    async with db.transaction() as session:
        assert await timers.next_due(session) == future


async def test_a_late_timer_is_marked_late_with_the_time_it_really_fired(db: Database) -> None:
    due = await set_bell(db, 1, timedelta(hours=-3))
    await set_bell(db, 2, timedelta(seconds=-1))
    await fire(db)
    marks = await fired(db)
    late_at, late = marks["bell:1"]
    assert late
    assert late_at is not None
    assert late_at - due >= timedelta(hours=3)
    assert marks["bell:2"][1] is False


async def test_the_same_key_moves_a_timer_and_an_unfired_one_can_be_cancelled(db: Database) -> None:
    await set_bell(db, 1, timedelta(seconds=-1), key="the bell")
    await set_bell(db, 2, timedelta(hours=1), key="the bell")
    assert await fire(db) == 0
    async with db.transaction() as session:
        await timers.cancel(session, "the bell")
    assert await fired(db) == {}
    await set_bell(db, 3, timedelta(seconds=-1), key="the bell")
    await fire(db)
    async with db.transaction() as session:
        await timers.cancel(session, "the bell")
    assert list(await fired(db)) == ["the bell"]  # what fired stays told


async def test_fact_and_timer_are_committed_together(db: Database) -> None:
    async def killed() -> None:
        async with db.transaction() as session:
            await timers.fire_due(session)
            raise RuntimeError

    await set_bell(db, 1, timedelta(seconds=-1))
    with pytest.raises(RuntimeError):
        await killed()
    assert await rung(db) == []
    assert await fire(db) == 1


async def test_moving_the_demonstration_clock_moves_every_timer(database: DatabaseUrls, db: Database) -> None:
    install(database.owner_dsn)
    await set_bell(db, 1, timedelta(days=20))
    assert await fire(db) == 0
    async with db.transaction() as session:
        await session.execute(text("SELECT demo_move_clock(:ms)"), {"ms": 20 * 86_400_000 + 1000})
    assert await fire(db) == 1
    async with db.transaction() as session:
        await session.execute(text("SELECT demo_move_clock(0)"))
        assert await clock_offset_ms(session) == 20 * 86_400_000 + 1000  # it only grows


def test_nobody_else_moves_the_clock(database: DatabaseUrls) -> None:
    install(database.owner_dsn)
    for address in (database.app_dsn, database.sequencer_dsn):
        with psycopg.connect(address) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE demo_clock SET offset_ms = 0")
    with psycopg.connect(database.sequencer_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT demo_move_clock(1)")
