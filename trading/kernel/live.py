"""Live pages: event rows numbered per stream under that stream's lock, one LISTEN a process, resume by number.

A viewer holds no queue: a notice only wakes it, and it reads the rows after its last number, so a slow viewer
conflates by itself and a reconnect (Last-Event-ID) has no gap.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.db import KEEPALIVE, Database
from trading.kernel.locks import lock

_RECHECK_SECONDS = 3.0  # an ended session is cut off within five (R51)


class LiveEvent(msgspec.Struct, frozen=True):
    """One numbered event of a stream."""

    seq: int
    kind: str
    data: dict[str, Any]


async def publish(session: AsyncSession, stream: str, kind: str, data: dict[str, Any]) -> int:
    """Append an event in the caller's transaction; numbers follow commit order because the lock is held to its end."""
    await lock(session, f"live:{stream}")
    seq = (
        await session.execute(
            text(
                "INSERT INTO live_events (stream, seq, kind, data) "
                "SELECT :stream, coalesce(max(seq), 0) + 1, :kind, CAST(:data AS jsonb) "
                "FROM live_events WHERE stream = :stream RETURNING seq"
            ),
            {"stream": stream, "kind": kind, "data": msgspec.json.encode(data).decode()},
        )
    ).scalar_one()
    await session.execute(text("SELECT pg_notify('trading_live', :stream)"), {"stream": stream})
    return int(seq)


async def read(session: AsyncSession, stream: str, after: int, limit: int = 200) -> list[LiveEvent]:
    """Events of a stream after a number."""
    rows = await session.execute(
        text(
            "SELECT seq, kind, data FROM live_events WHERE stream = :stream AND seq > :after ORDER BY seq LIMIT :limit"
        ),
        {"stream": stream, "after": after, "limit": limit},
    )
    return [LiveEvent(seq=row.seq, kind=row.kind, data=row.data) for row in rows]


class LiveHub:
    """One LISTEN connection for the process; wakes the viewers of a stream."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._viewers: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._letting_go = False

    async def start(self) -> None:
        """Begin listening; a database that is slow to answer is not waited for long."""
        self._task = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), _RECHECK_SECONDS)

    async def stop(self) -> None:
        """End listening and let every viewer go."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def let_go(self) -> None:
        """End every stream, because this process is about to end; the viewers find another and resume there."""
        self._letting_go = True
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._database.address, autocommit=True, **KEEPALIVE
                ) as conn:
                    await conn.execute("LISTEN trading_live")
                    self._listening.set()
                    for viewers in self._viewers.values():  # what was missed while not listening
                        for viewer in viewers:
                            viewer.set()
                    async for notice in conn.notifies():
                        for viewer in self._viewers.get(notice.payload, ()):
                            viewer.set()
            except psycopg.OperationalError:
                await asyncio.sleep(1)

    async def follow(self, stream: str, after: int) -> AsyncIterator[LiveEvent | None]:
        """Events after a number, for ever; None is a heartbeat, at which the caller re-checks the session."""
        wake = asyncio.Event()
        self._viewers.setdefault(stream, set()).add(wake)
        try:
            while not self._letting_go:
                wake.clear()
                async with self._database.transaction() as session:
                    events = await read(session, stream, after)
                for event in events:
                    after = event.seq
                    yield event
                if not events:
                    yield None
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(wake.wait(), _RECHECK_SECONDS)
        finally:
            self._viewers[stream].discard(wake)
            if not self._viewers[stream]:
                del self._viewers[stream]
