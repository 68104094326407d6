"""Live pages end with the right to see them (R51): every few seconds an open stream asks whether its session stands.

    @get("/lots/{lot_id:uuid}/ceremony/events", opt=allow("official"))
    async def events(request: WebRequest, lot_id: FromPath[UUID]) -> ServerSentEvent:
        return listen(request, f"ceremony:{lot_id}")

A visitor who is nobody stays nobody; one who signed in is cut off where the session, the account or the membership has
ended, on public streams too: his browser comes back as whoever he is then.
"""

from typing import Any

from litestar import Request
from litestar.response import ServerSentEvent

from trading.kernel.db import Database
from trading.parties import reads
from trading.web.guard import actor_of
from trading.web.sse import Admits, live_response


def listen(request: Request[Any, Any, Any], stream: str) -> ServerSentEvent:
    """Follow a stream for as long as whoever asks may."""
    return live_response(request, stream, admits=_standing(request))


def _standing(request: Request[Any, Any, Any]) -> Admits:
    actor = actor_of(request)
    database: Database = request.app.state.database
    token = request.headers.get("authorization", "").partition(" ")[2]

    async def stands() -> bool:
        if not actor.signed_in:
            return True
        async with database.transaction() as session:
            if actor.session_id is None:  # a program: its token, account and membership
                return await reads.actor_for_bearer(session, token) is not None
            return await reads.session_stands(session, actor)

    return stands
