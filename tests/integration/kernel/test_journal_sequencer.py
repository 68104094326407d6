"""Entries become a witnessed log that verifies offline; a restored or forked database gets no signature (R67)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.integration.kernel.journal_platform import (
    ORIGIN,
    SIGNER,
    WitnessProcess,
    sequencer,
    settings,
    witness,
)
from trading.kernel.clock import platform_now
from trading.kernel.db import Database
from trading.kernel.identity import Actor
from trading.kernel.journal import reads
from trading.kernel.journal.actions import Action, append, destroy_openings, read_openings
from trading.kernel.journal.entry import parse_entry
from trading.kernel.journal.export import export_log, trust_of
from trading.kernel.journal.proof import (
    Trust,
    verify_checkpoint,
    verify_consistency,
    verify_entry,
    verify_log_folder,
)
from trading.kernel.journal.sequencer import LOG_RESUMED, Sequencer, SequencerHalted
from trading.kernel.journal.tiles import Tile, tiles_of, unpack_entries
from trading.kernel.merkle import Frontier
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings, Settings

NOTED = Action("test:thing:noted", "tests", personal=("phone",))
ACTOR = Actor(name="李雷", org_name="某某公司")


@pytest.fixture
def one_witness(tmp_path: Path) -> Iterator[WitnessProcess]:
    with witness(tmp_path / "witness") as process:
        yield process


@pytest.fixture
def platform(database: DatabaseUrls, object_settings: ObjectsSettings, one_witness: WitnessProcess) -> Settings:
    objects = msgspec.structs.replace(object_settings, prefix=f"{uuid.uuid4().hex}/")
    return settings(database, objects, one_witness)


@pytest_asyncio.fixture
async def app(database: DatabaseUrls) -> AsyncIterator[Database]:
    opened = Database(database.app_dsn)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def running(platform: Settings) -> AsyncIterator[Sequencer]:
    opened = sequencer(platform)
    yield opened
    await opened.close()


def trust(platform: Settings) -> Trust:
    return trust_of(platform.journal, SIGNER.public_raw)


async def note(app: Database, count: int = 1, **payload: object) -> uuid.UUID:
    async with app.transaction() as session:
        for number in range(count):
            entry_id = await append(session, ACTOR, NOTED, subject="thing:1", payload={"n": number, **payload})
    return entry_id


async def write_folder(app: Database, platform: Settings, folder: Path) -> Path:
    async def write(path: str, data: bytes) -> None:
        folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(path).write_bytes(data)

    async with app.transaction() as session:
        await export_log(session, trust(platform), write)
    return folder


async def test_the_log_verifies_offline(app: Database, platform: Settings, running: Sequencer, tmp_path: Path):
    await note(app, 3)
    assert await running.step() == 0
    last = await note(app, 300, phone="13800000000")
    await running.step()
    verified = verify_log_folder(await write_folder(app, platform, tmp_path / "log"))
    assert len(verified.entries) == 303
    assert verified.witnessed.label == "verified"
    assert verified.witnessed.at is not None
    entry = parse_entry(verified.entries[-1])
    assert (entry.id, entry.action, entry.payload) == (last, NOTED.name, {"n": 299})
    assert "李雷".encode() not in verified.entries[-1]
    assert b"13800000000" not in verified.entries[-1]
    async with app.transaction() as session:
        openings = {opening.name: opening for opening in await read_openings(session, last)}
        assert await reads.caught_up(session)
    assert openings["phone"].plain == "13800000000"
    assert openings["actor"].plain["name"] == "李雷"
    assert all(entry.opens(opening) for opening in openings.values())
    assert not entry.opens(replace(openings["phone"], value=b'"13900000000"'))


async def test_a_proof_by_entry_and_growth_between_checkpoints(app: Database, platform: Settings, running: Sequencer):
    first = await note(app, 5)
    async with app.transaction() as session:
        assert await reads.latest_checkpoint(session) is None
        assert (await reads.entry(session, first)).index is None
    await running.step()
    await note(app, 290)
    await running.step()
    async with app.transaction() as session:
        view = await reads.entry(session, first)
        old = await reads.checkpoint_covering(session, first, quorum=1)
        new = await reads.latest_checkpoint(session, quorum=1)
        assert old is not None
        assert new is not None
        proof = await reads.inclusion(session, first, new)
        path = await reads.consistency(session, old.size, new.size)
        story = await reads.entries_of(session, "thing:1")
    assert view.index == 4
    assert (old.size, new.size) == (5, 295)
    assert proof is not None
    assert verify_entry(proof, view.entry.body, trust(platform)).checkpoint.size == 295
    verify_consistency(old.note, new.note, path, trust(platform))
    assert [item.index for item in story] == list(range(200))


async def test_nothing_of_a_rolled_back_act_is_in_the_log(app: Database, running: Sequencer):
    async with app.transaction() as session:
        await append(session, ACTOR, NOTED, subject="thing:1")
        await session.rollback()
    await running.step()
    async with app.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM journal_leaves"))).scalar_one() == 0


async def test_tiles_are_off_the_database_before_the_signature(app: Database, platform: Settings, running: Sequencer):
    store = ObjectStore(platform.objects)
    for count in (3, 300):
        await note(app, count)
        await running.step()
    expected = {f"journal/{ORIGIN}/{tile.path}" for tile in tiles_of(303)} | {f"journal/{ORIGIN}/checkpoint"}
    assert set(await store.keys("journal/")) == expected  # the partial ones of 3 leaves were replaced
    bundle = await store.get_at(f"journal/{ORIGIN}/tile/entries/001.p/47")
    assert len(unpack_entries(bundle, 47)) == 47
    verify_checkpoint(await store.get_at(f"journal/{ORIGIN}/checkpoint"), trust(platform))
    async with app.transaction() as session:
        assert await reads.tile(session, Tile(-1, 1, 47)) == bundle
        assert await reads.tile(session, Tile(0, 1, 48)) is None


async def test_without_the_store_there_is_no_signature(app: Database, platform: Settings):
    broken = msgspec.structs.replace(platform.objects, bucket="nowhere")
    stopped = sequencer(msgspec.structs.replace(platform, objects=broken))
    await note(app)
    with pytest.raises(Exception, match="store_unavailable"):
        await stopped.step()
    await stopped.close()
    async with app.transaction() as session:
        assert await reads.latest_checkpoint(session) is None
    resumed = sequencer(platform)
    await resumed.step()
    await resumed.close()
    async with app.transaction() as session:
        latest = await reads.latest_checkpoint(session)
    assert latest is not None
    assert latest.size == 1


async def test_r67_a_database_behind_the_witnessed_size_gets_no_signature(
    app: Database,
    platform: Settings,
    running: Sequencer,
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
):
    await note(app, 7)
    await running.step()
    with new_database() as urls:
        restored = Database(urls.app_dsn)
        await note(restored, 3)
        again = sequencer(with_database(platform, urls))
        for _ in range(2):
            with pytest.raises(SequencerHalted) as caught:
                await again.step()
            assert caught.value.code == "behind"
        async with restored.transaction() as session:
            assert (await session.execute(text("SELECT count(*) FROM journal_pending"))).scalar_one() == 3
            assert (await session.execute(text("SELECT count(*) FROM journal_signatures"))).scalar_one() == 0
        await again.close()
        await restored.close()


async def test_r35_another_history_gets_no_signature(
    app: Database,
    platform: Settings,
    running: Sequencer,
    one_witness: WitnessProcess,
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
):
    await note(app, 7)
    await running.step()
    kept = one_witness.note()
    with new_database() as urls:
        other = Database(urls.app_dsn)
        await note(other, 20)
        alone = sequencer(settings(urls, platform.objects))
        await alone.step()  # with no witness configured it signs for itself
        forked = sequencer(with_database(platform, urls))
        with pytest.raises(SequencerHalted) as caught:
            await forked.step()
        assert caught.value.code == "forked"
        for opened in (alone, forked, other):
            await opened.close()
    assert one_witness.note() == kept


async def test_r35_a_fork_made_by_the_databases_owner_is_not_cosigned(
    app: Database, database: DatabaseUrls, running: Sequencer, one_witness: WitnessProcess
):
    await note(app, 6)
    await running.step()
    kept = one_witness.note()
    with psycopg.connect(database.owner_dsn) as connection:
        connection.execute("ALTER TABLE journal_nodes DISABLE TRIGGER USER")
        connection.execute("UPDATE journal_nodes SET hash = sha256('x') WHERE level = 2 AND index = 0")
    running._tree = None  # a restart
    with pytest.raises(SequencerHalted, match="forked"):
        await running.step()
    # Even a sequencer that does not look gets nothing: the witness demands the proof.
    running._witnesses[0].known = 6
    size, nodes = 6, [(2, 0), (1, 2)]
    async with app.transaction() as session:
        found = await reads.nodes(session, nodes)
    running._tree = Frontier(size, [found[key] for key in nodes])
    running._copied = 6
    await note(app)
    await running.step()
    assert one_witness.note() == kept
    assert len(list((one_witness.folder / "evidence").iterdir())) == 1


async def test_a_witness_that_was_away_catches_up(
    app: Database, running: Sequencer, one_witness: WitnessProcess, monkeypatch: pytest.MonkeyPatch
):
    await note(app)
    await running.step()
    one_witness.stop()
    await note(app, 2)
    await running.step()
    async with app.transaction() as session:
        assert not await reads.caught_up(session)
        latest = await reads.latest_checkpoint(session)
        assert latest is not None
        assert (latest.size, latest.witnesses) == (3, 0)
    one_witness.start()
    monkeypatch.setattr("trading.kernel.journal.sequencer._STALE", -timedelta(seconds=1))  # as if it had been long
    running._witnesses[0].rest(0)
    await running.step()
    monkeypatch.undo()
    await running.step()
    async with app.transaction() as session:
        assert await reads.caught_up(session)
        latest = await reads.latest_checkpoint(session, quorum=1)
        assert latest is not None
        assert latest.size == 4
        story = await reads.entries_of(session, f"journal:{ORIGIN}")
    assert [item.entry.action for item in story] == [LOG_RESUMED.name]


async def test_an_answer_lost_on_the_way_is_asked_for_again(app: Database, running: Sequencer, database: DatabaseUrls):
    await note(app, 2)
    await running.step()
    running._witnesses[0].known = 0  # as if we had never heard
    await note(app)
    await running.step()
    async with app.transaction() as session:
        latest = await reads.latest_checkpoint(session, quorum=1)
    assert latest is not None
    assert latest.size == 3


async def test_without_enough_witnesses_answering_nothing_starts(
    app: Database, platform: Settings, one_witness: WitnessProcess
):
    one_witness.stop()
    await note(app)
    waiting = sequencer(platform)
    with pytest.raises(SequencerHalted, match="witnesses_silent"):
        await waiting.step()
    await waiting.close()
    one_witness.start()


async def test_two_sequencers_do_not_disturb_each_other(app: Database, platform: Settings, running: Sequencer):
    other = sequencer(platform)
    await note(app)
    await running.step()
    await note(app)
    await other.step()
    await note(app)
    with pytest.raises(SequencerHalted, match="moved"):
        await running.step()
    await running.step()
    await other.close()
    async with app.transaction() as session:
        latest = await reads.latest_checkpoint(session, quorum=1)
    assert latest is not None
    assert latest.size == 3


async def test_destroyed_openings_leave_the_log_whole(app: Database, running: Sequencer):
    entry_id = await note(app, 1, phone="13800000000")
    async with app.transaction() as session:
        assert await destroy_openings(session, ACTOR, entry_id, reason="retention over") == 2
        assert await read_openings(session, entry_id) == []
        assert await destroy_openings(session, ACTOR, entry_id, reason="again") == 0
        story = await reads.entries_of(session, f"entry:{entry_id}")
    assert story[0].entry.payload == {"names": ["actor", "phone"], "reason": "retention over"}


def with_database(platform: Settings, urls: DatabaseUrls) -> Settings:
    database = msgspec.structs.replace(platform.database, app=urls.app_dsn, sequencer=urls.sequencer_dsn)
    return msgspec.structs.replace(platform, database=database)


async def test_a_demonstrations_moved_clock_is_signed_and_cosigned(
    database: DatabaseUrls, object_settings: ObjectsSettings, app: Database, tmp_path: Path
):
    install(database.owner_dsn)
    objects = msgspec.structs.replace(object_settings, prefix=f"{uuid.uuid4().hex}/")
    with witness(tmp_path / "demo", "demo/x") as process:
        demo = settings(database, objects, process, origin="demo/x")
        ordering = sequencer(demo)
        times = []
        for offset in (0, 86_400_000):
            async with app.transaction() as session:
                await session.execute(text("SELECT demo_move_clock(:offset)"), {"offset": offset})
                now = await platform_now(session)
            await note(app)
            await ordering.step()
            async with app.transaction() as session:
                latest = await reads.latest_checkpoint(session, quorum=1)
            assert latest is not None
            witnessed = verify_checkpoint(latest.note, trust(demo))
            assert witnessed.checkpoint.offset_ms == offset
            assert witnessed.at is not None
            assert abs(witnessed.at - now) < timedelta(seconds=5)
            times.append(witnessed.at)
        await ordering.close()
    assert times[1] - times[0] > timedelta(hours=23)
