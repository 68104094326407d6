"""`python -m portal` is `trading`: how child processes are started, whatever PATH says."""

import ctypes
import os
import signal

from portal.cli import main

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Linux tells this process to end when the one that started it is gone, even if that was killed."""
    parent = os.environ.pop("TRADING_PARENT", "")
    if parent:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it went before we asked
            raise SystemExit(0)


end_with_parent()
main()
