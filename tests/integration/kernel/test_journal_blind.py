"""Blind streams on a real database: quiet until opened, nothing lost at a slot's edge, provable afterwards."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.embedded.cluster import DatabaseUrls
from tests.integration.kernel.journal_platform import SIGNER, WitnessProcess, sequencer, settings, witness
from trading.kernel.canonical import parse_canonical
from trading.kernel.clock import platform_now
from trading.kernel.db import Database
from trading.kernel.errors import Busy
from trading.kernel.journal import reads
from trading.kernel.journal.blind import (
    BlindEntry,
    BlindError,
    parse_proof,
    sealed_slots,
    verify_proof,
    verify_stream,
)
from trading.kernel.journal.blind_streams import (
    BlindReceipt,
    BlindStream,
    BlindStreamOver,
    SlotsUnsealed,
    append_blind,
    extend_stream,
    find_stream,
    next_promise,
    open_all,
    open_stream,
    seal_due_slots,
    seal_slots,
)
from trading.kernel.journal.entry import parse_entry
from trading.kernel.journal.export import export_log, trust_of
from trading.kernel.journal.proof import parse_proof as parse_log_proof
from trading.kernel.journal.proof import verify_entry, verify_log_folder
from trading.kernel.locks import lock
from trading.kernel.settings import ObjectsSettings, Settings

SUBJECT = "lot:0190"
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def app(database: DatabaseUrls) -> AsyncIterator[Database]:
    opened = Database(database.app_dsn)
    yield opened
    await opened.close()


@pytest.fixture
def three_witnesses(tmp_path: Path) -> Iterator[list[WitnessProcess]]:
    with ExitStack() as stack:
        yield [stack.enter_context(witness(tmp_path / f"witness{number}")) for number in range(3)]


@pytest.fixture
def platform(
    database: DatabaseUrls, object_settings: ObjectsSettings, three_witnesses: list[WitnessProcess]
) -> Settings:
    objects = msgspec.structs.replace(object_settings, prefix=f"{uuid.uuid4().hex}/")
    return settings(database, objects, *three_witnesses)


async def whole_seconds(session: AsyncSession) -> datetime:
    return (await platform_now(session)).replace(microsecond=0)


async def open_past(app: Database, seconds: int = 20, over: int = 2) -> BlindStream:
    """A stream of one-second slots that ended a moment ago: tests do not wait."""
    async with app.transaction() as session:
        closes = await whole_seconds(session) - over * SECOND
        return await open_stream(
            session,
            SUBJECT,
            closes - seconds * SECOND,
            closes,
            lock_name="lot:0190",
            length=SECOND,
            last_length=SECOND,
        )


async def put(app: Database, stream: BlindStream, slot: int, body: bytes) -> BlindReceipt:
    async with app.transaction() as session:
        return await append_blind(session, stream.id, body, at=stream.timeline.bounds(slot)[0])


async def test_a_stream_from_silence_to_proof(app: Database, platform: Settings, tmp_path: Path):
    stream = await open_past(app)
    receipts = [await put(app, stream, slot, b'{"n":%d}' % n) for n, slot in enumerate((3, 3, 11, 19))]
    assert [receipt.slot for receipt in receipts] == [3, 3, 11, 19]
    assert receipts[0].merge_by == stream.timeline.bounds(3)[1] + 10 * SECOND
    async with app.transaction() as session:
        assert await next_promise(session) == stream.timeline.bounds(3)[1]
        assert (await session.execute(text("SELECT count(*) FROM journal_entries"))).scalar_one() == 0
        with pytest.raises(SlotsUnsealed):
            await open_all(session, stream.id)
    async with app.transaction() as session:
        assert await seal_due_slots(session) == 20
    async with app.transaction() as session:
        assert await seal_due_slots(session) == 0
        assert await next_promise(session) is None
        assert await reads.blind_proof(session, receipts[0].leaf) is None
        assert not await reads.caught_up(session)
    ordering = sequencer(platform)
    await ordering.step()
    await ordering.close()

    trust = trust_of(platform.journal, SIGNER.public_raw)
    assert trust.quorum == 2

    async def write(path: str, data: bytes) -> None:
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_bytes(data)

    async with app.transaction() as session:
        await export_log(session, trust, write)
        openings = await open_all(session, stream.id)
        proof = await reads.blind_proof(session, receipts[2].leaf, quorum=2)
        assert await reads.entries_of(session, SUBJECT) == []
        assert len(await reads.entries_of(session, SUBJECT, slots=True)) == 20
    verified = verify_log_folder(tmp_path)
    assert len(verified.witnessed.times) == 3
    sealed = sealed_slots(SUBJECT, stream.timeline, verified.entries)
    shown = verify_stream(sealed, openings)
    assert sorted(shown) == [(3, b'{"n":0}'), (3, b'{"n":1}'), (11, b'{"n":2}'), (19, b'{"n":3}')]
    with pytest.raises(BlindError, match="slot_false"):
        verify_stream(sealed, [item if item.slot != 11 else replace(item, entries=()) for item in openings])

    assert proof is not None
    extra = parse_canonical(parse_log_proof(proof).extra or b"")
    leaf = extra["leaf"].encode()
    verify_entry(proof, leaf, trust)
    entry = BlindEntry(receipts[2].salt, receipts[2].body)
    assert entry.leaf == receipts[2].leaf
    verify_proof(parse_proof(extra["slot"]), entry, bytes.fromhex(parse_entry(leaf).payload["seal"]))


async def test_r66_what_is_decided_in_a_slot_is_waited_for(app: Database):
    """A commit that holds the lock past its slot's end is in the slot; sealing waits for it."""
    stream = await open_past(app)
    sealed: list[int] = []

    async def seal() -> None:
        async with app.transaction() as session:
            sealed.append(await seal_slots(session, stream.id))

    async with app.transaction() as session:
        await lock(session, stream.lock_name, shared=True)
        sealing = asyncio.create_task(seal())
        await asyncio.sleep(0.5)
        assert sealed == []
        await append_blind(session, stream.id, b"{}", at=stream.timeline.bounds(5)[0])
    await sealing
    assert sealed == [20]
    async with app.transaction() as session:
        openings = await open_all(session, stream.id)
    assert [len(opening.entries) for opening in openings] == [0] * 5 + [1] + [0] * 14


async def test_r66_nothing_joins_a_sealed_slot(app: Database):
    """A commit that decided before and reaches the lock after sealing is refused, not lost."""
    stream = await open_past(app)
    async with app.transaction() as session:
        await seal_slots(session, stream.id)
    for slot in (5, 19):
        with pytest.raises(BlindStreamOver):
            await put(app, stream, slot, b"{}")
    async with app.transaction() as session:
        with pytest.raises(BlindStreamOver):
            await append_blind(session, stream.id, b"{}")


async def test_a_lock_held_too_long_is_busy(app: Database):
    stream = await open_past(app)
    async with app.transaction() as holder:
        await lock(holder, stream.lock_name)
        started = monotonic()
        with pytest.raises(Busy):
            await put(app, stream, 5, b"{}")
        assert monotonic() - started < 10


async def test_a_slot_still_running_is_not_sealed(app: Database):
    async with app.transaction() as session:
        now = await whole_seconds(session)
        opens, closes = now - timedelta(minutes=12), now + timedelta(days=20)
        stream = await open_stream(session, SUBJECT, opens, closes, lock_name="lot:0190")
    async with app.transaction() as session:
        assert await seal_due_slots(session) == 2
    async with app.transaction() as session:
        receipt = await append_blind(session, stream.id, b"{}")
        assert receipt.slot == 2
        assert (await find_stream(session, SUBJECT)).sealed == 2
        assert await seal_due_slots(session) == 0


async def test_an_extension_moves_only_what_is_to_come(app: Database):
    async with app.transaction() as session:
        now = await whole_seconds(session)
        stream = await open_stream(
            session, SUBJECT, now - timedelta(minutes=12), now + timedelta(minutes=30), lock_name="lot:0190"
        )
    async with app.transaction() as session:
        await seal_slots(session, stream.id)
    receipt = await put(app, stream, 12, b"{}")
    async with app.transaction() as session:
        longer = await extend_stream(session, stream.id, now + timedelta(hours=3))
        assert (await find_stream(session, SUBJECT)).timeline.to_json() == longer.timeline.to_json()
        later = await append_blind(session, stream.id, b"{}")
    assert receipt.merge_by == longer.timeline.bounds(12)[1] + 10 * SECOND
    assert later.slot == 12
    async with app.transaction() as session:
        with pytest.raises(ValueError, match="closes later"):
            await extend_stream(session, stream.id, now + timedelta(hours=1))
    with pytest.raises(BlindStreamOver):
        await extend_over(app)


async def extend_over(app: Database) -> None:
    async with app.transaction() as session:
        now = await whole_seconds(session)
        opens = now - timedelta(hours=2)
        stream = await open_stream(session, "lot:over", opens, now - SECOND, lock_name="lot:over")
        await extend_stream(session, stream.id, now + timedelta(hours=1))


async def test_many_empty_slots_are_sealed_in_batches(app: Database):
    stream = await open_past(app, seconds=2500)
    counts = []
    while not counts or counts[-1]:
        async with app.transaction() as session:
            counts.append(await seal_due_slots(session))
    assert counts == [1000, 1000, 500, 0]
    async with app.transaction() as session:
        openings = await open_all(session, stream.id)
        entries = await reads.entries_of(session, SUBJECT, slots=True, limit=3000)
    bodies = sorted((item.entry.body for item in entries), key=lambda body: parse_entry(body).payload["slot"])
    assert verify_stream(sealed_slots(SUBJECT, stream.timeline, bodies), openings) == []


async def test_a_body_is_canonical_json(app: Database):
    stream = await open_past(app)
    with pytest.raises(ValueError, match="canonical"):
        await put(app, stream, 5, b'{ "n": 1}')


async def test_a_stream_needs_whole_milliseconds(app: Database):
    async with app.transaction() as session:
        with pytest.raises(ValueError, match="milliseconds"):
            await open_stream(
                session,
                SUBJECT,
                datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
                datetime(2026, 1, 2, tzinfo=UTC),
                lock_name="lot:0190",
            )
