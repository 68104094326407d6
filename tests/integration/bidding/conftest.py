"""A box that really commits: a database of its own with the demonstration clock, and one lot open for bids in it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import msgspec
import psycopg
import pytest_asyncio
from sqlalchemy import text

from portal.demo.clock import install
from portal.embedded.cluster import Cluster, DatabaseUrls
from tests.factories import bidding as make
from tests.servers import fresh_database
from trading.kernel.clock import platform_now, system_now
from trading.kernel.db import Database
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings

NewDatabase = Callable[[], AbstractContextManager[DatabaseUrls]]


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


@pytest_asyncio.fixture(scope="session")
async def set_lot(
    new_database: NewDatabase, cluster: Cluster, object_settings: ObjectsSettings
) -> AsyncIterator[tuple[make.OpenLot, list[tuple[bytes, str]], NewDatabase]]:
    """The lot as it was opened, what it put into the store, and how to make a copy of its database."""
    objects = ObjectStore(msgspec.structs.replace(object_settings, prefix=f"{uuid4().hex}/"))
    with new_database() as urls:
        install(urls.owner_dsn)
        database = Database(urls.app_dsn)
        async with database.transaction() as session:
            lot = await make.open_lot(session, objects)
            rows = (await session.execute(text("SELECT digest, media_type FROM records"))).all()
        files = [(await objects.get(row.digest), row.media_type) for row in rows]
        await database.close()
        yield lot, files, partial(fresh_database, cluster, urls.name)


@pytest_asyncio.fixture
async def box(
    set_lot: tuple[make.OpenLot, list[tuple[bytes, str]], NewDatabase], objects: ObjectStore
) -> AsyncIterator[Box]:
    made, files, copied = set_lot
    with copied() as urls:
        for data, media_type in files:
            await objects.put(data, media_type)
        database = Database(urls.app_dsn)
        yield Box(urls, database, objects, _fresh(made))
        await database.close()


def _fresh(made: make.OpenLot) -> make.OpenLot:
    """The same lot for another test, its people having just shown who they are."""
    return replace(
        made, trustees=list(made.trustees), official=_just_shown(made.official), tenderer=_just_shown(made.tenderer)
    )


def _just_shown(actor: Actor) -> Actor:
    return msgspec.structs.replace(actor, step_up_at=actor.step_up_at and system_now())
