"""A box that really commits: a database of its own with the demonstration clock, and one lot open for bids in it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest_asyncio
from sqlalchemy import text

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from trading.kernel.clock import platform_now
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore


@dataclass
class Box:
    """The lot, the application's database, and the two other logins' addresses."""

    urls: DatabaseUrls
    database: Database
    objects: ObjectStore
    lot: make.OpenLot

    async def move_to(self, instant: datetime) -> None:
        """The demonstration clock to an instant, with nothing on the way."""
        async with self.database.transaction() as session:
            ahead = (instant - await platform_now(session)) // timedelta(milliseconds=1) + 1
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})

    async def past_deadline(self) -> None:
        """One second too late."""
        await self.move_to(self.lot.world.announcement.deadline + timedelta(seconds=1))

    async def count(self, table: str) -> int:
        """Rows of a table."""
        async with self.database.transaction() as session:
            return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())

    def as_owner(self) -> psycopg.Connection[tuple[object, ...]]:
        """The owner's login: grants do not stop it, triggers do."""
        return psycopg.connect(self.urls.owner_dsn, autocommit=True)


@pytest_asyncio.fixture
async def box(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]], objects: ObjectStore
) -> AsyncIterator[Box]:
    with new_database() as urls:
        install(urls.owner_dsn)
        database = Database(urls.app_dsn)
        async with database.transaction() as session:
            lot = await make.open_lot(session, objects)
        yield Box(urls, database, objects, lot)
        await database.close()
