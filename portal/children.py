"""Child processes of `trading up` and of demonstrations: started with the environment they need and no more."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
_PATIENCE_SECONDS = 20.0


class ChildFailed(RuntimeError):
    """A process ended or did not answer in time; the text says which and where its log is."""


class Child:
    """One process of the platform with its log file."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # A session of its own, so that Ctrl-C reaches the parent alone and it stops children in order.
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "portal", *arguments],
                env={**kept, **environment, "TRADING_PARENT": str(os.getpid())},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the process still lives."""
        return self.process.poll() is None

    def wait_for(self, url: str, seconds: float = 40.0) -> None:
        """Until the address answers."""
        import httpx  # noqa: PLC0415  # only the parent waits

        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if not self.running:
                raise ChildFailed(f"{self.name} stopped at its start; see {self.log}\n{self.last_lines()}")
            try:
                if httpx.get(url, timeout=2).status_code < 500:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise ChildFailed(f"{self.name} does not answer at {url}; see {self.log}\n{self.last_lines()}")

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, for an error that can be acted on."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def stop(self) -> None:
        """Ask to end, wait, then insist."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def kill(self) -> None:
        """As a crash would end it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
