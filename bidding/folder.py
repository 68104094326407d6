"""A sealed bid as a folder on the bidder's machine, and the plain files it is made of."""

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from bidding.sealing.announcement import Announcement, verify_announcement
from bidding.sealing.content import PRICE_FILE, read_price
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.objects import Source
from trading.kernel.canonical import canonical


class BidFolder:
    """What belongs to one sealed bid; readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def make(cls, path: Path) -> "BidFolder":
        """A new folder; one that already holds a bid is never sealed over."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(path.iterdir()):
            raise SealingError("sealing.seal.folder_in_use", folder=str(path))
        return cls(path)

    def write(self, name: str, data: bytes) -> None:
        """A file that is whole or not there."""
        unfinished = self.path / f".{name}.new"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path / name)

    def read(self, name: str) -> bytes:
        """A file of the bid."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise SealingError("sealing.seal.file_missing", file=name) from error

    def object_path(self, part: str) -> Path:
        """Where a part's ciphertext lies."""
        return self.path / f"{part}.obj"

    def object(self, part: str) -> BinaryIO:
        """A part's ciphertext, to be written once."""
        return os.fdopen(os.open(self.object_path(part), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def announcement(self) -> Announcement:
        """The announcement it was sealed under, verified."""
        return verify_announcement(self.read("announcement.json"))

    def envelope(self) -> Envelope:
        """The envelope, verified."""
        return verify_envelope(self.read("envelope.json"), self.announcement())

    def subject(self) -> str:
        """What it is for: a lot."""
        return self.announcement().body.subject


def part_sources(folder: Path, part: str) -> tuple[list[Source], int]:
    """A part's files, what programs read first, and their bytes in all; `price.json` is put into canonical form."""
    found = folder / part
    paths = sorted(path for path in found.iterdir() if path.is_file() and path.name[0] != ".") if found.is_dir() else []
    own = f"{part}.json"
    paths.sort(key=lambda path: (path.name != own, path.name))
    sources = [_source(path) for path in paths]
    return sources, sum(path.stat().st_size for path in paths)


def _source(path: Path) -> Source:
    if path.name != PRICE_FILE:
        return Source.of_path(path)
    try:
        data = canonical(msgspec.json.decode(path.read_bytes()))
    except (msgspec.DecodeError, ValueError) as error:
        raise SealingError("sealing.price") from error
    read_price(data)
    return Source.of_bytes(PRICE_FILE, data)
