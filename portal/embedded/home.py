"""Where embedded servers keep data, and which account runs them.

PostgreSQL refuses to run as root, and the account ``nobody`` cannot read a clone under a closed folder. So as
root the home is ``/var/lib/trading``, the binaries are copied there and the servers run as ``nobody``;
otherwise everything stays in ``./.trading`` and runs as the caller.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT_HOME = Path("/var/lib/trading")
USER_HOME = Path(".trading")
SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes with its terminator; the server appends a suffix of its own


class EmbeddedError(RuntimeError):
    """An embedded server could not be started or stopped; the text says what to do."""


@dataclass(frozen=True)
class Account:
    """The system account a server runs under; ``None`` in its place means the caller's own."""

    uid: int
    gid: int
    name: str


def unprivileged_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def default_root() -> Path:
    if chosen := os.environ.get("TRADING_HOME"):
        return Path(chosen).expanduser().resolve()
    return ROOT_HOME if os.geteuid() == 0 else USER_HOME.resolve()


class Home:
    """One folder with everything one embedded platform keeps; a second home is a second platform."""

    def __init__(self, root: Path | None = None, *, binaries: Path | None = None) -> None:
        self.root = (root or default_root()).resolve()
        self.account = unprivileged_account()
        self.binaries = binaries or self.root / "bin"
        self._make_root()

    def _make_root(self) -> None:
        mode = 0o711 if self.account else 0o700  # nobody passes through, and lists nothing
        for folder in [*reversed(self.root.parents), self.root]:
            if not folder.exists():
                folder.mkdir(mode=mode, exist_ok=True)
                folder.chmod(mode)
        if self.account:
            for folder in [self.root, *self.root.parents]:
                if not folder.stat().st_mode & stat.S_IXOTH:
                    raise EmbeddedError(
                        f"{folder} is closed to the account {self.account.name} that the servers run under; "
                        "as root, set TRADING_HOME to a folder below /var/lib"
                    )

    def own_folder(self, name: str) -> Path:
        """A private folder of the caller: secrets, platform keys."""
        folder = self.root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def server_folder(self, name: str) -> Path:
        """A private folder of the account that runs the servers."""
        folder = self.own_folder(name)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)
        return folder

    def give_to_server(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def socket_folder(self) -> Path:
        """Short enough for a socket's path; below the home where that fits, else in the temporary folder."""
        folder = self.root / "run"
        if len(os.fsencode(folder)) <= SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432.lock"):
            return self.server_folder("run")
        short = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"trading-{os.geteuid()}-{short}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        owners = {os.geteuid(), self.account.uid if self.account else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o077:
            raise EmbeddedError(f"{folder} belongs to someone else; remove it or set TRADING_HOME to a short path")
        self.give_to_server(folder)
        return folder

    def secret(self, name: str) -> str:
        """A random password made once and kept in a 0600 file."""
        path = self.own_folder("secrets") / name
        if not path.exists():
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(secrets.token_hex(24))
        return path.read_text()

    def readable_binaries(self, label: str, parts: dict[str, Path]) -> Path | None:
        """Copy binaries to where the servers' account can read them; ``None`` if it reads them in place."""
        if self.account is None:
            return None
        target = self.binaries / label
        with self.locked("binaries"):
            if not target.exists():
                self.binaries.mkdir(mode=0o755, exist_ok=True, parents=True)
                self.binaries.chmod(0o755)
                fresh = Path(tempfile.mkdtemp(prefix=f".{label}-", dir=self.binaries))
                for name, source in parts.items():
                    if source.is_dir():
                        shutil.copytree(source, fresh / name, symlinks=True)
                    else:
                        shutil.copyfile(source, fresh / name)
                        (fresh / name).chmod(0o755)
                _open_to_all(fresh)
                try:
                    fresh.rename(target)
                except OSError:  # another process with another home was first
                    shutil.rmtree(fresh)
        return target

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """One platform a home: a second one would share its servers, and stop them under the first."""
        with (self.own_folder("locks") / "platform").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise EmbeddedError(
                    f"a platform already runs from {self.root} (process {file.read().strip()}); stop it, or set "
                    "TRADING_HOME to another folder"
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """One process at a time; the kernel lets go of it whatever happens to the holder."""
        with (self.own_folder("locks") / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _open_to_all(top: Path) -> None:
    """A clone made under a strict umask installs files that only their owner reads."""
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
