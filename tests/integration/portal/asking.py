"""A caller that knows only what a wire carries: a request in, a status and a refusal's code out.

It stops reading when the answer has begun to stream, so that live pages can be asked like any other.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import psycopg
from litestar import Litestar
from psycopg import sql

from portal.embedded.cluster import DatabaseUrls
from tests.factories.site import ORIGIN

HOST = ORIGIN.removeprefix("http://")


@dataclass(frozen=True)
class Answered:
    status: int
    code: str
    """Of the refusal; empty where there is none."""
    body: bytes


async def ask(
    app: Litestar, method: str, path: str, headers: dict[str, str], body: bytes = b"", *, wait: float = 20
) -> Answered:
    """One request; refusals of pages too are asked for as JSON."""
    path, _, query = path.partition("?")
    sent = {"host": HOST, "accept": "application/json", "accept-language": "en", "origin": ORIGIN, **headers}
    sent["content-length"] = str(len(body))
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "client": ("198.51.100.7", 1),
        "server": ("platform.local", 80), "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
        "asgi": {"version": "3.0", "spec_version": "2.3"}, "extensions": {},
    }  # fmt: skip
    begun: dict[str, Any] = {}
    parts: list[bytes] = []
    gone, asked = asyncio.Event(), False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.update(message)
            if (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]:
                gone.set()
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                gone.set()

    await asyncio.wait_for(app(scope, receive, send), wait)  # type: ignore[arg-type]  # two spellings of ASGI types
    return _answered(begun["status"], dict(begun["headers"]), b"".join(parts))


def _answered(status: int, headers: dict[bytes, bytes], body: bytes) -> Answered:
    refused = headers.get(b"content-type", b"").startswith(b"application/problem+json")
    return Answered(status, json.loads(body)["code"] if refused else "", body)


def kept(urls: DatabaseUrls) -> dict[str, tuple[int, int]]:
    """Every table's number of rows and a sum over all they hold; a session is counted: its last use is no change."""
    with psycopg.connect(urls.owner_dsn) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        count = sql.SQL("SELECT {text}, count(*), coalesce(sum(hashtext(t::text)), 0) FROM {table} t")
        union = sql.SQL(" UNION ALL ").join(
            count.format(text=sql.Literal(name), table=sql.Identifier(name)) for (name,) in sorted(names)
        )
        found = connection.execute(union).fetchall()
        return {name: (rows, 0 if name == "sessions" else total) for name, rows, total in found}
