"""The sequencer: gives new entries their place in the tree, and signs for the tree only what can never be lost.

One at a time. In this order, each step durable before the next: the leaves, nodes and the checkpoint's text in one
transaction; the tiles copied off the database; the signature; the witnesses' cosignatures. At its start it asks
the witnesses for the largest tree they saw, and with a database behind that, or another than that, it takes and
signs nothing (a restored backup must first have its leaves replayed).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel import merkle
from trading.kernel.db import Database
from trading.kernel.journal import reads
from trading.kernel.journal.actions import JOURNAL, Action, append
from trading.kernel.journal.checkpoint import Checkpoint, parse_checkpoint
from trading.kernel.journal.export import trust_of
from trading.kernel.journal.note import parse_note, sign_note
from trading.kernel.journal.proof import CHECKPOINT_FILE
from trading.kernel.journal.reads import CheckpointView
from trading.kernel.journal.tiles import Tile, tiles_of
from trading.kernel.journal.witness_client import WitnessClient, WitnessKnows, WitnessRefused, WitnessSilent
from trading.kernel.locks import lock
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import Settings
from trading.kernel.signing import Signer

log = structlog.get_logger()

LOG_RESUMED = Action("journal:log:resumed", "kernel")
BATCH = 5000
_STALE = timedelta(seconds=4)
"""A witness refuses a checkpoint older than five seconds."""
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 600.0


class SequencerHalted(Exception):
    """Nothing is taken and nothing signed; `code` is `behind`, `forked`, `witnesses_silent` or `moved`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Sequencer:
    """`step()` does all there is to do now; whoever calls it holds the duty."""

    def __init__(self, settings: Settings, objects: ObjectStore, signer: Signer) -> None:
        self._origin = settings.journal.origin
        self._trust = trust_of(settings.journal, signer.public_raw)
        self._objects, self._signer = objects, signer
        self._database = Database(settings.database.sequencer, pool_size=1)
        pairs = zip(self._trust.witnesses, settings.journal.witness_urls, strict=True)
        self._witnesses = [WitnessClient(verifier, url) for verifier, url in pairs]
        self._tree: merkle.Frontier | None = None
        self._copied = 0
        self._pause = _FIRST_PAUSE
        self._resume_after = 0.0

    async def step(self) -> int:
        """Take, sign, have cosigned; returns how many entries when more are probably waiting, else 0."""
        try:
            tree = self._tree or await self._start()
            taken = await self._integrate(tree)
            await self._sign()
        except BaseException:
            self._tree = None  # what is in memory may be more than was committed
            raise
        await self._have_cosigned()
        return taken if taken == BATCH else 0

    async def close(self) -> None:
        for witness in self._witnesses:
            await witness.close()
        await self._database.close()

    async def _start(self) -> merkle.Frontier:
        """The tree as stored, if it is not less and not other than what witnesses have cosigned."""
        seen = await asyncio.gather(*(self._largest(witness) for witness in self._witnesses))
        answered = [answer for heard, answer in seen if heard]
        # Any checkpoint with its quorum shares a witness with every set of this many.
        enough = len(self._witnesses) - self._trust.quorum + 1 if self._witnesses else 0
        if len(answered) < enough:
            raise SequencerHalted("witnesses_silent", f"{len(answered)} of {enough} witnesses needed answered")
        async with self._database.transaction() as session:
            size = await _size(session)
            for cosigned in filter(None, answered):
                if cosigned.size > size:
                    raise SequencerHalted("behind", f"{size} leaves here, {cosigned.size} witnessed")
                if await reads.root_at(session, cosigned.size) != cosigned.root:
                    raise SequencerHalted("forked", f"another tree of {cosigned.size} was witnessed")
            self._copied = (await session.execute(_SIGNED_SIZE)).scalar_one()
            wanted = merkle.full_nodes(0, size)
            nodes = await reads.nodes(session, wanted)
        self._tree = merkle.Frontier(size, [nodes[key] for key in wanted])
        return self._tree

    async def _largest(self, witness: WitnessClient) -> tuple[bool, Checkpoint | None]:
        try:
            checkpoint = await witness.largest(self._trust.log)
        except WitnessSilent as error:
            log.warning("witness_silent", detail=str(error))
            return False, None
        witness.known = checkpoint.size if checkpoint else 0
        return True, checkpoint

    async def _integrate(self, tree: merkle.Frontier) -> int:
        """Leaves, nodes and the checkpoint's text, in one transaction."""
        async with self._database.transaction() as session:
            await lock(session, "journal:sequence")
            rows = (await session.execute(_PENDING, {"limit": BATCH})).all()
            if not rows:
                return 0
            if await _size(session) != tree.size:
                raise SequencerHalted("moved", "the stored tree is not the one in memory")
            first = tree.size
            nodes = [node for row in rows for node in tree.append(row.leaf_hash)]
            raw = (await (await session.connection()).get_raw_connection()).driver_connection
            assert isinstance(raw, AsyncConnection)
            async with raw.cursor() as cursor:
                async with cursor.copy(_COPY_LEAVES) as copy:
                    copy.set_types(["int8", "uuid"])
                    for index, row in enumerate(rows, first):
                        await copy.write_row((index, row.entry_id))
                async with cursor.copy(_COPY_NODES) as copy:
                    copy.set_types(["int2", "int8", "bytea"])
                    for node in nodes:
                        await copy.write_row(node)
            await session.execute(_TAKEN, {"seqs": [row.seq for row in rows]})
            checkpoint = await self._checkpoint(session, tree)
            await session.execute(
                _CHECKPOINT,
                {"size": checkpoint.size, "root": checkpoint.root, "at": checkpoint.time, "body": checkpoint.text},
            )
        return len(rows)

    async def _checkpoint(self, session: AsyncSession, tree: merkle.Frontier) -> Checkpoint:
        now, offset = (await session.execute(_TIME)).one()
        time = now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000)
        bare = Checkpoint(self._origin, tree.size, tree.root(), time)
        return replace(bare, offset_ms=offset) if bare.demonstration else bare

    async def _sign(self) -> None:
        """Copy what the newest checkpoint needs off the database, then sign it."""
        async with self._database.transaction() as session:
            row = (await session.execute(_UNSIGNED)).one_or_none()
            if row is None:
                return
            tiles = {tile: await reads.tile(session, tile) for tile in tiles_of(row.size, self._copied)}
        await asyncio.gather(*(self._copy(tile, data) for tile, data in tiles.items()))
        line = sign_note(row.body, self._trust.log, self._signer.sign)
        async with self._database.transaction() as session:
            await session.execute(_SIGNATURE, {"size": row.size, "line": str(line)})
        replaced = {tile for tile in tiles_of(self._copied) if tile.partial} - set(tiles_of(row.size))
        self._copied = row.size
        await asyncio.gather(*(self._objects.delete_at(self._key(tile.path)) for tile in replaced))

    async def _copy(self, tile: Tile, data: bytes | None) -> None:
        if data is None:
            raise SequencerHalted("moved", f"{tile.path} is not in the database")
        await self._objects.put_at(self._key(tile.path), data)

    def _key(self, path: str) -> str:
        return f"journal/{self._origin}/{path}"

    async def _have_cosigned(self) -> None:
        """Show the newest checkpoint to every witness that has not cosigned it."""
        if not self._witnesses:
            return
        async with self._database.transaction() as session:
            newest = await reads.latest_checkpoint(session)
            if newest is None or newest.witnesses == len(self._witnesses):
                return
            clock: datetime = (await session.execute(_CLOCK)).scalar_one()
        checkpoint = parse_checkpoint(parse_note(newest.note).text)
        assert checkpoint.time is not None
        age = clock - (checkpoint.time - timedelta(milliseconds=checkpoint.offset_ms or 0))
        waiting = [witness for witness in self._witnesses if not witness.resting]
        if age <= _STALE:
            lines = await asyncio.gather(*(self._show(witness, newest) for witness in waiting))
            if any(lines):
                self._pause = _FIRST_PAUSE
                async with self._database.transaction() as session:
                    note = await reads.checkpoint_at(session, newest.size)
                assert note is not None
                await self._objects.put_at(self._key(CHECKPOINT_FILE), note.note.encode())
        elif newest.witnesses < self._trust.quorum:
            await self._resume(waiting)

    async def _show(self, witness: WitnessClient, newest: CheckpointView) -> bool:
        note = parse_note(newest.note)
        if any(line.by(witness.verifier) for line in note.signatures):
            return False
        for _ in range(2):
            async with self._database.transaction() as session:
                path = await reads.consistency(session, witness.known, newest.size)
            try:
                line, at = await witness.cosign(witness.known, path, note)
            except WitnessKnows as known:
                if known.size > newest.size:
                    self._tree = None
                    raise SequencerHalted("behind", f"{newest.size} signed, {known.size} witnessed") from known
                witness.known = known.size
                continue
            except WitnessRefused as error:
                log.warning("witness_refused", witness=witness.verifier.name, size=newest.size, detail=str(error))
                witness.rest()
                return False
            except WitnessSilent as error:
                log.warning("witness_silent", detail=str(error))
                witness.rest()
                return False
            witness.known = newest.size
            parameters = {"size": newest.size, "witness": witness.verifier.name, "line": str(line), "at": at}
            async with self._database.transaction() as session:
                await session.execute(_COSIGNATURE, parameters)
            return True
        return False

    async def _resume(self, witnesses: list[WitnessClient]) -> None:
        """A checkpoint that missed its witnesses is too old for them now: one entry more makes a new one."""
        if monotonic() < self._resume_after:
            return
        self._resume_after = monotonic() + self._pause
        heard = [heard for heard, _ in await asyncio.gather(*(self._largest(witness) for witness in witnesses))]
        if any(heard):
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            async with self._database.transaction() as session:
                await append(session, JOURNAL, LOG_RESUMED, subject=f"journal:{self._origin}")


async def _size(session: AsyncSession) -> int:
    size: int = (await session.execute(_SIZE)).scalar_one()
    return size


_SIZE = text("SELECT coalesce(max(index) + 1, 0) FROM journal_leaves")
_SIGNED_SIZE = text("SELECT coalesce(max(size), 0) FROM journal_signatures")
_PENDING = text(
    "SELECT p.seq, p.entry_id, e.leaf_hash FROM journal_pending p JOIN journal_entries e ON e.id = p.entry_id "
    "ORDER BY p.seq LIMIT :limit"
)
_COPY_LEAVES = "COPY journal_leaves (index, entry_id) FROM STDIN (FORMAT BINARY)"
_COPY_NODES = "COPY journal_nodes (level, index, hash) FROM STDIN (FORMAT BINARY)"
_TAKEN = text("DELETE FROM journal_pending WHERE seq = ANY(CAST(:seqs AS bigint[]))")
_TIME = text("SELECT platform_now(), platform_offset_ms()")
_CLOCK = text("SELECT clock_timestamp()")
_CHECKPOINT = text("INSERT INTO journal_checkpoints (size, root, at, body) VALUES (:size, :root, :at, :body)")
_UNSIGNED = text(
    "SELECT size, body FROM journal_checkpoints WHERE size > (SELECT coalesce(max(size), 0) FROM journal_signatures) "
    "ORDER BY size DESC LIMIT 1"
)
_SIGNATURE = text("INSERT INTO journal_signatures (size, line) VALUES (:size, :line)")
_COSIGNATURE = text(
    "INSERT INTO journal_cosignatures (size, witness, at, line) VALUES (:size, :witness, to_timestamp(:at), :line) "
    "ON CONFLICT DO NOTHING"
)
