"""Background work of awards: the publicity begins and ends by the clock, letters are printed and sealed."""

from typing import Any

from trading.awards import service
from trading.awards.events import Awarded, PublicityDue, PublicityEnded
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("worker")


@task("awards.begin_publicity")
async def begin(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """公示开始."""
    await service.begin_publicity(ctx.session, WORKER, lot_id=PublicityDue.parse(payload).lot_id)


@task("awards.end_publicity")
async def end(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """公示期满."""
    await service.end_publicity(ctx.session, WORKER, lot_id=PublicityEnded.parse(payload).lot_id)


@task("awards.issue_letters")
async def letters(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """中标通知书 and 中标结果通知书."""
    event = Awarded.parse(payload)
    await service.issue_letters(
        ctx.session,
        WORKER,
        ctx.objects,
        lot_id=event.lot_id,
        decision_id=event.decision_id,
        keys=ctx.keys,
        base_url=ctx.settings.web.base_url,
    )
