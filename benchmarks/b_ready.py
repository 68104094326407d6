"""Bids that only have to be submitted: sealed, their uploads in the database as if every block had been sent."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple

import msgspec
import psycopg

from benchmarks.place import SECRET, Place
from benchmarks.wire import Asked, request
from bidding.services.uploads import BLOCK_SIZE
from bidding.tokens import SCHEME, make_token, token_hash
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.sealing import Sealed
from trading.kernel.db import Database
from trading.kernel.merkle import leaf_hash
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import Settings

Ready = tuple[str, bytes]
"""An upload token and the envelope it is for."""


class _Rows(NamedTuple):
    tokens: list[tuple[object, ...]]
    uploads: list[tuple[object, ...]]
    blocks: list[tuple[object, ...]]


@dataclass
class Stage:
    """An open lot in a database of its own, and its platform's settings."""

    urls: DatabaseUrls
    settings: Settings
    lot: make.OpenLot

    def bids(self, count: int) -> list[Ready]:
        """So many bids, each of another bidder."""
        ready: list[Ready] = []
        rows = _Rows([], [], [])
        for number in range(count):
            sealed = self.lot.bid(uscc=f"91310000MA{number % 10**8:08d}")
            token = make_token(self.lot.subject, SECRET)
            self._uploaded(sealed, token, rows)
            ready.append((token, sealed.raw))
        with psycopg.connect(self.urls.owner_dsn) as connection, connection.cursor() as cursor:
            for table, columns, held in (
                ("upload_tokens", "token_hash, subject_kind, subject_id, bytes_used, attempts", rows.tokens),
                ("uploads", "id, token_hash, ann, env, part, size, block_size", rows.uploads),
                ("upload_blocks", "upload_id, n, leaves, object_key", rows.blocks),
            ):
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in held:
                        copy.write_row(row)
        return ready

    def _uploaded(self, sealed: Sealed, token: str, rows: _Rows) -> None:
        core = self.lot.world.envelope(sealed.raw).core
        hashed = token_hash(token, self.lot.subject, SECRET)
        size = sum(len(data) for data in sealed.ciphertexts.values())
        rows.tokens.append((hashed, "lot", self.lot.id, size, 1))
        for part, data in sealed.ciphertexts.items():
            upload = os.urandom(16).hex()
            rows.uploads.append((upload, hashed, core.ann, core.env, part, len(data), BLOCK_SIZE))
            rows.blocks.append((upload, 0, leaf_hash(data), f"uploads/{upload}/0"))

    def asked(self, address: str, ready: list[Ready]) -> list[Asked]:
        """The same as requests."""
        path = f"/v1/lots/{self.lot.id}/envelopes"
        return [
            request(
                address,
                "POST",
                path,
                {"authorization": f"{SCHEME} {token}", "content-type": "application/json"},
                msgspec.json.encode({"envelope": raw.decode()}),
            )
            for token, raw in ready
        ]


@contextmanager
def stage(place: Place) -> Iterator[Stage]:
    """A lot whose announcement is published."""
    with place.database() as urls:
        settings = place.settings(urls)

        async def build() -> make.OpenLot:
            database, objects = Database(urls.app_dsn), ObjectStore(settings.objects)
            try:
                await objects.ensure_bucket()
                async with database.transaction() as session:
                    return await make.open_lot(session, objects)
            finally:
                await database.close()

        yield Stage(urls, settings, asyncio.run(build()))


SPAWN = get_context("spawn")
"""Processes that begin with nothing of this one."""
