"""A draw's stage on a database of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest_asyncio

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories.draw_stage import DrawStage, set_stage
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore


@pytest_asyncio.fixture
async def stage(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]], objects: ObjectStore
) -> AsyncIterator[DrawStage]:
    with new_database() as urls:
        install(urls.owner_dsn)
        database = Database(urls.app_dsn)
        yield await set_stage(database, objects)
        await database.close()
