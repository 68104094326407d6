"""The folder under examination, or the tar it came in; nothing outside it is ever read."""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from bidding.proof import Mismatch
from portal.evidence.layout import sound_path

LARGEST_DOCUMENT = 64 * 1024 * 1024
"""What is read whole; ciphertext is streamed."""


class Folder:
    """Files by their paths, links and odd names refused."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = sorted(self._walk())

    def _walk(self) -> Iterator[str]:
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise Mismatch("file.odd", path=name)
            if path.is_file():
                yield name

    def __contains__(self, path: object) -> bool:
        return path in self.paths

    def below(self, folder: str) -> list[str]:
        """Every file under a folder of it."""
        return [path for path in self.paths if path.startswith(f"{folder}/")]

    def open(self, path: str) -> BufferedReader:
        """For streaming."""
        if path not in self.paths:
            raise Mismatch("file.missing", path=path)
        return (self.root / path).open("rb")

    def read(self, path: str, largest: int = LARGEST_DOCUMENT) -> bytes:
        """A document whole."""
        with self.open(path) as file:
            data = file.read(largest + 1)
        if len(data) > largest:
            raise Mismatch("file.large", path=path)
        return data

    def sha256(self, path: str) -> str:
        """Of the file's content."""
        with self.open(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """The folder itself, or a tar unpacked beside no one else's files."""
    if path.is_dir():
        yield Folder(path)
        return
    with tempfile.TemporaryDirectory(prefix="trading-verify-") as place:
        with tarfile.open(path) as archive:
            unpack(archive, Path(place))
        yield Folder(Path(place))


def unpack(archive: tarfile.TarFile, place: Path) -> None:
    """Plain files under sound names, each once; owners, modes and links are nothing to us."""
    for member in archive:
        name = member.name.removeprefix("./").rstrip("/")
        if member.isdir() and (name in {"", "."} or sound_path(name)):
            (place / name).mkdir(parents=True, exist_ok=True)
            continue
        content = archive.extractfile(member) if member.isfile() and sound_path(name) else None
        if content is None:
            raise Mismatch("file.odd", path=member.name)
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise Mismatch("file.twice", path=name)
        with target.open("xb") as out:
            shutil.copyfileobj(content, out)
