"""What the worker does for evaluations; each takes ids, and may be done again."""

from typing import Any

from experts.evaluation.events import ReportFinished, SigningOver
from experts.evaluation.printing import print_report
from experts.evaluation.services import deem_agreed
from notices.ocds import service as open_data
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("worker")


@task("experts.end_signing")
async def end_signing(context: TaskContext, payload: dict[str, Any]) -> None:
    """The time to sign the report is over."""
    await deem_agreed(context.session, WORKER, lot_id=SigningOver.parse(payload).lot_id)


@task("experts.print_report")
async def print_(context: TaskContext, payload: dict[str, Any]) -> None:
    """评标报告 as PDF/A."""
    event = ReportFinished.parse(payload)
    base_url = context.settings.web.base_url
    await print_report(
        context.session,
        WORKER,
        lot_id=event.lot_id,
        objects=context.objects,
        keys=context.keys,
        base_url=base_url,
    )
    await open_data.release_failure(context.session, WORKER, lot_id=event.lot_id, base_url=base_url)
