"""Loading a draw with what hangs off it, locked where something is decided."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from experts.draw import DrawAnnouncement, Outcome, Place, carried, order, parse_announcement
from experts.errors import DrawUnknown
from experts.models import CommitteeMember, Draw, DrawCall, DrawList, DrawParty
from experts.proof.documents import ELIGIBLE
from trading.kernel.locks import lock

_LEAVES = text(
    "SELECT v.leaf, v.id FROM roster_snapshots s CROSS JOIN unnest(s.versions) AS listed (id) "
    "JOIN expert_versions v ON v.id = listed.id WHERE s.root = :root ORDER BY v.leaf"
)


async def locked(session: AsyncSession, draw_id: UUID) -> Draw:
    """The draw, and everything of it, held until the transaction ends."""
    await lock(session, f"draw:{draw_id}", timeout_ms=15_000)
    row = await session.get(Draw, draw_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise DrawUnknown
    return row


def announced(draw: Draw) -> DrawAnnouncement:
    """What was announced; refuses a draw that was only proposed."""
    if draw.announcement is None:
        raise DrawUnknown
    return parse_announcement(draw.announcement)


async def parties_of(session: AsyncSession, draw_id: UUID) -> list[DrawParty]:
    """In the announced order."""
    rows = await session.scalars(select(DrawParty).where(DrawParty.draw_id == draw_id).order_by(DrawParty.position))
    return list(rows)


async def lists_of(session: AsyncSession, draw_id: UUID) -> list[DrawList]:
    """In quota order."""
    rows = await session.scalars(select(DrawList).where(DrawList.draw_id == draw_id).order_by(DrawList.position))
    return list(rows)


async def calls_of(session: AsyncSession, draw_id: UUID) -> list[DrawCall]:
    """As they were made."""
    rows = await session.scalars(
        select(DrawCall)
        .where(DrawCall.draw_id == draw_id)
        .order_by(DrawCall.made_at, DrawCall.specialty, DrawCall.position)
    )
    return list(rows)


async def seated_members(session: AsyncSession, draw_id: UUID) -> list[CommitteeMember]:
    """The members of an unlocked committee by seat, without those who were replaced."""
    rows = await session.scalars(
        select(CommitteeMember)
        .join(DrawCall, (DrawCall.draw_id == draw_id) & (DrawCall.version_id == CommitteeMember.version_id))
        .where(CommitteeMember.draw_id == draw_id, DrawCall.state == "accepted")
        .order_by(CommitteeMember.seat)
    )
    return list(rows)


async def leaves_of(session: AsyncSession, root: str) -> list[tuple[bytes, UUID]]:
    """The snapshot's leaves in ascending order, each with its version."""
    return [(row.leaf, row.id) for row in await session.execute(_LEAVES, {"root": root})]


def eligible(listed: DrawList, leaves: list[tuple[bytes, UUID]]) -> list[bytes]:
    """The leaves that may be drawn in a specialty, ascending."""
    return [leaf for (leaf, _), code in zip(leaves, listed.codes, strict=True) if code == ELIGIBLE]


def orders(draw: Draw, lists: list[DrawList], leaves: list[tuple[bytes, UUID]]) -> dict[str, tuple[bytes, ...]]:
    """The order of each specialty, by leaves."""
    assert draw.seed is not None
    seed = bytes.fromhex(draw.seed)
    return {item.specialty: order(seed, item.specialty, eligible(item, leaves)) for item in lists}


async def outcomes_of(session: AsyncSession, draw: Draw) -> dict[Place, Outcome]:
    """What became of every call; of a continued draw, first what it took over."""
    found: dict[Place, Outcome] = {}
    if draw.continued and draw.previous_id is not None:
        found |= carried(await outcomes_of(session, await session.get_one(Draw, draw.previous_id)))
    for call in await calls_of(session, draw.id):
        found[Place(call.specialty, call.position)] = _OUTCOMES[call.state]
    return found


def meeting(plan: Mapping[str, Any]) -> tuple[dt.datetime, dt.datetime]:
    """From when to when the committee of a plan sits."""
    begins = dt.datetime.fromisoformat(plan["meets_at"])
    return begins, begins + dt.timedelta(minutes=plan["meets_minutes"])


_OUTCOMES: dict[str, Outcome] = {
    "made": "called",
    "sent": "called",
    "accepted": "accepted",
    "declined": "declined",
    "unanswered": "unanswered",
    "recused": "recused",
    "absent": "absent",
}
