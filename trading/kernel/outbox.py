"""Facts that others act on: one outbox row in the transaction that makes the fact, delivered at least once, done once.

There is no in-process bus: `portal/wiring.py` says which tasks an event starts, the relay hands them to the broker,
and the inbox stops a second delivery (architecture §4).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, Self
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.ids import new_id

Enqueue = Callable[[str, UUID, dict[str, object]], Awaitable[None]]


class Event(msgspec.Struct, frozen=True):
    """A past-tense fact with a version; subclasses set `name` (`pkg.happened`)."""

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    registry: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.name:
            Event.registry[cls.name] = cls

    def payload(self) -> dict[str, object]:
        """Plain JSON values."""
        data: dict[str, object] = msgspec.to_builtins(self)
        return {**data, "_version": self.version}

    @classmethod
    def parse(cls, payload: Mapping[str, object]) -> Self:
        """The fact again, from its payload."""
        return msgspec.convert({k: v for k, v in payload.items() if k != "_version"}, cls, strict=False)


async def emit(session: AsyncSession, event: Event) -> UUID:
    """Write the fact beside what made it; delivered after the commit."""
    return await emit_raw(session, event.name, event.payload())


async def emit_raw(session: AsyncSession, name: str, payload: Mapping[str, object]) -> UUID:
    """`emit` for a fact stored as name and payload (timers)."""
    message_id = new_id()
    await session.execute(
        text("INSERT INTO outbox (id, event, payload) VALUES (:id, :event, CAST(:payload AS jsonb))"),
        {"id": message_id, "event": name, "payload": msgspec.json.encode(payload).decode()},
    )
    await session.execute(text("SELECT pg_notify('trading_outbox', '')"))
    return message_id


def delivery_id(message: UUID, task: str) -> UUID:
    """The same for the same message and task, however often it is handed on."""
    return uuid5(NAMESPACE_OID, f"{message}/{task}")


async def deliver(
    session: AsyncSession, wiring: Mapping[str, Sequence[str]], enqueue: Enqueue, *, limit: int = 100
) -> int:
    """Hand waiting rows to the broker: SKIP LOCKED, never "id > last", because ids are not commit order."""
    rows = (
        await session.execute(
            text(
                "SELECT id, event, payload FROM outbox WHERE sent_at IS NULL "
                "ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"limit": limit},
        )
    ).all()
    for row in rows:
        for task in wiring[row.event]:
            await enqueue(task, delivery_id(row.id, task), row.payload)
    if rows:
        await session.execute(
            text("UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY(:ids)"),
            {"ids": [row.id for row in rows]},
        )
    return len(rows)


async def first_time(session: AsyncSession, consumer: str, message_id: UUID) -> bool:
    """Note the delivery in the transaction of its effect; False when it was done before."""
    result = await session.execute(
        text(
            "INSERT INTO inbox (consumer, message_id) VALUES (:consumer, :id) "
            "ON CONFLICT DO NOTHING RETURNING message_id"
        ),
        {"consumer": consumer, "id": message_id},
    )
    return result.first() is not None


async def backlog(session: AsyncSession) -> int:
    """Messages not yet handed on: the demonstration clock waits for zero."""
    return int((await session.execute(text("SELECT count(*) FROM outbox WHERE sent_at IS NULL"))).scalar_one())
