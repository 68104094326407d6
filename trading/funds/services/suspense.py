"""Suspense (待查收款): money whose line named no sub-account; all a clerk sees before closing, each view journalled."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.reads import line_view, look_at_suspense
from trading.funds.types import LineView
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append

MOST_SHOWN = 500
_LINES = text("SELECT * FROM bank_lines WHERE lot_id IS NULL ORDER BY paid_at DESC, id LIMIT :most")


async def view_suspense(session: AsyncSession, actor: Actor) -> tuple[LineView, ...]:
    """The lines that named nobody, newest first; looking leaves an entry, because a payer's name is among them."""
    if not actor.has("finance"):
        raise Forbidden
    await append(session, actor, entries.SUSPENSE_VIEWED, subject=f"membership:{actor.membership_id}")
    await look_at_suspense(session, looking=True)
    rows = await session.execute(_LINES, {"most": MOST_SHOWN})
    found = tuple(line_view(row) for row in rows)
    await look_at_suspense(session, looking=False)
    return found
