"""A tar archive as a stream (POSIX ustar), the same bytes for the same files; the manifest is written last.

Sizes are known before content is read, so nothing larger than a block of ciphertext is ever held.
"""

import hashlib
import tarfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from portal.evidence.layout import Member

Content = Callable[[], AsyncIterator[bytes]]
"""How a large member is read: begun when its turn comes."""

_BLOCK = tarfile.BLOCKSIZE


class ContentChanged(Exception):
    """What was read is not as long as it was said to be: the archive must not be finished."""


class TarStream:
    """Writes members one after another and remembers their hashes."""

    def __init__(self, at: datetime) -> None:
        self._mtime = int(at.timestamp())
        self.hashes: dict[str, str] = {}

    def folder(self, path: str) -> bytes:
        """An empty folder."""
        return self._header(path, 0, tarfile.DIRTYPE, 0o755)

    async def member(self, member: Member[Content]) -> AsyncIterator[bytes]:
        """A file's header, content and padding."""
        yield self._header(member.path, member.size, tarfile.REGTYPE, 0o644)
        digest, seen = hashlib.sha256(), 0
        if isinstance(member.content, bytes):
            digest.update(member.content)
            seen = len(member.content)
            yield member.content
        else:
            async for block in member.content():
                digest.update(block)
                seen += len(block)
                yield block
        if seen != member.size:
            raise ContentChanged(member.path)
        self.hashes[member.path] = digest.hexdigest()
        yield bytes(-member.size % _BLOCK)

    @staticmethod
    def end() -> bytes:
        """Two empty blocks."""
        return bytes(2 * _BLOCK)

    def _header(self, path: str, size: int, kind: bytes, mode: int) -> bytes:
        info = tarfile.TarInfo(path)
        info.size, info.type, info.mode, info.mtime = size, kind, mode, self._mtime
        return info.tobuf(tarfile.USTAR_FORMAT)
