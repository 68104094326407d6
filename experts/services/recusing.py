"""Recusal on bidders (回避): after opening, from the opened identities, before the committee is unlocked.

Until then nothing in this package can know who bids. Who must stand back is replaced by the next in the same order; the
code is published with the panel, the person is not.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening import reads as openings
from experts import entries
from experts.models import Draw, DrawCall, ExpertVersion
from experts.proof import facts
from experts.proof.documents import Noted, Replaced
from experts.roster.sealed import unseal
from experts.rules import Party, tied
from experts.states import DRAW
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.signing import PersonalSeal


async def opened_bidders(session: AsyncSession, lot_id: UUID) -> list[Party] | None:
    """Every identity the opening brought to light; None before all parts are revealed."""
    view = await openings.opening_view(session, lot_id)
    if view is None or view.record is None:
        return None
    return [Party(row.organisation or "", row.uscc or "") for row in view.rows]


async def recuse_seated(session: AsyncSession, actor: Actor, draw: Draw, *, personal: PersonalSeal) -> int:
    """Take out of the panel whoever is tied to a bidder; asked again, only who accepted since.

    A draw may begin or go on after the opening: it counts from the first time that the bidders are known, whoever asks.
    """
    bidders = await opened_bidders(session, draw.lot_id)
    if bidders is None:
        return 0
    rows = await session.execute(
        select(DrawCall, ExpertVersion.sealed)
        .join(ExpertVersion, ExpertVersion.id == DrawCall.version_id)
        .where(DrawCall.draw_id == draw.id, DrawCall.state == "accepted")
        .order_by(DrawCall.specialty, DrawCall.position)
    )
    found = 0
    for call, sealed in rows.all():
        code = tied(unseal(sealed, personal, call.version_id).record, bidders)
        if code is None:
            continue
        now = await platform_now(session)
        call.state, call.recusal, call.recused_at = "recused", code, now
        told = Replaced(call.specialty, call.position, "recused", code, Noted("", ""))
        call.recusal_entry = await append(
            session, actor, entries.REPLACED, subject=f"draw:{draw.id}", payload=facts.replaced(told), at=now
        )
        found += 1
    if found and draw.state == "complete":
        draw.state = DRAW.advance(draw.state, "replace")
    if draw.recused_at is None:
        draw.recused_at = await platform_now(session)
        shown = {"recused": found}
        await append(session, actor, entries.RECUSED, subject=f"draw:{draw.id}", payload=shown, at=draw.recused_at)
    await session.flush()
    if found:
        await live.publish(session, f"draw:{draw.id}", "recused", {"count": found})
    return found
