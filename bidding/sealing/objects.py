"""One part as one encrypted object (LBE1 §6), streamed: two gigabytes need a few megabytes of memory.

C2SP chunked encryption by the library; over its ciphertext the RFC 6962 root of 1 MiB blocks, so that an upload can be
checked block by block. An object is encrypted once: what was stored is what was signed; a resumed upload reads it back.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from bidding.sealing.errors import SealingError
from bidding.sealing.framing import lp
from bidding.sealing.layout import (
    CHUNK,
    HEADER,
    TAG,
    FileEntry,
    Index,
    Padding,
    PlaintextReader,
    check_index,
    padded_length,
)
from trading.kernel import merkle

BLOCK = 1024 * 1024
Progress = Callable[[int], None]
_PLAIN_BEGINNINGS = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x89PNG\r\n",
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
)


@dataclass(frozen=True)
class Source:
    """A file to be sealed: its name in the part and how to read it, twice."""

    name: str
    open: Callable[[], BinaryIO]

    @classmethod
    def of_path(cls, path: Path, name: str | None = None) -> "Source":
        """A file on disk."""
        return cls(name or path.name, lambda: path.open("rb"))

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> "Source":
        """Content made in memory, such as `price.json`."""
        return cls(name, lambda: BytesIO(data))


@dataclass(frozen=True)
class SealedObject:
    """What the envelope says of a ciphertext: root and size, with the leaves the root is over."""

    root: bytes
    size: int
    leaves: tuple[bytes, ...]


class BlockHasher:
    """Leaf hashes of 1 MiB blocks over a stream cut anywhere."""

    def __init__(self) -> None:
        self.size = 0
        self._leaves: list[bytes] = []
        self._hash = hashlib.sha256(b"\x00")
        self._room = BLOCK

    def update(self, data: memoryview | bytes) -> None:
        """The next bytes."""
        self.size += len(data)
        data = memoryview(data)
        while data:
            piece = data[: self._room]
            self._hash.update(piece)
            self._room -= len(piece)
            data = data[len(piece) :]
            if not self._room:
                self._close()

    def finish(self) -> SealedObject:
        """The leaves and their root; a last short block is a leaf of its own."""
        if self._room < BLOCK:
            self._close()
        return SealedObject(root=merkle.root(self._leaves), size=self.size, leaves=tuple(self._leaves))

    def _close(self) -> None:
        self._leaves.append(self._hash.digest())
        self._hash, self._room = hashlib.sha256(b"\x00"), BLOCK


def context(ann: str, env: str, part: str) -> bytes:
    """What the ciphertext is bound to: it opens nowhere else."""
    return lp("LBE1/obj", bytes.fromhex(ann), bytes.fromhex(env), part)


def make_index(sources: Sequence[Source]) -> Index:
    """The first pass over the files: names, sizes, hashes."""
    entries = []
    for source in sources:
        digest, size = hashlib.sha256(), 0
        with source.open() as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
        entries.append(FileEntry(name=source.name, size=size, sha256=digest.hexdigest()))
    return check_index(Index(v="LBF1", files=tuple(entries)))


def encrypt_part(
    sources: Sequence[Source],
    out: BinaryIO,
    *,
    ck: bytes,
    bound_to: bytes,
    pad: Padding,
    progress: Progress | None = None,
) -> SealedObject:
    """Write the ciphertext of the files to `out`; refuses files that change while they are read."""
    index = make_index(sources)
    encryptor, hasher = Cobblestone256Encryptor(ck, bound_to), BlockHasher()
    buffer = bytearray(BLOCK + HEADER + CHUNK + TAG * (BLOCK // CHUNK + 2))
    view = memoryview(buffer)
    for piece in _plaintext(index, sources, pad):
        written = view[: encryptor.update_into(piece, buffer)]
        hasher.update(written)
        out.write(written)
        if progress is not None:
            progress(len(piece))
    last = encryptor.finalize()
    hasher.update(last)
    out.write(last)
    return hasher.finish()


def decrypt_part(
    source: BinaryIO,
    *,
    ck: bytes,
    bound_to: bytes,
    pad: Padding,
    root: bytes,
    size: int,
    sink: Callable[[FileEntry], BinaryIO | None],
) -> Index:
    """Check the ciphertext against the envelope and hand every file to the stream `sink` opens for it.

    Keep what the sinks received only if this returns. Damage in storage (`sealing.object.root`) is told apart from a
    part that its bidder sealed wrongly, even where both would show as a decryption error.
    """
    hasher, failure = BlockHasher(), None
    decryptor, reader = Cobblestone256Decryptor(ck, bound_to), PlaintextReader(pad, sink)
    buffer = bytearray(BLOCK + CHUNK + TAG)
    while block := source.read(BLOCK):
        hasher.update(block)
        if failure is None and hasher.size <= size:
            failure = _open_block(decryptor, block, buffer, reader)
    seen = hasher.finish()
    if seen.root != root or seen.size != size:
        raise SealingError("sealing.object.root")
    if failure is not None:
        raise failure
    try:
        reader.feed(memoryview(decryptor.finalize()))
    except InvalidTag as error:
        raise SealingError("sealing.object.decrypt") from error
    return reader.finish()


def block_root(blocks: Sequence[bytes]) -> bytes:
    """The root of an object from the leaves that were stored block by block."""
    return merkle.root(list(blocks))


def looks_unencrypted(head: bytes) -> bool:
    """Whether these first bytes are a document someone forgot to seal; ciphertext begins with 24 random bytes."""
    return head.startswith(_PLAIN_BEGINNINGS)


def _open_block(
    decryptor: Cobblestone256Decryptor, block: bytes, buffer: bytearray, reader: PlaintextReader
) -> SealingError | None:
    """Why the block is refused, kept until the whole ciphertext has been compared with its root."""
    try:
        reader.feed(memoryview(buffer)[: decryptor.update_into(block, buffer)])
    except InvalidTag:
        return SealingError("sealing.object.decrypt")
    except SealingError as error:
        return error
    return None


def _plaintext(index: Index, sources: Sequence[Source], pad: Padding) -> Iterator[bytes]:
    framed = index.framed()
    yield from (framed[at : at + BLOCK] for at in range(0, len(framed), BLOCK))
    for entry, source in zip(index.files, sources, strict=True):
        digest, left = hashlib.sha256(), entry.size
        with source.open() as file:
            while block := file.read(BLOCK):
                digest.update(block)
                left -= len(block)
                yield block
        if left or digest.hexdigest() != entry.sha256:
            raise SealingError("sealing.object.changed", name=entry.name)
    length = index.length()
    for at in range(length, end := padded_length(length, pad), BLOCK):
        yield bytes(min(BLOCK, end - at))
