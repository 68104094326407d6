"""Background work of the lock-box: close at the deadline, reveal what is settled, print the record."""

from typing import Any

from bidding.events import DeadlineReached, UploadsLapsed
from bidding.opening.closing import close_box
from bidding.opening.events import OpeningCancelled, OpeningRecorded, PhaseSettled
from bidding.opening.printing import print_record
from bidding.opening.releasing import release_record
from bidding.opening.revealing import reveal_phase
from bidding.services.sweeping import sweep_uploads
from bidding.subjects import parse_subject
from notices.ocds import service as open_data
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("worker")


@task("bidding.close_lot")
async def close(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """投标截止."""
    event = DeadlineReached.parse(payload)
    await close_box(ctx.session, WORKER, subject=event.subject, objects=ctx.objects)


@task("bidding.sweep_uploads")
async def sweep(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """清理未投递的分块."""
    await sweep_uploads(ctx.session, subject=UploadsLapsed.parse(payload).subject, objects=ctx.objects)


@task("bidding.reveal_phase", minutes=12 * 60)  # every bid of the lot is decrypted, some of gigabytes
async def reveal(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """开标."""
    event = PhaseSettled.parse(payload)
    await reveal_phase(
        ctx.session, WORKER, subject=event.subject, phase=event.phase, objects=ctx.objects, keys=ctx.keys
    )


@task("bidding.print_record")
async def print_(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """开标记录 as PDF/A."""
    event = OpeningRecorded.parse(payload)
    base_url = ctx.settings.web.base_url
    await print_record(ctx.session, WORKER, lot_id=event.lot_id, objects=ctx.objects, keys=ctx.keys, base_url=base_url)
    await release_record(ctx.session, WORKER, lot_id=event.lot_id, base_url=base_url)


@task("bidding.release_failure")
async def release_failure(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """流标 as open data; a box of another kind has none."""
    subject = parse_subject(OpeningCancelled.parse(payload).subject)
    if subject.kind == "lot":
        base_url = ctx.settings.web.base_url
        await open_data.release_failure(ctx.session, WORKER, lot_id=subject.id, base_url=base_url)
