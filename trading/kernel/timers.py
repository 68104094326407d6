"""Lawful dates as rows: a timer holds an event and the platform instant it falls due; the relay fires it.

Moving the demonstration clock therefore moves everything; broker delays are never used for lawful dates.
"""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.outbox import Event, emit_raw


async def schedule(session: AsyncSession, *, due_at: datetime, event: Event, key: str) -> None:
    """Fire `event` at `due_at`; the same key again moves a timer that has not fired."""
    await session.execute(
        text(
            "INSERT INTO timers (key, due_at, event, payload) VALUES (:key, :due, :event, CAST(:payload AS jsonb)) "
            "ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, event = excluded.event, "
            "payload = excluded.payload, fired_at = NULL"
        ),
        {
            "key": key,
            "due": due_at,
            "event": event.name,
            "payload": msgspec.json.encode(event.payload()).decode(),
        },
    )


async def cancel(session: AsyncSession, key: str) -> None:
    """Take an unfired timer away."""
    await session.execute(text("DELETE FROM timers WHERE key = :key AND fired_at IS NULL"), {"key": key})


async def fire_due(session: AsyncSession, *, limit: int = 50) -> int:
    """Turn due timers into outbox rows, each in due order; a late one is marked late, its time is not invented."""
    now = await platform_now(session)
    rows = (
        await session.execute(
            text(
                "SELECT key, event, payload FROM timers WHERE fired_at IS NULL AND due_at <= :now "
                "ORDER BY due_at, key LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"now": now, "limit": limit},
        )
    ).all()
    for row in rows:
        await emit_raw(session, row.event, row.payload)
        await session.execute(
            text("UPDATE timers SET fired_at = :now, late = :now > due_at + interval '10 seconds' WHERE key = :key"),
            {"now": now, "key": row.key},
        )
    return len(rows)


async def next_due(session: AsyncSession) -> datetime | None:
    """The earliest unfired instant, which a move of the demonstration clock must not jump over."""
    value: datetime | None = (
        await session.execute(text("SELECT min(due_at) FROM timers WHERE fired_at IS NULL"))
    ).scalar_one()
    return value
