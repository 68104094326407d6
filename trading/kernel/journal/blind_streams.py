"""Blind streams in the database: opened, written to in silence, sealed slot by slot, opened for all.

Whoever appends holds the stream's lock shared and sealing takes it exclusively, so what was decided within a
slot is in it, and nothing joins a slot that was sealed. The lock's name and the lengths are the caller's.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.clock import platform_now
from trading.kernel.errors import NotFound, Refused
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import JOURNAL, Action, actor_value, insert_entries
from trading.kernel.journal.blind import MERGE, SLOT_SEALED, BlindEntry, SlotOpening, slot_payload
from trading.kernel.journal.entry import make_entry
from trading.kernel.journal.schedule import Schedule, Timeline, parse_timeline
from trading.kernel.locks import lock

SEALED = Action(SLOT_SEALED, "kernel")
_MOST_AT_ONCE = 1000
_PATIENCE_MS = 20_000


class BlindStreamOver(Refused):
    """Nothing can join the stream now: it has not opened, or its last slot is sealed."""

    code = "kernel.blind_stream_over"


class SlotsUnsealed(Refused):
    """A stream is opened whole, after its last slot is sealed."""

    code = "kernel.slots_unsealed"


class BlindStream(NamedTuple):
    """`sealed` is how many slots no entry can join any more."""

    id: UUID
    subject: str
    lock_name: str
    timeline: Timeline
    sealed: int


class BlindReceipt(NamedTuple):
    """What the platform promises about an entry; `leaf` is its hash in the slot's tree, `salt` opens it."""

    stream_id: UUID
    slot: int
    leaf: bytes
    salt: bytes
    body: bytes
    merge_by: datetime


async def open_stream(
    session: AsyncSession,
    subject: str,
    opens_at: datetime,
    closes_at: datetime,
    *,
    lock_name: str,
    **lengths: timedelta,
) -> BlindStream:
    """A stream for `subject`, one for ever; `lengths` are those of `Schedule`."""
    timeline = Timeline([Schedule(opens_at, closes_at, **lengths)])
    stream = BlindStream(new_id(), subject, lock_name, timeline, 0)
    await session.execute(
        _OPEN,
        {
            "id": stream.id,
            "subject": subject,
            "lock_name": lock_name,
            "timeline": _json(timeline),
            "next_end": timeline.bounds(0)[1],
        },
    )
    return stream


async def find_stream(session: AsyncSession, subject: str) -> BlindStream:
    """The stream of a subject."""
    return _stream((await session.execute(_FIND, {"subject": subject})).one_or_none())


async def extend_stream(session: AsyncSession, stream_id: UUID, closes_at: datetime) -> BlindStream:
    """Close later than announced; promises made so far stay as they were."""
    stream = await _locked(session, stream_id, shared=False)
    now = await platform_now(session)
    if stream.timeline.slot_at(now) is None:
        raise BlindStreamOver
    timeline = stream.timeline.extended(now, closes_at)
    parameters = {"id": stream.id, "timeline": _json(timeline), "next_end": timeline.bounds(stream.sealed)[1]}
    await session.execute(_EXTEND, parameters)
    return stream._replace(timeline=timeline)


async def append_blind(
    session: AsyncSession, stream_id: UUID, body: bytes, *, at: datetime | None = None
) -> BlindReceipt:
    """Put canonical JSON into the slot of `at`, read under the stream's lock; shows nobody that it happened.

    The caller has usually taken the lock shared before it asked for the time and decided; it is taken here as well.
    """
    stream = await _locked(session, stream_id, shared=True)
    return await append_held(session, stream, body, at=at or await platform_now(session))


async def append_held(session: AsyncSession, stream: BlindStream, body: bytes, *, at: datetime) -> BlindReceipt:
    """The same in one statement, for a caller who holds the lock and has read stream and time after taking it."""
    parse_canonical(body)
    slot = stream.timeline.slot_at(at)
    if slot is None or slot < stream.sealed:
        raise BlindStreamOver
    entry = BlindEntry(os.urandom(32), body)
    end = stream.timeline.bounds(slot)[1]
    await session.execute(
        _APPEND,
        {"leaf": entry.leaf, "id": stream.id, "slot": slot, "slot_end": end, "salt": entry.salt, "body": body},
    )
    return BlindReceipt(stream.id, slot, entry.leaf, entry.salt, body, end + MERGE)


async def hold_running(session: AsyncSession, kind: str) -> list[BlindStream]:
    """Every running stream of subjects of a kind, their locks held shared.

    For entries whose stream the caller must not learn, which the database puts in by itself.
    """
    found = (await session.execute(_RUNNING, {"kind": f"{kind}:%"})).all()
    await lock(session, *{row.lock_name for row in found}, shared=True, timeout_ms=_PATIENCE_MS)
    again = await session.execute(_RUNNING, {"kind": f"{kind}:%"})  # what was sealed while we waited is over
    held = {row.id for row in found}
    return [_stream(row) for row in again if row.id in held]


async def seal_slots(session: AsyncSession, stream_id: UUID) -> int:
    """Seal, under the exclusive lock, every slot of a stream that is over; returns how many (1,000 at most)."""
    stream = await _locked(session, stream_id, shared=False)
    now = await platform_now(session)
    over = min(stream.timeline.over(now), stream.sealed + _MOST_AT_ONCE)
    slots = range(stream.sealed, over)
    if not slots:
        return 0
    held: dict[int, list[BlindEntry]] = {}
    for row in await session.execute(_ENTRIES, {"id": stream.id, "first": slots.start, "last": slots.stop - 1}):
        held.setdefault(row.slot, []).append(BlindEntry(row.salt, row.body))
    entries, seeds = [], []
    for slot in slots:
        opening = SlotOpening(slot, os.urandom(32), tuple(held.get(slot, ())))
        payload = slot_payload(stream.timeline, slot, opening.seal)
        # The sealer is the platform itself: its commitment keeps all entries alike and need never be opened.
        entry, _ = make_entry(
            new_id(),
            now,
            SEALED.name,
            subject=stream.subject,
            actor=actor_value(JOURNAL),
            payload=payload,
            secret={},
        )
        entries.append(entry)
        seeds.append(opening.seed)
    await insert_entries(session, entries, {})
    await session.execute(
        _SEAL, {"id": stream.id, "slots": list(slots), "seeds": seeds, "entries": [entry.id for entry in entries]}
    )
    next_end = stream.timeline.bounds(over)[1] if over < stream.timeline.count else None
    await session.execute(_ADVANCE, {"id": stream.id, "sealed": over, "next_end": next_end})
    return len(entries)


async def seal_due_slots(session: AsyncSession) -> int:
    """Seal what is over in the stream that waits longest, so that a transaction holds one stream's lock only."""
    stream_id = (await session.execute(_DUE)).scalar_one_or_none()
    return await seal_slots(session, stream_id) if stream_id else 0


async def open_all(session: AsyncSession, stream_id: UUID) -> list[SlotOpening]:
    """Every slot with its seed and entries, for closing and for evidence."""
    stream = _stream((await session.execute(_GET, {"id": stream_id})).one_or_none())
    if stream.sealed < stream.timeline.count:
        raise SlotsUnsealed
    held: dict[int, list[BlindEntry]] = {}
    for row in await session.execute(_ENTRIES, {"id": stream.id, "first": 0, "last": stream.sealed}):
        held.setdefault(row.slot, []).append(BlindEntry(row.salt, row.body))
    rows = await session.execute(_SLOTS, {"id": stream.id})
    return [SlotOpening(row.slot, row.seed, tuple(held.get(row.slot, ()))) for row in rows]


async def next_promise(session: AsyncSession) -> datetime | None:
    """The earliest end of an unsealed slot that holds something: where a moved clock must halt."""
    instant: datetime | None = (await session.execute(_NEXT_PROMISE)).scalar_one()
    return instant


async def _locked(session: AsyncSession, stream_id: UUID, *, shared: bool) -> BlindStream:
    """The stream as it is once its lock is held."""
    name = (await session.execute(_LOCK_NAME, {"id": stream_id})).scalar_one_or_none()
    if name is None:
        raise NotFound
    await lock(session, name, shared=shared)
    return _stream((await session.execute(_GET, {"id": stream_id})).one_or_none())


def _stream(row: Row[Any] | None) -> BlindStream:
    if row is None:
        raise NotFound
    return BlindStream(row.id, row.subject, row.lock_name, parse_timeline(row.timeline), row.sealed)


def _json(timeline: Timeline) -> str:
    return canonical(timeline.to_json()).decode()


_OPEN = text(
    "INSERT INTO blind_streams (id, subject, lock_name, timeline, next_end) "
    "VALUES (:id, :subject, :lock_name, CAST(:timeline AS jsonb), :next_end)"
)
_GET = text("SELECT id, subject, lock_name, timeline, sealed FROM blind_streams WHERE id = :id")
_FIND = text("SELECT id, subject, lock_name, timeline, sealed FROM blind_streams WHERE subject = :subject")
_RUNNING = text(
    "SELECT id, subject, lock_name, timeline, sealed FROM blind_streams "
    "WHERE next_end IS NOT NULL AND subject LIKE :kind ORDER BY id"
)
_LOCK_NAME = text("SELECT lock_name FROM blind_streams WHERE id = :id")
_EXTEND = text("UPDATE blind_streams SET timeline = CAST(:timeline AS jsonb), next_end = :next_end WHERE id = :id")
_APPEND = text(
    "INSERT INTO blind_entries (leaf, stream_id, slot, slot_end, salt, body) "
    "VALUES (:leaf, :id, :slot, :slot_end, :salt, :body)"
)
_ENTRIES = text(
    "SELECT slot, salt, body FROM blind_entries WHERE stream_id = :id AND slot BETWEEN :first AND :last "
    "ORDER BY slot, leaf"
)
_SEAL = text(
    "INSERT INTO blind_slots (stream_id, slot, seed, entry_id) SELECT :id, slot, seed, entry_id FROM "
    "unnest(CAST(:slots AS integer[]), CAST(:seeds AS bytea[]), CAST(:entries AS uuid[])) AS s (slot, seed, entry_id)"
)
_ADVANCE = text("UPDATE blind_streams SET sealed = :sealed, next_end = :next_end WHERE id = :id")
_DUE = text("SELECT id FROM blind_streams WHERE next_end < (SELECT platform_now()) ORDER BY next_end, id LIMIT 1")
_SLOTS = text("SELECT slot, seed FROM blind_slots WHERE stream_id = :id ORDER BY slot")
_NEXT_PROMISE = text(
    "SELECT min(e.slot_end) FROM blind_streams s JOIN blind_entries e ON e.stream_id = s.id AND e.slot >= s.sealed "
    "WHERE s.next_end IS NOT NULL"
)
