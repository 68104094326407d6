"""What was handed to the broker and not done is handed on again: a broker can lose what it took.

The outbox knows what was handed on, the inbox what was done; the difference, once it is old, goes out again, at growing
intervals. What was merely slow costs nothing: whoever comes second finds it in the inbox. So a queue needs no backup.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.outbox import Enqueue, delivery_id

FIRST_SECONDS, LONGEST_SECONDS = 600.0, 3600.0
_BATCH = 2000
_NONE = UUID(int=0)
# Ids are not commit order: a row may appear below what was read, though no later than the longest task lasts.
_ROWS = text(
    "SELECT id, event, payload, extract(epoch FROM clock_timestamp() - sent_at)::float AS age, "
    "created_at < clock_timestamp() - interval '2 hours' AS settled "
    "FROM outbox WHERE id > :after ORDER BY id LIMIT :limit"
)
_AGAIN = text("SELECT id, event, payload FROM outbox WHERE id = ANY(:ids)")
_DONE = text("SELECT consumer, message_id FROM inbox WHERE message_id = ANY(:ids)")


class Redelivery:
    """One process's walk through the outbox; what it remembers may be forgotten at any time."""

    def __init__(self, *, first: float = FIRST_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        self._first, self._longest = first, longest
        self._after = _NONE
        self._owed: set[UUID] = set()
        self._pauses: dict[UUID, tuple[float, float]] = {}
        self.more = True
        """Whether the walk has rows before it that can be looked at at once."""

    async def step(self, session: AsyncSession, wiring: Mapping[str, Sequence[str]], enqueue: Enqueue) -> int:
        """Look at the next rows, and again at those still owed; returns how many deliveries went out again."""
        rows = (await session.execute(_ROWS, {"after": self._after, "limit": _BATCH})).all()
        owed = {row.id: row for row in (await session.execute(_AGAIN, {"ids": list(self._owed)})).all()}
        overdue = {row.id for row in rows if row.age is not None and row.age >= self._first}
        deliveries = {
            delivery_id(row.id, name): (name, row)
            for row in (*owed.values(), *(row for row in rows if row.id in overdue))
            for name in wiring.get(row.event, ())
        }
        done = {(row.consumer, row.message_id) for row in await session.execute(_DONE, {"ids": list(deliveries)})}
        missing = {key: found for key, found in deliveries.items() if (found[0], key) not in done}
        self._owed = {row.id for _, row in missing.values()}
        self._pauses = {key: pause for key, pause in self._pauses.items() if key in missing}
        for row in rows:
            if not row.settled:
                break
            self._after = row.id
        self.more = len(rows) == _BATCH and self._after == rows[-1].id
        return await self._send(missing, enqueue)

    async def _send(self, missing: Mapping[UUID, tuple[str, Any]], enqueue: Enqueue) -> int:
        sent, now = 0, monotonic()
        for key, (name, row) in missing.items():
            due, pause = self._pauses.get(key, (now, self._first))
            if due <= now:
                await enqueue(name, key, row.payload)
                self._pauses[key] = (now + pause, min(2 * pause, self._longest))
                sent += 1
        return sent
