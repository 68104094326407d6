"""Advisory transaction locks: sorted so that two takers of several cannot deadlock, with a timeout."""

from hashlib import sha256

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.db import KEEPALIVE
from trading.kernel.errors import Busy

_LOCK_NOT_AVAILABLE = "55P03"
_SERVER_LOOKS = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


def lock_key(name: str) -> int:
    """A name's 64-bit signed key, the same in SQL written by hand and here."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


async def lock(session: AsyncSession, *names: str, shared: bool = False, timeout_ms: int = 3000) -> None:
    """Hold the named locks until the transaction ends; `Busy` after `timeout_ms`."""
    await session.execute(text("SELECT set_config('lock_timeout', :ms, true)"), {"ms": f"{timeout_ms}ms"})
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    for key in sorted(lock_key(name) for name in names):
        try:
            await session.execute(text(f"SELECT {function}(:key)"), {"key": key})  # one of two literals
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise Busy from error
            raise


class Leadership:
    """A named duty that one process at a time holds, by a session-level advisory lock on its own connection.

    A process that is killed loses it at once. One whose machine lost its power loses it when the server sees that the
    line is dead, which it is told to look for.
    """

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._mine = False

    async def held(self) -> bool:
        """Take the duty, or see that it is still ours; False while another process has it or the database is away."""
        try:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, options=_SERVER_LOOKS, **KEEPALIVE
                )
                self._mine = False
            if self._mine:
                await self._connection.execute("SELECT 1")
            else:
                row = await (
                    await self._connection.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(self._name)])
                ).fetchone()
                self._mine = bool(row and row[0])
        except psycopg.OperationalError:
            await self.release()
            return False
        return self._mine

    async def release(self) -> None:
        """Let another process take over, at once: the lock is given back before the line is closed.

        A server notices a closed line a moment later than the client has closed it.
        """
        connection, self._connection = self._connection, None
        mine, self._mine = self._mine, False
        if connection is None:
            return
        try:
            if mine and not connection.broken:
                await connection.execute("SELECT pg_advisory_unlock(%s)", [lock_key(self._name)])
        except psycopg.OperationalError:
            pass  # the server is away, and the lock with it
        finally:
            await connection.close()
