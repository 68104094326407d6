"""The relay and a real worker: duties do not pull each other down, and what fails is tried again."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from portal.embedded.cluster import DatabaseUrls
from portal.relay import keep_doing
from tests.factories import bidding as make
from tests.factories.site import make_settings
from tests.integration.kernel import tea_worker
from trading.kernel.db import Database
from trading.kernel.settings import KeysSettings, ObjectsSettings, Settings, to_environment
from trading.kernel.signing import make_keys
from trading.kernel.tasks import Resources, enqueue, make_broker, run_task

ROOT = Path(__file__).parents[3]
PATIENCE = 40


@asynccontextmanager
async def doing(*duties: asyncio.Task[None], stops: Iterable[asyncio.Event]) -> AsyncIterator[None]:
    """Duties under way, stopped in order at the end."""
    try:
        yield
    finally:
        for stop in stops:
            stop.set()
        await asyncio.gather(*duties)


async def until(ready: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE):
        await ready.wait()


async def test_a_duty_that_fails_is_tried_again_and_stops_no_other(
    common_db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    stop, failed_twice, worked = asyncio.Event(), asyncio.Event(), asyncio.Event()
    failures = 0

    async def failing() -> int:
        nonlocal failures
        failures += 1
        if failures == 2:
            failed_twice.set()
        raise RuntimeError("out of tea")

    async def working() -> int:
        if failures:
            worked.set()
        return 0

    names = {name: f"{name}:{uuid4()}" for name in ("failing", "working")}
    duties = [
        asyncio.create_task(keep_doing(names[name], common_db.address, duty, stop))
        for name, duty in (("failing", failing), ("working", working))
    ]
    async with doing(*duties, stops=[stop]):
        await until(worked)
        await until(failed_twice)
    assert "duty_failed" in "".join(capsys.readouterr())


async def test_a_duty_is_done_by_one_relay_and_taken_over_when_it_ends(common_db: Database) -> None:
    name = f"duty:{uuid4()}"
    done_by: list[str] = []
    events = {who: asyncio.Event() for who in "ab"}
    stops = {who: asyncio.Event() for who in "ab"}

    async def relay(who: str) -> None:
        async def duty() -> int:
            done_by.append(who)
            events[who].set()
            return 0

        await keep_doing(name, common_db.address, duty, stops[who])

    first = asyncio.create_task(relay("a"))
    await until(events["a"])
    second = asyncio.create_task(relay("b"))
    async with doing(first, second, stops=stops.values()):
        for _ in range(3):  # while the second one asks and is told no
            events["a"].clear()
            await until(events["a"])
        assert set(done_by) == {"a"}
        stops["a"].set()
        await until(events["b"])


@pytest.fixture
def settings(database: DatabaseUrls, object_settings: ObjectsSettings, tmp_path: Path) -> Settings:
    return make_settings(database.app_dsn, object_settings, KeysSettings(tmp_path / "keys", "test passphrase"))


@pytest.fixture
def attempts(tmp_path: Path) -> Path:
    folder = tmp_path / "attempts"
    folder.mkdir()
    return folder


class Worker:
    """`trading worker` with one task, in a process of its own."""

    def __init__(self, settings: Settings, attempts: Path, log: Path) -> None:
        make_keys(settings.keys.folder, settings.keys.passphrase)
        environment = {**to_environment(settings), "TEA_FOLDER": str(attempts), "PATH": os.defpath}
        command = [sys.executable, "-m", "tests.integration.kernel.tea_worker", "1"]
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=output)

    def wait_for(self, words: str) -> None:
        """Until its log says so."""
        limit = time.monotonic() + PATIENCE
        while words not in (said := self.log.read_text()):
            assert time.monotonic() < limit, said
            assert self.process.poll() is None, said
            time.sleep(0.05)


@pytest.fixture
def worker(settings: Settings, attempts: Path, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(settings, attempts, tmp_path / "worker.log")
    yield made
    made.process.terminate()
    assert made.process.wait(PATIENCE) == 0


def facts(settings: Settings) -> set[str]:
    with psycopg.connect(settings.database.app) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM platform_facts")}


def test_a_task_that_fails_is_done_again_until_it_is_done_and_then_never_more(
    settings: Settings, worker: Worker, attempts: Path
) -> None:
    broker, message_id = make_broker(settings), uuid4()
    try:
        enqueue(broker, tea_worker.TASK, message_id, {"cup": "first", "spills": 2})
        worker.wait_for('"repeated": false')
        assert (facts(settings), len(list(attempts.iterdir()))) == ({"first"}, 3)
        enqueue(broker, tea_worker.TASK, message_id, {"cup": "second", "spills": 0})  # as after a relay's crash
        worker.wait_for('"repeated": true')
        assert (facts(settings), len(list(attempts.iterdir()))) == ({"first"}, 3)
    finally:
        broker.close()


async def test_the_same_delivery_at_once_in_several_workers_has_one_effect(
    settings: Settings, attempts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEA_FOLDER", str(attempts))
    resources = Resources(settings, keys=make.KEYS)
    once = [run_task(resources, tea_worker.TASK, UUID(int=5), {"cup": "one", "spills": 0}) for _ in range(4)]
    assert sorted(await asyncio.gather(*once)) == [False, False, False, True]
    await resources.database.close()
    assert facts(settings) == {"one"}
