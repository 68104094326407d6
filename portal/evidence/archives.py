"""Archives put together once and handed to everyone (证据缓存), so that asking costs the platform little.

Evidence stays the same until something more happens to its lot, so an archive is known by its final checkpoint. Whoever
asks while it is being put together reads along; if he leaves, it is finished for the others. Only a few are put
together at a time, and the last few are kept, in a folder that goes with the process.
"""

import asyncio
import shutil
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from io import FileIO
from pathlib import Path

from portal.evidence.errors import EvidenceBusy

AT_ONCE = 2
KEPT = 4
_BLOCK = 1024 * 1024

Blocks = AsyncIterator[bytes]
Gather = Callable[[], Awaitable[Blocks]]
"""Reads what is needed, or refuses; then gives the archive block by block."""


class Archive:
    """One file, growing or whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, 0
        self._grown = asyncio.Condition()
        self._gathered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._error: BaseException | None = None
        self.done = False
        path.touch()

    @property
    def failed(self) -> bool:
        """Whether it could not be put together."""
        return self._error is not None

    async def fill(self, gather: Gather) -> None:
        """To the end, or to the first error, which everyone who waits or reads gets."""
        try:
            blocks = await gather()
            self._gathered.set_result(None)
            with self._path.open("wb", buffering=0) as file:
                async for block in blocks:
                    await asyncio.to_thread(file.write, block)
                    await self._grow(len(block))
        except BaseException as error:  # noqa: BLE001 - whoever waits or reads raises it
            self._error = error
            if not self._gathered.done():
                self._gathered.set_exception(error)
                self._gathered.exception()
        finally:
            self.done = True
            await self._grow(0)

    async def _grow(self, size: int) -> None:
        async with self._grown:
            self._size += size
            self._grown.notify_all()

    async def gathered(self) -> None:
        """Returns when the first byte can be sent; raises what refused it."""
        await asyncio.shield(self._gathered)

    def read(self) -> Blocks:
        """From the start, as far as it is, and then along with it; opened now, since it may be forgotten meanwhile."""
        return self._read(self._path.open("rb", buffering=0))

    async def _read(self, file: FileIO) -> Blocks:
        at = 0
        with file:
            while True:
                await self._more(at)
                if self._error is not None:
                    raise self._error
                if at == self._size:
                    return
                block = await asyncio.to_thread(file.read, min(_BLOCK, self._size - at))
                at += len(block)
                yield block

    async def _more(self, at: int) -> None:
        async with self._grown:
            await self._grown.wait_for(lambda: self.done or self._size > at)

    def forget(self) -> None:
        """The file goes; who reads it goes on reading."""
        self._path.unlink(missing_ok=True)


class Archives:
    """The archives of this process."""

    def __init__(self, *, at_once: int = AT_ONCE, kept: int = KEPT) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="trading-evidence-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._at_once, self._kept, self._made = at_once, kept, 0
        self._known: OrderedDict[Hashable, Archive] = OrderedDict()
        self._filling: set[asyncio.Task[None]] = set()

    async def open(self, key: Hashable, gather: Gather) -> Blocks:
        """The archive of this key, put together if nobody has yet."""
        archive = self._known.get(key)
        if archive is None or archive.failed:
            archive = self._begin(key, gather)
        self._known.move_to_end(key)
        await archive.gathered()
        return archive.read()

    def _begin(self, key: Hashable, gather: Gather) -> Archive:
        if len(self._filling) >= self._at_once:
            raise EvidenceBusy
        for old in [name for name, archive in self._known.items() if archive.done][: -self._kept + 1 or None]:
            self._known.pop(old).forget()
        self._made += 1
        archive = self._known[key] = Archive(self._folder / f"{self._made}.tar")
        task = asyncio.create_task(archive.fill(gather))
        self._filling.add(task)
        task.add_done_callback(self._filling.discard)
        return archive
