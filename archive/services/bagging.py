"""A bag written as one tar (POSIX ustar), the same bytes for the same files; nothing larger than a block is held.

RFC 8493 §4: serialised, a bag is one folder of its own name.
"""

import asyncio
import hashlib
import tarfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from io import BufferedWriter
from typing import NamedTuple

from archive.proof.bagit import ALGORITHMS, Digests, tag_files, tag_manifest_name
from archive.proof.bagit import manifest_text as listed

_BLOCK = tarfile.BLOCKSIZE


class Part(NamedTuple):
    """A file of the payload: its content, or how it is read when its turn comes."""

    path: str
    size: int
    content: bytes | Callable[[], AsyncIterator[bytes]]
    restricted: bool = False


class ContentChanged(Exception):
    """What was read is not what the inventory says: the bag must not be finished."""


class BagWriter:
    """Writes payload files one after another and remembers their digests; tag files come last."""

    def __init__(self, file: BufferedWriter, name: str, at: datetime, said: Callable[[int], None]) -> None:
        self._file, self._name, self._mtime, self._said = file, name, int(at.timestamp()), said
        self._whole = hashlib.sha256()
        self.size = 0
        self.files: dict[str, Digests] = {}

    @property
    def digest(self) -> str:
        """SHA-256 of the whole tar."""
        return self._whole.hexdigest()

    async def add(self, part: Part) -> Digests:
        """A file's header, content and padding."""
        await self._write(self._header(part.path, part.size))
        sha256, sha512, seen = hashlib.sha256(), hashlib.sha512(), 0
        async for block in blocks_of(part):
            await asyncio.to_thread(_feed, block, sha256, sha512)
            await self._write(block)
            seen += len(block)
        if seen != part.size:
            raise ContentChanged(part.path)
        await self._write(bytes(-part.size % _BLOCK))
        self.files[part.path] = Digests(seen, sha256.hexdigest(), sha512.hexdigest())
        return self.files[part.path]

    async def finish(self, info: Sequence[tuple[str, str]], others: dict[str, bytes]) -> None:
        """Tag files, their manifests, and the end of the tar."""
        payload = dict(self.files)
        for path, text in tag_files(payload, info, others).items():
            await self.add(Part(path, len(text), text))
        tags = {path: item for path, item in self.files.items() if path not in payload}
        for algorithm in ALGORITHMS:
            text = listed(tags, algorithm)
            await self.add(Part(tag_manifest_name(algorithm), len(text), text))
        await self._write(bytes(2 * _BLOCK))

    async def _write(self, data: bytes) -> None:
        if data:
            await asyncio.to_thread(self._file.write, data)
            await asyncio.to_thread(self._whole.update, data)
            self.size += len(data)
            self._said(self.size)

    def _header(self, path: str, size: int) -> bytes:
        info = tarfile.TarInfo(f"{self._name}/{path}")
        info.size, info.mode, info.mtime = size, 0o644, self._mtime
        return info.tobuf(tarfile.USTAR_FORMAT)


async def blocks_of(part: Part) -> AsyncIterator[bytes]:
    """The content of a part."""
    if isinstance(part.content, bytes):
        if part.content:
            yield part.content
        return
    async for block in part.content():
        yield block


async def digest_of(part: Part) -> str:
    """SHA-256 of a part's content; it must be as long as it is said to be."""
    digest, seen = hashlib.sha256(), 0
    async for block in blocks_of(part):
        await asyncio.to_thread(digest.update, block)
        seen += len(block)
    if seen != part.size:
        raise ContentChanged(part.path)
    return digest.hexdigest()


def _feed(block: bytes, *digests: "hashlib._Hash") -> None:
    for digest in digests:
        digest.update(block)
