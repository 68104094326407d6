"""Whether a process lives and can serve: asked by container health checks and load balancers, and telling nothing else.

Workers and relays, which listen nowhere, have a pulse instead (`portal.pulse`).
"""

import asyncio
from typing import Any

from litestar import Request, Response, get
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.pulse import LIVE, READY
from trading.kernel.db import Database
from trading.kernel.identity import PUBLIC

_PATIENCE = 2.0
_NOT_KEPT = {"cache-control": "no-store"}


@get(LIVE, opt=PUBLIC, sync_to_thread=False)
def live() -> Response[str]:
    """Whether this process answers."""
    return Response("ok\n", media_type="text/plain", headers=_NOT_KEPT)


@get(READY, opt=PUBLIC)
async def ready(request: Request[Any, Any, Any]) -> Response[str]:
    """Whether this process answers, and its database answers it."""
    database: Database = request.app.state.database
    try:
        async with asyncio.timeout(_PATIENCE), database.transaction() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, TimeoutError):
        return Response("not ready\n", status_code=503, media_type="text/plain", headers=_NOT_KEPT)
    return Response("ok\n", media_type="text/plain", headers=_NOT_KEPT)


ROUTES = (live, ready)
