"""A lot's story put together: through the journal's reads and those of projects, from no other package's tables."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from supervision.stories import Fact, Story
from trading.kernel.clock import platform_now
from trading.kernel.journal import reads as journal
from trading.projects import reads as projects

DRAW_BEGUN = "lot:draw:begun"
_PAGE = 500


async def story_of(session: AsyncSession, lot_id: UUID) -> Story:
    """Everything the rules may look at."""
    lot = await projects.lot(session, lot_id)
    facts = await facts_of(session, f"lot:{lot_id}")
    for begun in [item for item in facts if item.action == DRAW_BEGUN]:
        facts += await facts_of(session, f"draw:{begun.payload['draw']}")
    return Story(
        lot=lot,
        profile=await projects.profile(session, lot.profile_digest),
        calendar=await projects.calendar(session),
        milestones=await projects.timeline(session, f"lot:{lot_id}"),
        facts=tuple(facts),
        now=await platform_now(session),
    )


async def facts_of(session: AsyncSession, subject: str) -> list[Fact]:
    """A subject's entries, those not yet in the tree too."""
    found: dict[UUID, Fact] = {}
    after = -1
    while True:
        views = await journal.entries_of(session, subject, after=after, limit=_PAGE)
        for view in views:
            entry = view.entry
            found[entry.id] = Fact(entry.id, entry.at, entry.action, entry.subject, entry.payload)
        last = max((view.index for view in views if view.index is not None), default=after)
        if len(views) < _PAGE or last == after:
            return list(found.values())
        after = last
