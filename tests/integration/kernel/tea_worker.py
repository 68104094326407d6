"""A worker process with one task of the tests: it fails as often as it is told, and once succeeded leaves a fact.

Settings come by the environment, as in `trading worker`; `TEA_FOLDER` holds one file an attempt.
"""

import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import text

from trading.kernel.log import configure_log
from trading.kernel.settings import load_settings
from trading.kernel.tasks import TaskContext, run_worker, task

TASK = "tests.make_tea"


@task(TASK)
async def make_tea(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """One fact for each cup; every attempt is noted where a rollback cannot reach."""
    await ctx.session.execute(text("INSERT INTO platform_facts VALUES (:cup, 'full')"), {"cup": payload["cup"]})
    if attempt() < payload["spills"]:
        raise RuntimeError("spilt")


def attempt() -> int:
    """Note an attempt; how many there were before."""
    folder = Path(os.environ["TEA_FOLDER"])
    before = len(list(folder.iterdir()))
    (folder / str(before)).touch()
    return before


if __name__ == "__main__":
    configure_log(process="worker")
    run_worker(load_settings(), threads=int(sys.argv[1]))
