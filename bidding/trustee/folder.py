"""The program's folder, its only memory: readable by its owner alone, each file written whole or not at all."""

import fcntl
import os
from pathlib import Path

from trading.kernel.errors import StartupRefused


class Folder:
    """Files by relative name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)

    def read(self, name: str) -> bytes | None:
        """The file, or None."""
        try:
            return self.root.joinpath(name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Durable before it returns."""
        path = self.root / name
        self._make(path.parent)
        fresh = path.with_name(f"{path.name}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def below(self, name: str) -> "Folder":
        """A folder in it."""
        self._make(self.root / name)
        return Folder(self.root / name)

    def _make(self, folder: Path) -> None:
        """Each level of it for its owner alone; `mkdir` with parents would do so for the last only."""
        for level in reversed([folder, *folder.parents]):
            if self.root in level.parents:
                level.mkdir(mode=0o700, exist_ok=True)

    def names(self, pattern: str) -> list[str]:
        """Names matching a glob, sorted."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern) if path.suffix != ".new")


class Door:
    """Held while the program runs: two programs on one folder would overwrite each other's keys."""

    def __init__(self, folder: Folder) -> None:
        self._file = folder.root.joinpath("in-use").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise StartupRefused(f"{folder.root} is used by another trustee program") from error

    def close(self) -> None:
        """Let another start."""
        self._file.close()
