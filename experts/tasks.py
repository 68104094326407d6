"""What the worker does for roster and draw; each takes ids, and may be done again."""

from typing import Any
from uuid import UUID

from bidding.opening.events import OpeningRecorded, PhaseRevealed
from experts.events import CallMade, CallWindowEnded, RevealsOver
from experts.gateway import Gateway
from experts.services.after_opening import look_for_ties
from experts.services.calling import close_call, send_call
from experts.services.committing import settle_reveals, take_escrow
from experts.services.messages import send_waiting
from experts.services.snapshots import journal_root
from trading.kernel.identity import system_actor
from trading.kernel.tasks import TaskContext, task

WORKER = system_actor("worker")


@task("experts.journal_root")
async def journal_roster_root(context: TaskContext, _payload: dict[str, Any]) -> None:
    """The day's root."""
    await journal_root(context.session, WORKER)


@task("experts.send_messages")
async def send_messages(context: TaskContext, _payload: dict[str, Any]) -> None:
    """To the phones."""
    gateway = Gateway(context.settings.gateway)
    await send_waiting(context.session, WORKER, gateway=gateway, personal=context.keys.personal)


@task("experts.settle_reveals")
async def settle(context: TaskContext, payload: dict[str, Any]) -> None:
    """T2."""
    await settle_reveals(context.session, WORKER, draw_id=RevealsOver.parse(payload).draw_id)


@task("experts.take_escrow")
async def escrow(context: TaskContext, payload: dict[str, Any]) -> None:
    """What the trustees opened of a draw's escrow."""
    kind, _, draw_id = PhaseRevealed.parse(payload).subject.partition(":")
    if kind == "draw":
        await take_escrow(context.session, WORKER, draw_id=UUID(draw_id), objects=context.objects)


@task("experts.send_call")
async def call(context: TaskContext, payload: dict[str, Any]) -> None:
    """Through the gateway."""
    await send_call(
        context.session,
        WORKER,
        call_id=CallMade.parse(payload).call_id,
        gateway=Gateway(context.settings.gateway),
        personal=context.keys.personal,
    )


@task("experts.close_call")
async def close(context: TaskContext, payload: dict[str, Any]) -> None:
    """The window has ended."""
    await close_call(
        context.session,
        WORKER,
        call_id=CallWindowEnded.parse(payload).call_id,
        gateway=Gateway(context.settings.gateway),
        personal=context.keys.personal,
    )


@task("experts.look_for_ties")
async def ties(context: TaskContext, payload: dict[str, Any]) -> None:
    """The lot is opened: recusal."""
    lot_id = OpeningRecorded.parse(payload).lot_id
    await look_for_ties(context.session, WORKER, lot_id=lot_id, personal=context.keys.personal)
