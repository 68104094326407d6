"""Signs of life, given and looked for; the standard library alone, because container checks ask every few seconds.

A web process answers over HTTP. A worker and a relay listen nowhere: while they turn they touch a file
(`TRADING_PULSE_FILE`), and one that stands still is known by the file's age.
"""

import http.client
import time
from pathlib import Path

LIVE, READY = "/health/live", "/health/ready"
EVERY_SECONDS = 5.0
_STALE_SECONDS = 30.0
_PATIENCE = 5.0


def answers(host: str, port: int) -> bool:
    """Whether the web process there is ready."""
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", READY)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def beats(file: Path) -> bool:
    """Whether the process that touches this file did so lately."""
    try:
        return time.time() - file.stat().st_mtime < _STALE_SECONDS
    except OSError:
        return False


def beat(file: str) -> None:
    """Say that this process turns; nothing where nobody asks."""
    if file:
        Path(file).touch()
