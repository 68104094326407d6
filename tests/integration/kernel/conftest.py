"""The application's database for tests that commit."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest_asyncio

from portal.embedded.cluster import DatabaseUrls
from trading.kernel.db import Database


@pytest_asyncio.fixture
async def db(database: DatabaseUrls) -> AsyncIterator[Database]:
    """A fresh database, as the application logs in."""
    made = Database(database.app_dsn)
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module")
async def common_db(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
) -> AsyncIterator[Database]:
    """One for a module whose tests keep to names of their own."""
    with new_database() as urls:
        made = Database(urls.app_dsn)
        yield made
        await made.close()
