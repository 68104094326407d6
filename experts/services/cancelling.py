"""Cancelling a draw: before the beacon it leaves nothing; after it the order is published and the next draw goes on.

So nobody can look at an order and throw again (R30).
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.framing import parse_instant
from experts import entries
from experts.errors import BeaconAwaited, DrawOver
from experts.models import Draw
from experts.states import DRAW
from experts.store import announced, locked
from trading.kernel import live, timers
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append


async def cancel_draw(session: AsyncSession, actor: Actor, *, draw_id: UUID, reason: str) -> Draw:
    """End it, with the reason for everyone to read."""
    if not actor.has("official"):
        raise Forbidden
    draw = await locked(session, draw_id)
    if draw.unlocked_at is not None:
        raise DrawOver(state="unlocked")  # its members know each other and the bids: it only goes on, in its order
    before = draw.state
    state = DRAW.advance(draw.state, "cancel")
    now = await platform_now(session)
    if before == "announced" and now >= parse_instant(announced(draw).beacon_at):
        raise BeaconAwaited
    draw.state, draw.cancelled_at, draw.reason = state, now, reason
    draw.cancelled_entry = await append(
        session,
        actor,
        entries.CANCELLED,
        subject=f"draw:{draw_id}",
        payload={"reason": reason, "state": before, "computed": draw.seed is not None},
        at=now,
    )
    await timers.cancel(session, f"experts.reveals_over:{draw_id}")
    await session.flush()
    await live.publish(session, f"draw:{draw_id}", "changed", {"state": state})
    return draw
