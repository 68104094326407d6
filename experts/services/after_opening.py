"""What follows for a draw when its lot has been opened: recusal, and whoever is then missing is called."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.models import Draw, DrawCall
from experts.services.calling import go_on
from experts.services.recusing import opened_bidders
from experts.store import locked
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.signing import PersonalSeal

_LIVE = ("announced", "calling", "complete", "exhausted")


async def look_for_ties(session: AsyncSession, actor: Actor, *, lot_id: UUID, personal: PersonalSeal) -> bool:
    """Once for each draw of the lot; from now on it is asked at every acceptance too."""
    draw_id = await session.scalar(select(Draw.id).where(Draw.lot_id == lot_id, Draw.state.in_(_LIVE)))
    if draw_id is None:
        return False
    draw = await locked(session, draw_id)
    if draw.recused_at is not None or await opened_bidders(session, lot_id) is None:
        return False
    draw.recused_at = await platform_now(session)
    if draw.state in {"calling", "complete"}:
        await go_on(session, actor, draw, personal=personal)
    recused = await session.scalars(select(DrawCall.id).where(DrawCall.draw_id == draw_id, DrawCall.state == "recused"))
    shown = {"recused": len(recused.all())}
    await append(session, actor, entries.RECUSED, subject=f"draw:{draw_id}", payload=shown, at=draw.recused_at)
    await session.flush()
    return True
