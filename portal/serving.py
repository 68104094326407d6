"""The web server: as many processes as wanted, which on SIGTERM take nothing new and end what was begun."""

import os
import signal
from contextlib import suppress

from granian.constants import Interfaces
from granian.server.mp import MPServer

from trading.kernel.settings import WebSettings

LETTING_GO = signal.SIGUSR1
DRAIN_SECONDS = 25
"""For a block of a bid on a slow line; container runtimes are told to wait longer (compose.yml)."""


class DrainingServer(MPServer):
    """Before its processes are told to end, their live pages are let go: those would never end by themselves."""

    def _stop_workers(self) -> None:
        for worker in self.wrks:
            with suppress(ProcessLookupError):  # ended by itself a moment ago
                os.kill(worker.inner.pid, LETTING_GO)
        super()._stop_workers()  # type: ignore[no-untyped-call]  # the server has no types


def serve(settings: WebSettings) -> None:
    """Serve until told to stop."""
    DrainingServer(
        "portal.asgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        log_access=False,
        websockets=False,
        workers_kill_timeout=DRAIN_SECONDS,
    ).serve()
