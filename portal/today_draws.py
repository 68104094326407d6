"""What a draw waits for from whom: the second person, the parties in their hours, the witnesses, the official."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding import ceremony_reads
from experts.reads import draws_in, waiting_changes
from experts.types import DrawView
from trading.kernel.identity import Actor


class DrawDue(NamedTuple):
    """One thing to do: its sentence, the lot it is about (none: the roster), where, the button, until when."""

    key: str
    lot_id: UUID | None
    url: str
    action: str
    at: datetime | None


async def draws_due(session: AsyncSession, actor: Actor, now: datetime) -> AsyncIterator[DrawDue]:
    """Everything about draws and the roster that is this person's turn."""
    if actor.has("official"):
        for change_id in await waiting_changes(session, actor):
            url = f"/experts/roster/changes/{change_id}"
            yield DrawDue("portal.due.roster", None, url, "portal.do.confirm", None)
    for draw in await draws_in(session, "proposed", "announced", "complete"):
        url = f"/draws/{draw.id}"
        if draw.state == "proposed":
            if actor.has("official", "supervisor") and actor.person_id != draw.proposed_by:
                yield DrawDue("portal.due.draw_confirm", draw.lot_id, url, "portal.do.confirm", draw.commit_until)
        elif draw.state == "complete":
            if actor.has("witness") and draw.recused_at is not None:
                yield DrawDue("portal.due.draw_unlock", draw.lot_id, url, "portal.do.unlock", draw.meets_at)
        elif not draw.continued:
            async for due in _announced(session, actor, draw, now):
                yield due


async def _announced(session: AsyncSession, actor: Actor, draw: DrawView, now: datetime) -> AsyncIterator[DrawDue]:
    url = f"/draws/{draw.id}"
    if actor.has("official") and now < draw.commit_until:
        ceremony = await ceremony_reads.ceremony_of(session, f"draw:{draw.id}")
        if ceremony is None:
            yield DrawDue("portal.due.draw_escrow", draw.lot_id, url, "portal.do.ceremony", draw.commit_until)
        elif ceremony.state == "signing" and not ceremony.signatures_missing:
            yield DrawDue("portal.due.draw_escrow_sign", draw.lot_id, url, "portal.do.announce", draw.commit_until)
    mine = next((item for item in draw.parties if item.membership_id == actor.membership_id), None)
    if mine is not None and mine.committed_at is None and now <= draw.commit_until:
        yield DrawDue("portal.due.draw_commit", draw.lot_id, url, "portal.do.commit", draw.commit_until)
    elif (
        mine is not None and mine.committed_at and not mine.revealed_at and draw.commit_until < now <= draw.reveal_until
    ):
        yield DrawDue("portal.due.draw_reveal", draw.lot_id, url, "portal.do.reveal", draw.reveal_until)
    if actor.has("witness") and now >= draw.beacon_at:
        yield DrawDue("portal.due.draw_beacon", draw.lot_id, url, "portal.do.beacon", draw.beacon_at)
