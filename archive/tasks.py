"""Background work of the archive that needs no other package's evidence; composing and sealing are `portal`'s."""

from typing import Any

from archive import service
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("worker")


@task("archive.sweep", minutes=600)
async def sweep(ctx: TaskContext, payload: dict[str, Any]) -> None:  # noqa: ARG001  # the instant is in the timer's key
    """固化检查."""
    await service.sweep(ctx.session, WORKER, vault=ctx.objects.vault)
