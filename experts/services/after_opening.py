"""What follows for a draw when its lot has been opened: recusal, and whoever is then missing is called."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts.models import Draw
from experts.services.calling import go_on
from experts.services.recusing import opened_bidders
from experts.store import locked
from trading.kernel.identity import Actor
from trading.kernel.signing import PersonalSeal

_SEATED = ("calling", "complete")


async def look_for_ties(session: AsyncSession, actor: Actor, *, lot_id: UUID, personal: PersonalSeal) -> bool:
    """Once for each draw with a panel; before there is one, and at every acceptance later, calling asks by itself."""
    draw_id = await session.scalar(select(Draw.id).where(Draw.lot_id == lot_id, Draw.state.in_(_SEATED)))
    if draw_id is None:
        return False
    draw = await locked(session, draw_id)
    if draw.state not in _SEATED or draw.recused_at is not None or await opened_bidders(session, lot_id) is None:
        return False
    await go_on(session, actor, draw, personal=personal)
    return True
