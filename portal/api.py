"""What programs ask of the platform as a whole: time, health, and the journal as static tiles (C2SP tlog-tiles)."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from portal import health
from portal.evidence.serve import evidence
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import NotFound
from trading.kernel.identity import PUBLIC
from trading.kernel.journal import reads as journal
from trading.kernel.journal.tiles import TileError, parse_path
from trading.web.injected import CurrentSettings, Session

_FOR_GOOD = "public, max-age=31536000, immutable"


@get("/v1/time", opt=PUBLIC)
async def time(session: Session) -> Response[dict[str, str]]:
    """Platform time, which every deadline is measured by."""
    return Response({"now": rfc3339(await platform_now(session))}, headers={"cache-control": "no-store"})


@get("/v1/journal/checkpoint", opt=PUBLIC)
async def checkpoint(session: Session) -> Response[str]:
    """The newest signed checkpoint with its cosignatures."""
    newest = await journal.latest_checkpoint(session)
    if newest is None:
        raise NotFound
    return Response(newest.note, media_type="text/plain; charset=utf-8", headers={"cache-control": "no-store"})


@get("/v1/journal/keys", opt=PUBLIC, sync_to_thread=False)
def log_keys(settings: CurrentSettings) -> dict[str, Any]:
    """The journal's name and the witnesses it is pinned to."""
    return {
        "origin": settings.journal.origin,
        "witnesses": list(settings.journal.witnesses),
        "witness_urls": list(settings.journal.witness_urls),
        "quorum": settings.journal.quorum,
    }


@get("/v1/journal/tile/{path:path}", opt=PUBLIC)
async def tile(session: Session, path: FromPath[str]) -> Response[bytes]:
    """A tile or a bundle of entries; it never changes."""
    try:
        wanted = parse_path(f"tile/{path.lstrip('/')}")
    except TileError as error:
        raise NotFound from error
    data = await journal.tile(session, wanted)
    if data is None:
        raise NotFound
    return Response(data, media_type="application/octet-stream", headers={"cache-control": _FOR_GOOD})


ROUTES = (*health.ROUTES, time, checkpoint, log_keys, tile, evidence)
