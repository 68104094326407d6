"""Fixtures every layer of tests shares; a server starts only when a test asks for it."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncSession

from portal.embedded.cluster import Cluster, DatabaseUrls
from tests.servers import SharedServers, fresh_database
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings

# How long an example takes is the machine's business: on a busy one the same test would pass today and fail tomorrow.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(scope="session")
def servers() -> Iterator[SharedServers]:
    with SharedServers().in_use() as shared:
        yield shared


@pytest.fixture(scope="session")
def cluster(servers: SharedServers) -> Cluster:
    """PostgreSQL with the template built from the migrations."""
    return servers.cluster()


@pytest.fixture(scope="session")
def new_database(servers: SharedServers, cluster: Cluster) -> Callable[[], AbstractContextManager[DatabaseUrls]]:
    """``with new_database() as urls``: for fixtures of a wider scope than one test."""
    return partial(fresh_database, cluster, servers.template)


@pytest.fixture
def database(new_database: Callable[[], AbstractContextManager[DatabaseUrls]]) -> Iterator[DatabaseUrls]:
    """A fresh database for one test that commits; dropped afterwards."""
    with new_database() as urls:
        yield urls


@pytest_asyncio.fixture(scope="session")
async def shared_database(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
) -> AsyncIterator[Database]:
    """One database a worker, logged in as the application; only ``session`` uses it, so nothing is ever committed."""
    with new_database() as urls:
        database = Database(urls.app_dsn)
        yield database
        await database.close()


@pytest_asyncio.fixture
async def session(shared_database: Database) -> AsyncIterator[AsyncSession]:
    """The application's session in a transaction that is rolled back."""
    async with shared_database.engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        await outer.rollback()


@pytest_asyncio.fixture(scope="session")
async def object_settings(servers: SharedServers) -> ObjectsSettings:
    settings = servers.object_settings()
    await ObjectStore(settings).ensure_bucket()
    return settings


@pytest.fixture
def objects(object_settings: ObjectsSettings) -> ObjectStore:
    """An object store that no other test sees into."""
    return ObjectStore(msgspec.structs.replace(object_settings, prefix=f"{uuid.uuid4().hex}/"))
