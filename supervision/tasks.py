"""Background work of supervision: it looks when facts arrive and when clocks run out."""

from typing import Any

from supervision import services
from supervision.events import ClockRan
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("supervision")


@task("supervision.sweep")
async def sweep(ctx: TaskContext, _payload: dict[str, Any]) -> None:
    """Something happened somewhere: the journal says to which lots."""
    await services.sweep(ctx.session, WORKER)


@task("supervision.check_lot")
async def check(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """A clock ran out."""
    await services.check_lot(ctx.session, WORKER, lot_id=ClockRan.parse(payload).lot_id)
