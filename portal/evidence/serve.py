"""`GET /v1/lots/{id}/evidence`: the folder as a tar stream, for anyone, once the opening has ended."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from litestar import get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from sqlalchemy import text

from archive import reads as packages
from portal.evidence.archives import Archives
from portal.evidence.gathering import Gathered, gather, standing
from portal.evidence.layout import BAG, MANIFEST, RECEIPTS, Member, journal_path, witnessed_path, write_manifest
from portal.evidence.tar import Content, TarStream
from trading.kernel.db import Database
from trading.kernel.identity import PUBLIC
from trading.kernel.journal import reads as journal
from trading.kernel.journal.proof import CHECKPOINT_FILE, KEYS_FILE, Trust
from trading.kernel.journal.reads import CheckpointView
from trading.kernel.journal.tiles import tiles_of
from trading.kernel.signing import Signer
from trading.web.injected import CurrentSettings, Keys, Objects, Session, WebRequest


async def archive(
    gathered: Gathered, database: Database, signer: Signer, *, packed: bool = False
) -> AsyncIterator[bytes]:
    """The whole archive, member by member; the manifest, which names them all, is signed last."""
    tar = TarStream(gathered.at)
    for member in gathered.evidence.members():
        async for block in tar.member(member):
            yield block
    async for member in log_members(Log(gathered.checkpoint, gathered.trust, gathered.earlier), database):
        async for block in tar.member(member):
            yield block
    yield tar.folder(RECEIPTS)
    if packed:
        yield tar.folder(BAG)
    manifest = write_manifest(gathered.project, gathered.lot, tar.hashes, signer, packed=packed)
    async for block in tar.member(Member(MANIFEST, len(manifest), manifest)):
        yield block
    yield tar.end()


class Log(NamedTuple):
    """How much of the log is shown: up to a checkpoint, with earlier ones by size."""

    checkpoint: CheckpointView
    trust: Trust
    earlier: dict[int, str]


async def log_members(log: Log, database: Database) -> AsyncIterator[Member[Content]]:
    """The log's files up to the checkpoint, each tile in a short transaction of its own: a slow reader holds none."""
    for tile in tiles_of(log.checkpoint.size):
        async with database.transaction() as session:
            data = await journal.tile(session, tile)
        if data is None:
            raise LookupError(f"{tile.path} is not in the database")
        yield Member(journal_path(tile.path), len(data), data)
    texts = {
        journal_path(CHECKPOINT_FILE): log.checkpoint.note,
        journal_path(KEYS_FILE): str(log.trust),
        **{witnessed_path(size): note for size, note in log.earlier.items()},
    }
    for path, note in texts.items():
        data = note.encode()
        yield Member(path, len(data), data)


@get("/v1/lots/{lot_id:uuid}/evidence", opt=PUBLIC)
async def evidence(
    *,
    request: WebRequest,
    session: Session,
    objects: Objects,
    keys: Keys,
    settings: CurrentSettings,
    lot_id: FromPath[UUID],
) -> Stream:
    """Everything that shows how a lot was opened, drawn for and evaluated."""
    database: Database = request.app.state["database"]

    async def put_together() -> AsyncIterator[bytes]:
        async with database.transaction() as own:
            # Documents and journal as of one instant: nothing may be said that the checkpoint does not have yet.
            await own.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            told = await standing(own, lot_id)
            gathered = await gather(
                own,
                told,
                objects=objects,
                keys=keys,
                settings=settings.journal,
                base_url=settings.web.base_url,
            )
            package = await packages.package_of(own, told.project_id)
        packed = package is not None and package.state == "sealed"
        return archive(gathered, database, keys.export, packed=packed)

    headers = {
        "content-disposition": f'attachment; filename="evidence-{lot_id}.tar"',
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    blocks = await _archives(request.app.state).open((await standing(session, lot_id)).key, put_together)
    return Stream(blocks, media_type="application/x-tar", headers=headers)


def _archives(state: State) -> Archives:
    """One for the process, from the first request on."""
    if "archives" not in state:
        state["archives"] = Archives()
    archives: Archives = state["archives"]
    return archives


ROUTES: tuple[ControllerRouterHandler, ...] = (evidence,)
