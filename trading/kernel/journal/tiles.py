"""Tiles (C2SP tlog-tiles): the whole log as static files that any web server, or a USB stick, can carry.

`tile/<level>/<n>` holds up to 256 hashes of the tree's level 8·`level`, `tile/entries/<n>` up to 256 entries,
each behind its length. A tile that is not yet full is `….p/<width>` and is replaced when the log grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from trading.kernel.merkle import leaf_hashes, root

WIDTH = 256
HEIGHT = 8
LARGEST_ENTRY = 0xFFFF
ENTRIES = "entries"

_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class TileError(ValueError):
    """Not a tile of the log it is said to belong to."""


class Tile(NamedTuple):
    """Which tile: `level` -1 is a bundle of entries; `width` 256 is a full tile."""

    level: int
    number: int
    width: int

    @property
    def partial(self) -> bool:
        return self.width < WIDTH

    @property
    def path(self) -> str:
        digits = f"{self.number:03d}"
        digits = digits.zfill(-len(digits) // 3 * -3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        level = ENTRIES if self.level < 0 else str(self.level)
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.partial else "")


def parse_path(path: str) -> Tile:
    match = _PATH.fullmatch(path)
    if not match:
        raise TileError(f"{path} is not a tile")
    number = int(match[2].replace("x", "").replace("/", "") + match[3])
    level = -1 if match[1] == ENTRIES else int(match[1])
    tile = Tile(level, number, int(match[4] or WIDTH))
    if tile.path != path:
        raise TileError(f"{path} is not a tile")
    return tile


def tiles_of(size: int, old_size: int = 0) -> Iterator[Tile]:
    """Every tile and bundle of a tree; with `old_size` only those that its growth since then made or changed."""
    level = 0
    while size >> HEIGHT * level:
        new, old = size >> HEIGHT * level, old_size >> HEIGHT * level
        if new > old:
            for number in range(old // WIDTH, -(-new // WIDTH)):
                tile = Tile(level, number, min(WIDTH, new - number * WIDTH))
                if level == 0:
                    yield tile._replace(level=-1)
                yield tile
        level += 1


def pack_entries(entries: Sequence[bytes]) -> bytes:
    if any(len(entry) > LARGEST_ENTRY for entry in entries):
        raise TileError(f"an entry is at most {LARGEST_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(bundle: bytes, width: int) -> list[bytes]:
    entries, at, size = [], 0, len(bundle)
    while at + 1 < size:
        begin = at + 2
        at = begin + (bundle[at] << 8 | bundle[at + 1])
        entries.append(bundle[begin:at])
    if at != size:
        raise TileError("a bundle ends inside an entry")
    if len(entries) != width:
        raise TileError(f"a bundle holds {len(entries)} entries, not {width}")
    return entries


def read_entries(folder: Path, size: int) -> Iterator[list[bytes]]:
    """A downloaded log's entries, bundle by bundle; a missing or malformed bundle raises."""
    for tile in tiles_of(size):
        if tile.level < 0:
            yield unpack_entries(_read(folder, tile), tile.width)


def replay(folder: Path, size: int) -> tuple[list[bytes], bytes]:
    """Every entry of a downloaded log and the root they make, all hash tiles recomputed and compared."""
    entries: list[bytes] = []
    for bundle in read_entries(folder, size):
        entries.extend(bundle)
    hashes = leaf_hashes(entries)
    level = 0
    while size >> HEIGHT * level:
        for tile in tiles_of(size):
            if tile.level == level:
                start = tile.number * WIDTH
                if _read(folder, tile) != b"".join(hashes[start : start + tile.width]):
                    raise TileError(f"{tile.path} does not hold the hashes of its entries")
        # The last of these may stand for fewer leaves: then no tile holds it, and the root of all is the same.
        hashes = [root(hashes[at : at + WIDTH]) for at in range(0, len(hashes), WIDTH)]
        level += 1
    return entries, root(hashes)


def _read(folder: Path, tile: Tile) -> bytes:
    try:
        return folder.joinpath(tile.path).read_bytes()
    except OSError as error:
        raise TileError(f"{tile.path} is missing") from error
