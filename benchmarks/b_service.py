"""The service that takes an envelope, in processes of its own, as many at once as a web process would take."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from benchmarks.b_ready import Ready
from benchmarks.place import SECRET
from bidding.services import submission
from bidding.types import Submitted
from trading.kernel.db import Database
from trading.kernel.signing import PlatformKeys

_HELD: dict[str, object] = {}


def begin(address: str, keys: Path, passphrase: str) -> None:
    """Once a process: its loop, its connections, its keys."""
    runner = asyncio.Runner()
    runner.get_loop()
    _HELD.update(runner=runner, database=Database(address), keys=PlatformKeys.load(keys, passphrase))


def take(subject: str, ready: list[Ready], at_once: int) -> int:
    """Commit these; how many were taken."""
    runner, database, keys = _HELD["runner"], _HELD["database"], _HELD["keys"]
    assert isinstance(runner, asyncio.Runner)
    assert isinstance(database, Database)
    assert isinstance(keys, PlatformKeys)
    return runner.run(_take(database, keys, subject, iter(ready), at_once))


async def _take(database: Database, keys: PlatformKeys, subject: str, waiting: Iterable[Ready], at_once: int) -> int:
    taken = 0

    async def one() -> None:
        nonlocal taken
        for token, raw in waiting:
            async with database.transaction() as session:
                outcome = await submission.commit(
                    session, subject=subject, token=token, secret=SECRET, raw=raw, signer=keys.receipt
                )
            taken += isinstance(outcome, Submitted)

    await asyncio.gather(*(one() for _ in range(at_once)))
    return taken
