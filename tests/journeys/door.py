"""nginx where the system has it; elsewhere a proxy that reads the same nginx.conf and keeps its rules.

The rules that matter to whoever dies behind it: turn by turn, one that does not answer is left alone for a while, and
a request that may have been acted upon is never sent twice unless that is harmless.

    python -m tests.journeys.door -c nginx.conf
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import time
from pathlib import Path

HARMLESS = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
_LONGEST_HEAD = 65536
_CONNECT_SECONDS = 2.0
LATER = b"HTTP/1.1 502 Bad Gateway\r\nretry-after: 3\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def nginx() -> str | None:
    """The system's nginx."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def door_command(conf: Path) -> str:
    """What stands for `nginx`, as words of a shell."""
    return f'"{nginx()}" -e stderr -c "{conf}"' if nginx() else f'"{sys.executable}" -m tests.journeys.door -c "{conf}"'


def mime_types() -> Path:
    """Of the nginx that was found."""
    return Path(found).parents[2] / "etc" / "nginx" / "mime.types" if (found := nginx()) else Path("/dev/null")


class Upstream:
    """One web process as the proxy sees it."""

    def __init__(self, address: str, most: int, pause: float) -> None:
        host, _, port = address.partition(":")
        self.host, self.port, self._most, self._pause = host, int(port), most, pause
        self._failures, self._until = 0, 0.0

    @property
    def rests(self) -> bool:
        return time.monotonic() < self._until

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._most:
            self._failures, self._until = 0, time.monotonic() + self._pause

    def answered(self) -> None:
        self._failures = 0


class Door:
    """The proxy of one nginx.conf."""

    def __init__(self, conf: str, listen: str) -> None:
        servers = re.findall(r"server (\S+:\d+) max_fails=(\d+) fail_timeout=(\d+)s;", conf)
        self._upstreams = [Upstream(address, int(most), float(pause)) for address, most, pause in servers]
        locations = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m", conf)
        self._limits = [(re.compile(pattern), int(size) << 20) for pattern, size in locations]
        self._turn = 0
        [(self.host, port)] = re.findall(r"listen ([\d.]+):(\d+);", listen)
        self.port = int(port)

    async def serve(self) -> None:
        server = await asyncio.start_server(self._visitor, self.host, self.port, limit=_LONGEST_HEAD)
        async with server:
            await server.serve_forever()

    async def _visitor(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._request(reader, writer)
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        size = int(dict(headers).get("content-length", "0"))
        path = target.split("?")[0]
        if path.startswith("/health/"):
            writer.write(NOT_FOUND)
        elif size > next((most for pattern, most in self._limits if pattern.search(path)), 1 << 20):
            writer.write(TOO_LARGE)
        else:
            body = await reader.readexactly(size)
            kept = [pair for pair in headers if pair[0] not in {"x-forwarded-for", "connection"}]
            kept += [("x-forwarded-for", writer.get_extra_info("peername")[0]), ("connection", "close")]
            head = "".join([f"{first}\r\n", *(f"{name}: {value}\r\n" for name, value in kept), "\r\n"])
            await self._pass_on(method, head.encode("latin-1") + body, writer)
        await writer.drain()

    async def _pass_on(self, method: str, message: bytes, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        turns = self._upstreams[self._turn % 2 :] + self._upstreams[: self._turn % 2]
        for upstream in [one for one in turns if not one.rests] or turns:
            try:
                connecting = asyncio.open_connection(upstream.host, upstream.port, local_addr=(self.host, 0))
                inner, outer = await asyncio.wait_for(connecting, _CONNECT_SECONDS)
            except OSError:
                upstream.failed()
                continue
            try:
                outer.write(message)
                await outer.drain()
                piece = await inner.read(65536)
            except OSError:
                piece = b""
            if piece:
                upstream.answered()
                while piece:
                    writer.write(piece)
                    await writer.drain()
                    piece = await inner.read(65536)
                outer.close()
                return
            outer.close()
            upstream.failed()
            if method not in HARMLESS:
                break
        writer.write(LATER)


if __name__ == "__main__":
    written = Path(sys.argv[sys.argv.index("-c") + 1]).read_text(encoding="utf-8")
    [pid] = re.findall(r"^pid (\S+);", written, flags=re.MULTILINE)
    Path(pid).write_text(f"{os.getpid()}\n")
    [include] = re.findall(r"include (\S+listen\.conf);", written)
    asyncio.run(Door(written, Path(include).read_text(encoding="utf-8")).serve())
