"""Server-sent events over `kernel.live`: numbered, resumed by Last-Event-ID, the right to listen checked throughout.

Handlers call `trading.parties.listening.listen`, which knows what the right to listen is.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.response import ServerSentEvent, ServerSentEventMessage

from trading.kernel.live import LiveEvent, LiveHub
from trading.web.address import address_of
from trading.web.site import site_of

Admits = Callable[[], Awaitable[bool]]


def last_event_id(request: Request[Any, Any, Any]) -> int:
    """Where the viewer left off: the header a browser sends on reconnect, or `?after=`."""
    value = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0


async def _messages(
    hub: LiveHub, stream: str, after: int, admits: Admits, place: Callable[[], AbstractContextManager[bool]]
) -> AsyncIterator[ServerSentEventMessage]:
    with place() as taken:
        if not taken:
            return
        # Closed here and now when the viewer goes, not when the collector finds it.
        async with aclosing(cast("AsyncGenerator[LiveEvent | None]", hub.follow(stream, after))) as following:
            async for event in following:
                if event is None:
                    if not await admits():
                        return
                    yield ServerSentEventMessage(comment="still here")
                else:
                    yield ServerSentEventMessage(
                        id=str(event.seq), event=event.kind, data=msgspec.json.encode(event.data).decode()
                    )


def live_response(request: Request[Any, Any, Any], stream: str, *, admits: Admits) -> ServerSentEvent:
    """A response that follows a stream for ever; it ends when `admits` says the viewer may no longer listen."""
    streams, address = site_of(request).streams, address_of(request)
    streams.demand_room(address)
    hub: LiveHub = request.app.state.hub
    messages = _messages(hub, stream, last_event_id(request), admits, lambda: streams.held(address))
    return ServerSentEvent(messages, headers={"cache-control": "no-store"})
