"""e: a journal of a million entries: verified again from its files, grown, and asked for proofs.

Beside 2n bare SHA-256, beside COPY of the very rows the sequencer adds, beside one SELECT of 20 rows by an index.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from uuid import UUID

import psycopg
from sqlalchemy import text

from benchmarks.measuring import (
    Measured,
    in_turn,
    interleaved,
    interleaved_async,
    median_ratio,
    medians,
    timed,
    timed_async,
)
from benchmarks.place import PASSPHRASE
from benchmarks.report import Goal, Line
from benchmarks.running import Run
from portal.embedded.cluster import DatabaseUrls
from trading.kernel import merkle
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.ids import new_id
from trading.kernel.journal import reads
from trading.kernel.journal.entry import make_entry
from trading.kernel.journal.export import export_log, trust_of
from trading.kernel.journal.proof import verify_log_folder
from trading.kernel.journal.reads import CheckpointView
from trading.kernel.journal.sequencer import BATCH, Sequencer
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import Settings
from trading.kernel.signing import PlatformKeys

VERIFY = Goal("e", "verify-again", 1.5)
GROW = Goal("e", "integrate", 0.5, at_least=True)
PROVE = Goal("e", "inclusion-proof", 2.0)
_TWENTY = text("SELECT hash FROM journal_nodes WHERE level = 0 AND index BETWEEN :first AND :first + 19")
_TWIN = (
    "CREATE TABLE bench_leaves (LIKE journal_leaves INCLUDING ALL)",
    "CREATE TABLE bench_nodes (LIKE journal_nodes INCLUDING ALL)",
    "ALTER TABLE bench_leaves ADD FOREIGN KEY (entry_id) REFERENCES journal_entries (id)",
)


def measure(run: Run) -> Iterator[Line]:
    """The three goals over one journal."""
    count = run.size(1_000_000, 2 * BATCH + 300)
    with run.place.database() as urls, asyncio.Runner() as runner:
        settings = run.place.settings(urls)
        log = _Log(urls, settings, PlatformKeys.load(settings.keys.folder, PASSPHRASE), run.folder())
        ids = log.fill(count)
        found = runner.run(log.grow())
        told = {"entries": count, "steps": len(found["integrate"])}
        yield Line(GROW, median_ratio(found, "copy", "integrate"), {**medians(found), **told})
        view = runner.run(log.export())
        found = interleaved({"verify": lambda: timed(log.verify), "2n sha256": lambda: timed(lambda: _raw(2 * count))},
                            run.rounds)  # fmt: skip
        yield Line(VERIFY, median_ratio(found, "verify", "2n sha256"), {**medians(found), "entries": count})
        asked = Random(7).sample(ids, run.size(300, 20))
        found = runner.run(log.prove(view, asked))
        detail = {**medians(found, "ms", 1000), "entries": count, "proofs": len(asked)}
        yield Line(PROVE, median_ratio(found, "proof", "20 rows"), detail)


def _raw(count: int) -> None:
    sha256, data = hashlib.sha256, b"\x01" + bytes(64)
    for _ in range(count):
        sha256(data).digest()


@dataclass
class _Log:
    urls: DatabaseUrls
    settings: Settings
    keys: PlatformKeys
    folder: Path

    def fill(self, count: int) -> list[UUID]:
        """So many entries, as an act would write them, waiting for the sequencer."""
        ids, at = [], system_now()
        with psycopg.connect(self.urls.owner_dsn) as connection, connection.cursor() as cursor:
            for statement in _TWIN:
                cursor.execute(statement.encode())
            columns = "id, action, subject, body, leaf_hash, at"
            with cursor.copy(f"COPY journal_entries ({columns}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
                copy.set_types(["uuid", "text", "text", "bytea", "bytea", "timestamptz"])
                for number in range(count):
                    entry, _ = make_entry(
                        new_id(),
                        at,
                        "bench:thing:noted",
                        subject=f"lot:{number % 1000}",
                        actor={"name": "bench"},
                        payload={"number": number, "digest": f"{number:064x}"},
                        secret={},
                    )
                    body = entry.body
                    copy.write_row((entry.id, entry.action, entry.subject, body, merkle.leaf_hash(body), at))
                    ids.append(entry.id)
        with psycopg.connect(self.urls.owner_dsn, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE journal_entries, journal_pending")
        return ids

    async def grow(self) -> Measured:
        """The sequencer batch by batch, signature and tiles included; after or before each, COPY of as many rows."""
        objects = ObjectStore(self.settings.objects)
        await objects.ensure_bucket()
        sequencer = Sequencer(self.settings, objects, self.keys.journal)
        found: Measured = {"integrate": [], "copy": []}
        twin = psycopg.connect(self.urls.owner_dsn)
        database = Database(self.urls.app_dsn)
        tree, more, number = merkle.Frontier(), True, 0
        try:
            while more:
                leaves, nodes = await _next_rows(database, tree)
                if len(leaves) < BATCH:
                    break
                for name in in_turn(list(found), number):
                    begin = perf_counter()
                    if name == "copy":
                        _copy(twin, leaves, nodes)
                    else:
                        more = await sequencer.step() > 0
                    found[name].append(perf_counter() - begin)
                number += 1
            await sequencer.step()
        finally:
            twin.close()
            await sequencer.close()
            await database.close()
        return found

    async def export(self) -> CheckpointView:
        """The whole log as files."""

        async def put(path: str, data: bytes) -> None:
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

        database = Database(self.urls.app_dsn)
        async with database.transaction() as session:
            trust = trust_of(self.settings.journal, self.keys.journal.public_raw)
            view = await export_log(session, trust, put)
        await database.close()
        return view

    def verify(self) -> None:
        """Offline, from the files alone."""
        verify_log_folder(self.folder)

    async def prove(self, view: CheckpointView, ids: list[UUID]) -> Measured:
        """Proofs one by one, and as many selects, over the same connection."""
        database = Database(self.urls.app_dsn)
        chance = Random(8)
        async with database.transaction() as session:

            async def proof() -> None:
                if await reads.inclusion(session, ids[chance.randrange(len(ids))], view) is None:
                    raise RuntimeError("no proof")

            async def twenty() -> None:
                first = chance.randrange(max(1, view.size - 20))
                (await session.execute(_TWENTY, {"first": first})).all()

            found = await interleaved_async(
                {"proof": lambda: timed_async(proof()), "20 rows": lambda: timed_async(twenty())}, len(ids)
            )
        await database.close()
        return found


async def _next_rows(
    database: Database, tree: merkle.Frontier
) -> tuple[list[tuple[int, UUID]], list[tuple[int, int, bytes]]]:
    """What the sequencer will add next."""
    pending = text(
        "SELECT p.entry_id, e.leaf_hash FROM journal_pending p JOIN journal_entries e ON e.id = p.entry_id "
        "ORDER BY p.seq LIMIT :limit"
    )
    async with database.transaction() as session:
        rows = (await session.execute(pending, {"limit": BATCH})).all()
    leaves = [(index, row.entry_id) for index, row in enumerate(rows, tree.size)]
    return leaves, [node for row in rows for node in tree.append(row.leaf_hash)]


def _copy(
    connection: psycopg.Connection[tuple[object, ...]],
    leaves: list[tuple[int, UUID]],
    nodes: list[tuple[int, int, bytes]],
) -> None:
    with connection.cursor() as cursor:
        with cursor.copy("COPY bench_leaves FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "uuid"])
            for leaf in leaves:
                copy.write_row(leaf)
        with cursor.copy("COPY bench_nodes FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int2", "int8", "bytea"])
            for node in nodes:
                copy.write_row(node)
    connection.commit()
