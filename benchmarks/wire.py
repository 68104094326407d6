"""HTTP/1.1 over one connection with as little work as possible: the client shares the cores with what it measures."""

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """Status, headers by lower-case name, body as sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Asked(NamedTuple):
    """A request as bytes."""

    raw: bytes


def request(address: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Asked:
    """One request to an address such as `http://127.0.0.1:8000`."""
    sent = {"host": urlsplit(address).netloc, "accept-language": "zh-CN", **(headers or {})}
    if body or method != "GET":
        sent["content-length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return Asked("\r\n".join(lines).encode() + body)


class Wire:
    """One connection, one request at a time."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer to it."""
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(asked.raw)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()


async def closed_loop(wires: Sequence[Wire], asked: Sequence[Asked], status: int) -> tuple[float, list[float]]:
    """Every connection asks as soon as it was answered: seconds for all, and of each."""
    waiting, taken = iter(asked), list[float]()

    async def one(wire: Wire) -> None:
        for item in waiting:
            begin = perf_counter()
            answer = await wire.ask(item)
            taken.append(perf_counter() - begin)
            _expect(answer, status)

    begin = perf_counter()
    await asyncio.gather(*(one(wire) for wire in wires))
    return perf_counter() - begin, taken


async def open_loop(wires: Sequence[Wire], asked: Sequence[Asked], status: int, *, rate: float) -> list[float]:
    """So many a second, whether or not the one before is answered: seconds of each from when it was due."""
    free, taken = asyncio.Queue[Wire](), list[float]()
    for wire in wires:
        free.put_nowait(wire)

    async def one(item: Asked, due: float) -> None:
        wire = await free.get()
        answer = await wire.ask(item)
        taken.append(perf_counter() - due)
        free.put_nowait(wire)
        _expect(answer, status)

    begin = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, item in enumerate(asked):
            due = begin + number / rate
            await asyncio.sleep(max(0.0, due - perf_counter()))
            group.create_task(one(item, due))
    return taken


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise RuntimeError(f"answered {answer.status}, not {status}: {answer.body[:300]!r}")
