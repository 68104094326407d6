"""The demonstration clock: an offset that only grows, in a database made for demonstrations and nowhere else.

A move does not jump over what must happen on the way: it halts at each due timer, and at the end of each blind slot
with a receipt outstanding, until the relay has acted and the witnesses have cosigned (architecture §6).
"""

import asyncio
from datetime import datetime, timedelta
from time import monotonic

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.wiring import WIRING
from trading.kernel.clock import platform_now
from trading.kernel.db import Database
from trading.kernel.errors import Refused, Unavailable
from trading.kernel.journal.blind_streams import next_promise
from trading.kernel.journal.reads import caught_up
from trading.kernel.outbox import delivery_id
from trading.kernel.timers import next_due

_INSTALL = """
CREATE TABLE demo_clock (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  offset_ms bigint NOT NULL DEFAULT 0
);
INSERT INTO demo_clock DEFAULT VALUES;
GRANT SELECT ON demo_clock TO trading_app, trading_sequencer;
CREATE OR REPLACE FUNCTION platform_offset_ms() RETURNS bigint LANGUAGE sql STABLE
  AS 'SELECT offset_ms FROM demo_clock';
CREATE FUNCTION demo_move_clock(wanted bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public
  AS 'UPDATE demo_clock SET offset_ms = greatest(offset_ms, wanted) RETURNING offset_ms';
REVOKE ALL ON FUNCTION demo_move_clock(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION demo_move_clock(bigint) TO trading_app;
"""

_SETTLE_SECONDS = 90.0


class ClockBackwards(Refused):
    """The demonstration clock only goes forward."""

    code = "portal.clock_backwards"


class ClockStuck(Unavailable):
    """What falls due on the way did not finish in time; the relay, worker or witness may not be running."""

    code = "portal.clock_stuck"


def install(owner_address: str) -> None:
    """Give a database the demonstration clock, once; its owner does it, before anything is served."""
    with psycopg.connect(owner_address) as connection:
        row = connection.execute("SELECT to_regclass('demo_clock')").fetchone()
        if row is None or row[0] is None:
            connection.execute(_INSTALL)


async def _settled(session: AsyncSession) -> bool:
    """Everything committed so far has been acted on, sequenced and cosigned, and no sealed-off slot waits."""
    due = await next_due(session)
    if due is not None and due <= await platform_now(session):
        return False
    sent = (await session.execute(text("SELECT id, event, sent_at FROM outbox"))).all()
    if any(row.sent_at is None for row in sent):
        return False
    tasks = {event.name: names for event, names in WIRING.items()}
    expected = {(name, delivery_id(row.id, name)) for row in sent for name in tasks.get(row.event, ())}
    done = {
        (row.consumer, row.message_id) for row in await session.execute(text("SELECT consumer, message_id FROM inbox"))
    }
    if expected - done:
        return False
    return await caught_up(session)


async def wait_until_settled(database: Database, seconds: float = _SETTLE_SECONDS) -> None:
    """Wait for relay, worker, sequencer and witness to catch up."""
    limit = monotonic() + seconds
    while True:
        async with database.transaction() as session:
            if await _settled(session):
                return
        if monotonic() > limit:
            raise ClockStuck
        await asyncio.sleep(0.1)


async def move_to(database: Database, target: datetime) -> datetime:
    """Move to an instant, halting on the way; returns the platform's time after the move."""
    async with database.transaction() as session:
        if target < await platform_now(session):
            raise ClockBackwards
    while True:
        await wait_until_settled(database)
        async with database.transaction() as session:
            now = await platform_now(session)
            stops = [target, await next_due(session), await next_promise(session)]
            stop = min(instant for instant in stops if instant is not None)
            if stop > now:
                await session.execute(
                    text("SELECT demo_move_clock(platform_offset_ms() + :ms)"),
                    {"ms": (stop - now) // timedelta(milliseconds=1) + 1},
                )
        if stop >= target:
            await wait_until_settled(database)
            async with database.transaction() as session:
                return await platform_now(session)
