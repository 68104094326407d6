"""Server-sent events over `kernel.live`: numbered, resumed by Last-Event-ID, the right to listen checked throughout."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request
from litestar.response import ServerSentEvent, ServerSentEventMessage

from trading.kernel.live import LiveHub

Admits = Callable[[], Awaitable[bool]]


def last_event_id(request: Request[Any, Any, Any]) -> int:
    """Where the viewer left off: the header a browser sends on reconnect, or `?after=`."""
    value = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    return int(value) if value.isdigit() else 0


async def _messages(
    hub: LiveHub, stream: str, after: int, admits: Admits | None
) -> AsyncIterator[ServerSentEventMessage]:
    async for event in hub.follow(stream, after):
        if event is None:
            if admits is not None and not await admits():
                return
            yield ServerSentEventMessage(comment="still here")
        else:
            yield ServerSentEventMessage(
                id=str(event.seq), event=event.kind, data=msgspec.json.encode(event.data).decode()
            )


def live_response(hub: LiveHub, stream: str, *, after: int, admits: Admits | None = None) -> ServerSentEvent:
    """A response that follows a stream for ever; it ends when `admits` says the viewer may no longer listen."""
    return ServerSentEvent(_messages(hub, stream, after, admits), headers={"cache-control": "no-store"})
