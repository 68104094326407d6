"""The witness (见证程序): a process of its own, on a machine of its own, with a folder and no other address.

It knows neither the platform's database nor its store. It answers `POST /add-checkpoint` (C2SP tlog-witness),
`GET /checkpoint?origin=…` with the largest checkpoint it cosigned, where sealers, trustees and `verify` fetch
the log's state past the platform, and `GET /key`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from granian.constants import Interfaces
from granian.server.embed import Server

from trading.kernel.journal.add_checkpoint import LARGEST, PATH
from trading.kernel.journal.cosigner import Answer, Cosigner, prepare

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LINGER = 0.3  # the server's own threads end after it returned; leaving under them makes a noise on stderr
_NOT_FOUND = Answer(HTTPStatus.NOT_FOUND, "not found\n")
_TOO_LARGE = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large\n")


def create_app(cosigner: Cosigner) -> App:
    """The ASGI application of one witness; one process only, for it judges one request at a time."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = await _answer(cosigner, scope, receive)
        body = answer.body.encode()
        headers = [(b"content-type", answer.media_type.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _answer(cosigner: Cosigner, scope: Scope, receive: Receive) -> Answer:
    match (scope["method"], scope["path"]):
        case ("POST", path) if path == PATH:
            body = await _read(receive)
            return _TOO_LARGE if body is None else cosigner.add_checkpoint(body)
        case ("GET", "/checkpoint"):
            origins = parse_qs(scope["query_string"].decode("ascii", "replace")).get("origin", [])
            note = cosigner.latest(origins[0]) if origins else None
            return Answer(HTTPStatus.OK, str(note)) if note else _NOT_FOUND
        case ("GET", "/key"):
            return Answer(HTTPStatus.OK, f"{cosigner.verifier}\n")
        case _:
            return _NOT_FOUND


async def _read(receive: Receive) -> bytes | None:
    """The body, or None when it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def run(folder: Path, port: int, *, origin: str, log_key: str, name: str = "", host: str = "127.0.0.1") -> None:
    """Witness one log until SIGTERM or SIGINT; `log_key` is its public key in hex, pinned at the first start."""
    prepare(folder, origin=origin, log_key=log_key, name=name)

    async def serve(cosigner: Cosigner) -> None:
        server = Server(create_app(cosigner), host, port, interface=Interfaces.ASGINL, log_enabled=False)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        await server.serve()
        await asyncio.sleep(_LINGER)

    with Cosigner(folder) as cosigner:
        asyncio.run(serve(cosigner))
