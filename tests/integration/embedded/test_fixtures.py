"""The fixtures themselves: isolation is what every other test relies on."""

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.embedded.cluster import DatabaseUrls
from trading.kernel.objects import ObjectStore

WRITE = "INSERT INTO platform_facts (name, value) VALUES ('fixture', 'x')"


async def test_a_session_writes_as_the_application(session: AsyncSession) -> None:
    await session.execute(text(WRITE))
    assert (await session.execute(text("SELECT current_user"))).scalar_one() == "trading_app"


async def test_and_leaves_nothing_behind(session: AsyncSession) -> None:
    assert (await session.execute(text("SELECT count(*) FROM platform_facts"))).scalar_one() == 0


def test_a_database_of_ones_own_keeps_what_is_committed(database: DatabaseUrls) -> None:
    with psycopg.connect(database.app_dsn) as first:
        first.execute(WRITE)
    with psycopg.connect(database.sequencer_dsn) as second:
        assert second.execute("SELECT count(*) FROM platform_facts").fetchone() == (1,)


def test_and_the_next_one_is_empty(database: DatabaseUrls) -> None:
    with psycopg.connect(database.owner_dsn) as owner:
        assert owner.execute("SELECT count(*) FROM platform_facts").fetchone() == (0,)


async def test_object_stores_do_not_see_each_other(objects: ObjectStore, object_settings: object) -> None:
    digest = await objects.put("标书".encode())
    assert await objects.get(digest) == "标书".encode()
    assert await objects.keys() == [ObjectStore.content_key(digest)]


async def test_as_said(objects: ObjectStore) -> None:
    assert await objects.keys() == []
