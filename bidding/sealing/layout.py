"""What a part looks like inside: index, files, padding (LBE1 §6).

Padding hides how much was written: the price and the identity in steps of 256 KiB, the rest by Padmé, which leaks at
most O(log log) bits of a length and costs under 12 per cent.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable
from typing import Annotated, BinaryIO, Literal

import msgspec

from bidding.sealing.documents import decode, encode
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex32, lp

Padding = Literal["step", "padme"]
STEP = 256 * 1024
CHUNK = 16 * 1024
HEADER = 24 + 32
TAG = 16
LARGEST_INDEX = 1024 * 1024
_FORBIDDEN = re.compile(r"[/\\\x00-\x1f\x7f]")


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a part."""

    name: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Hex32


class Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The files of a part in the order they follow."""

    v: Literal["LBF1"]
    files: tuple[FileEntry, ...]

    def framed(self) -> bytes:
        """The plaintext's beginning."""
        return lp(encode(self))

    def length(self) -> int:
        """L of the specification: everything before the padding."""
        return len(self.framed()) + sum(file.size for file in self.files)


def check_index(index: Index) -> Index:
    """Names that every operating system and every reader takes the same way."""
    names = [file.name for file in index.files]
    for name in names:
        if not 1 <= len(name.encode()) <= 255 or _FORBIDDEN.search(name) or name in {".", ".."}:
            raise SealingError("sealing.object.index", name=name)
    if len(set(names)) != len(names) or len(encode(index)) > LARGEST_INDEX:
        raise SealingError("sealing.object.index")
    return index


def padded_length(length: int, pad: Padding) -> int:
    """P(L)."""
    if pad == "step":
        return max(1, -(-length // STEP)) * STEP
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def ciphertext_size(padded: int) -> int:
    """Header, plaintext and one tag a chunk, the last chunk always short."""
    return HEADER + padded + TAG * (padded // CHUNK + 1)


def plausible_size(size: int, pad: Padding) -> bool:
    """Whether some padded plaintext has a ciphertext of this size."""
    chunks, rest = divmod(size - HEADER, CHUNK + TAG)
    padded = chunks * CHUNK + rest - TAG
    return size > HEADER and rest >= TAG and padded >= 4 and padded_length(padded, pad) == padded


class PlaintextReader:
    """Takes a part's plaintext piece by piece and hands every file to the stream `sink` opens for it.

    What a sink has received is only to be kept once `finish` has returned: until then anything may still be refused.
    """

    def __init__(self, pad: Padding, sink: Callable[[FileEntry], BinaryIO | None]) -> None:
        self._pad, self._sink = pad, sink
        self._head: bytearray | None = bytearray()
        self._index: Index | None = None
        self._waiting: deque[FileEntry] = deque()
        self._left = 0
        self._hash = hashlib.sha256()
        self._out: BinaryIO | None = None
        self._seen = 0

    def feed(self, data: memoryview) -> None:
        """The next piece."""
        self._seen += len(data)
        if self._head is not None:
            self._head += data
            rest = self._read_head(self._head)
            if rest is None:
                return
            self._head, data = None, rest
        while len(data):
            if not self._left and not self._waiting:
                if data.tobytes().count(0) != len(data):
                    raise SealingError("sealing.object.padding")
                return
            if self._left:
                piece = data[: self._left]
                self._hash.update(piece)
                if self._out is not None:
                    self._out.write(piece)
                self._left -= len(piece)
                data = data[len(piece) :]
            self._advance()

    def finish(self) -> Index:
        """The index, once every file, the padding and the padded length have proved right."""
        if self._index is None or self._left or self._waiting:
            raise SealingError("sealing.object.index")
        if self._seen != padded_length(self._index.length(), self._pad):
            raise SealingError("sealing.object.padding")
        return self._index

    def _read_head(self, head: bytearray) -> memoryview | None:
        if len(head) < 4:
            return None
        length = int.from_bytes(head[:4], "big")
        if length > LARGEST_INDEX:
            raise SealingError("sealing.object.index")
        if len(head) < 4 + length:
            return None
        self._index = check_index(decode(bytes(head[4 : 4 + length]), Index, "sealing.object.index"))
        self._waiting = deque(self._index.files)
        self._begin()
        self._advance()
        return memoryview(bytes(head[4 + length :]))

    def _begin(self) -> None:
        if self._waiting:
            self._left, self._hash = self._waiting[0].size, hashlib.sha256()
            self._out = self._sink(self._waiting[0])

    def _advance(self) -> None:
        """Close the file at hand if it is complete and open the next; a bidder may send thousands of empty ones."""
        while self._waiting and not self._left:
            entry = self._waiting.popleft()
            if self._hash.hexdigest() != entry.sha256:
                raise SealingError("sealing.object.file", name=entry.name)
            self._begin()
