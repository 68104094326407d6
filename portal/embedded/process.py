"""A server process that outlives the one who started it and is found again through its pid file.

A crash leaves a pid file behind, and the number may belong to another program by now; so a pid counts only
if that process's command line names our data folder.
"""

import os
import signal
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path

from portal.embedded.home import Account, EmbeddedError

# A started server may outlive this process, so its handle is kept until the end and never waited for by chance.
_STARTED: list[subprocess.Popen[bytes]] = []


class ServerProcess:
    def __init__(self, *, name: str, pid_file: Path, marker: str, account: Account | None) -> None:
        self.name = name
        self.pid_file = pid_file
        self.marker = marker
        self.account = account
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The running server's pid; None when it is not running, whatever the pid file says."""
        if self._child is not None:
            return self._child.pid if self._child.poll() is None else None
        try:
            pid = int(self.pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if runs_with(pid, self.marker) else None

    def start(self, argv: list[str], *, cwd: Path, log: Path | None, env: dict[str, str]) -> None:
        """Start it; without a log file it writes where we write."""
        with log.open("ab") if log else nullcontext() as output:
            self._child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for us, who stop it in order
                umask=0o077,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
        _STARTED.append(self._child)
        self.pid_file.write_text(f"{self._child.pid}\n")

    def stop(self, how: signal.Signals, *, patience: float = 30) -> None:
        """Ask, wait until it has gone, and only then force."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, how)
            if not self._gone_within(pid, patience):
                os.kill(pid, signal.SIGKILL)
                if not self._gone_within(pid, 10):
                    raise EmbeddedError(f"{self.name} (process {pid}) does not stop")
        self._child = None
        self.pid_file.unlink(missing_ok=True)

    def _gone_within(self, pid: int, seconds: float) -> bool:
        if self._child is not None:
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            return True
        until = time.monotonic() + seconds
        while runs_with(pid, self.marker):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True


def runs_with(pid: int, marker: str) -> bool:
    """Whether that process lives and was started for this folder (a zombie's command line is empty)."""
    try:
        return marker.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a server's log, for the message that says why it did not start."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "(no log)"
