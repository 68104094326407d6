"""Background work of funds: deposits are posted once the box of their lot is closed."""

from typing import Any
from uuid import UUID

from trading.funds.services import post_deposits
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("worker")


@task("funds.post_deposits")
async def post(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """The box of `subject` is closed; only lots have deposits."""
    kind, _, subject_id = str(payload["subject"]).partition(":")
    if kind == "lot":
        await post_deposits(ctx.session, WORKER, lot_id=UUID(subject_id))
