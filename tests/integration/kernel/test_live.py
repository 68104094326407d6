"""Live events: numbered in commit order without a gap, and a viewer who comes back finds the next one."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from trading.kernel import live
from trading.kernel.db import Database
from trading.kernel.live import LiveEvent, LiveHub

PATIENCE = 20


@pytest.fixture
def db(common_db: Database) -> Database:
    return common_db


@pytest.fixture
def a() -> str:
    """A stream of the test's own."""
    return f"a:{uuid4()}"


@pytest.fixture
def b() -> str:
    """Another."""
    return f"b:{uuid4()}"


@pytest_asyncio.fixture
async def hub(db: Database) -> AsyncIterator[LiveHub]:
    made = LiveHub(db)
    await made.start()
    yield made
    await made.stop()


async def say(db: Database, stream: str, kind: str) -> int:
    async with db.transaction() as session:
        return await live.publish(session, stream, kind, {"of": stream})


async def watch(hub: LiveHub, stream: str, count: int, *, after: int = 0) -> list[LiveEvent]:
    """The next events of a stream; signs of life are not counted."""
    events: list[LiveEvent] = []
    following = hub.follow(stream, after)
    async with asyncio.timeout(PATIENCE):
        async for event in following:
            if event is not None:
                events.append(event)
            if len(events) == count:
                break
    await following.aclose()  # type: ignore[attr-defined]  # a generator
    return events


async def test_events_of_a_stream_are_numbered_without_a_gap_whoever_writes(db: Database, a: str, b: str) -> None:
    numbers = await asyncio.gather(*(say(db, a, "x") for _ in range(25)), *(say(db, b, "y") for _ in range(5)))
    assert sorted(numbers[:25]) == list(range(1, 26))
    assert sorted(numbers[25:]) == list(range(1, 6))


async def test_what_is_rolled_back_leaves_no_hole(db: Database, a: str) -> None:
    async with db.transaction() as session:
        await live.publish(session, a, "x", {})
        await session.rollback()
    assert await say(db, a, "y") == 1


async def test_a_viewer_sees_what_was_and_what_comes(db: Database, hub: LiveHub, a: str, b: str) -> None:
    await say(db, a, "before")
    following = asyncio.create_task(watch(hub, a, 2))
    other = asyncio.create_task(watch(hub, b, 1))
    await say(db, b, "elsewhere")
    await say(db, a, "after")
    assert [(event.seq, event.kind) for event in await following] == [(1, "before"), (2, "after")]
    assert [event.kind for event in await other] == ["elsewhere"]


async def test_who_comes_back_with_a_number_gets_the_rest(db: Database, hub: LiveHub, a: str) -> None:
    for kind in ("one", "two", "three"):
        await say(db, a, kind)
    assert [event.kind for event in await watch(hub, a, 2, after=1)] == ["two", "three"]


async def test_a_notice_wakes_a_viewer_at_once_and_a_lost_connection_is_made_again(
    db: Database, hub: LiveHub, a: str
) -> None:
    following = hub.follow(a, 0)
    assert await anext(following) is None  # nothing yet; the next step waits for a notice
    waiting = asyncio.ensure_future(anext(following))
    with psycopg.connect(db.address, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' "
            "AND datname = current_database()"
        ).fetchone()
    assert ended is not None
    assert ended[0] <= 1
    await say(db, a, "while nobody listened")
    async with asyncio.timeout(PATIENCE):
        event = await waiting
        while event is None:
            event = await anext(following)
    assert event.kind == "while nobody listened"
    await following.aclose()  # type: ignore[attr-defined]  # a generator
