"""The stages of draw and evaluation: each set once, then copied, database and all, for every test that plays on it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from portal.demo.clock import install
from portal.embedded.cluster import Cluster, DatabaseUrls
from tests.factories.draw_stage import DrawStage, Telephones, set_stage
from tests.factories.evaluation_room import Room, opened_room
from tests.servers import fresh_database
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings

PRICES = (40_000_000_00, 42_000_000_00, 44_000_000_00)
NewDatabase = Callable[[], AbstractContextManager[DatabaseUrls]]


@pytest.fixture(scope="session")
def kept_objects(object_settings: ObjectsSettings) -> ObjectStore:
    """What the stages put into the store; only ever added to, by content."""
    return ObjectStore(msgspec.structs.replace(object_settings, prefix=f"{uuid4().hex}/"))


@pytest_asyncio.fixture(scope="session")
async def set_draw_stage(
    new_database: NewDatabase, cluster: Cluster, kept_objects: ObjectStore
) -> AsyncIterator[tuple[DrawStage, NewDatabase]]:
    """The stage as it was set, and how to make a copy of its database."""
    with new_database() as urls:
        install(urls.owner_dsn)
        database = Database(urls.app_dsn)
        made = await set_stage(database, kept_objects)
        await database.close()
        yield made, partial(fresh_database, cluster, urls.name)


@pytest.fixture
def stage_urls(set_draw_stage: tuple[DrawStage, NewDatabase]) -> Iterator[DatabaseUrls]:
    """A copy of the stage's database."""
    with set_draw_stage[1]() as copied:
        yield copied


@pytest_asyncio.fixture
async def stage(set_draw_stage: tuple[DrawStage, NewDatabase], stage_urls: DatabaseUrls) -> AsyncIterator[DrawStage]:
    """A draw's stage on a database of its own."""
    made, _ = set_draw_stage
    database = Database(stage_urls.app_dsn)
    lot = replace(made.lot, trustees=list(made.lot.trustees))
    yield replace(made, database=database, lot=lot, phones=Telephones(), numbers={})
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def opened(
    new_database: NewDatabase, cluster: Cluster, kept_objects: ObjectStore
) -> AsyncIterator[tuple[Room, NewDatabase]]:
    """A lot opened at `PRICES`, and how to make a copy of its database."""
    with new_database() as urls:
        install(urls.owner_dsn)
        database = Database(urls.app_dsn)
        made = await opened_room(database, kept_objects, PRICES)
        await database.close()
        yield made, partial(fresh_database, cluster, urls.name)


@pytest.fixture
def urls(opened: tuple[Room, NewDatabase]) -> Iterator[DatabaseUrls]:
    """A copy of the opened lot's database."""
    with opened[1]() as copied:
        yield copied


@pytest_asyncio.fixture
async def room(opened: tuple[Room, NewDatabase], urls: DatabaseUrls) -> AsyncIterator[Room]:
    """The opened lot in a database of the test's own, its members fresh from the door."""
    database = Database(urls.app_dsn)
    yield in_copy(opened[0], database)
    await database.close()


def in_copy(made: Room, database: Database) -> Room:
    """The same room over a copy of its database."""
    members = [msgspec.structs.replace(member, step_up_at=system_now()) for member in made.members]
    return replace(made, database=database, members=members, keys={}, certificates={})
