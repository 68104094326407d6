"""What others may ask of the roster and the draws."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts.models import CommitteeMember, Draw
from experts.types import Committee, Member


async def committee_of(session: AsyncSession, lot_id: UUID) -> Committee | None:
    """The lot's committee; None until it is unlocked."""
    draw = await session.scalar(select(Draw).where(Draw.lot_id == lot_id, Draw.state == "unlocked"))
    if draw is None or draw.unlocked_at is None:
        return None
    rows = await session.scalars(
        select(CommitteeMember).where(CommitteeMember.draw_id == draw.id).order_by(CommitteeMember.seat)
    )
    members = tuple(
        Member(
            seat=row.seat,
            pseudonym=row.pseudonym,
            specialty=row.specialty,
            person_id=row.person_id,
            account_id=row.account_id,
            membership_id=row.membership_id,
        )
        for row in rows
    )
    return Committee(draw_id=draw.id, lot_id=lot_id, unlocked_at=draw.unlocked_at, members=members)
