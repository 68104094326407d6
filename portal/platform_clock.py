"""Platform time for showing: the system clock plus, in a demonstration, the offset of the database, read each second.

Decisions never use it; they read `platform_now()` in the transaction that decides.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from trading.kernel.clock import clock_offset_ms, system_now
from trading.kernel.db import Database

_EVERY_SECONDS = 1.0


class PlatformClock:
    """What pages print as "now"."""

    def __init__(self, database: Database, *, moves: bool) -> None:
        self._database, self._moves = database, moves
        self._offset = timedelta()
        self._task: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """Platform time as well as this process knows it."""
        return system_now() + self._offset

    async def refresh(self) -> None:
        """Read the offset."""
        async with self._database.transaction() as session:
            self._offset = timedelta(milliseconds=await clock_offset_ms(session))

    async def start(self) -> None:
        """Follow the offset where it can move."""
        if self._moves:
            await self.refresh()
            self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            with contextlib.suppress(OperationalError):
                await self.refresh()

    async def stop(self) -> None:
        """End following."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
