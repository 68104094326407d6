"""A subject of which there is nothing but its box: no state of its own, no table, no record.

Its owner learns from `bidding.box_closed` and `bidding.phase_revealed` what has happened, and asks `revealed_files`.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import NoSuchAnnouncement
from bidding.opening.state import Opening
from bidding.reads import announced
from bidding.sealing.announcement import Announcement
from bidding.subjects import Subject
from trading.kernel.identity import Actor

Standing = Literal["open", "closed", "cancelled"]


class Kind:
    """What every subject answers to; a draw's escrow no more than this."""

    async def demand_announceable(self, session: AsyncSession, subject: Subject, announcement: Announcement) -> None:
        """Refuse publication where something besides the deadline stands against it."""

    async def announced(self, session: AsyncSession, actor: Actor, subject: Subject, *, entry_id: UUID) -> None:
        """The announcement is out."""

    async def standing(self, _session: AsyncSession, _subject: Subject) -> Standing:
        """Whether it takes envelopes, apart from its deadline."""
        return "open"

    async def demand_public(self, session: AsyncSession, subject: Subject) -> None:
        """Refuse a subject that nobody has been told of."""
        if await announced(session, str(subject)) is None:
            raise NoSuchAnnouncement

    async def closed(self, session: AsyncSession, actor: Actor, subject: Subject) -> None:
        """The box is fixed."""

    async def opening_began(self, session: AsyncSession, actor: Actor, subject: Subject) -> None:
        """Enough envelopes: trustees may send their shares."""

    async def not_opened(self, session: AsyncSession, actor: Actor, subject: Subject) -> None:
        """Too few: everything goes back unopened."""

    async def state(self, _session: AsyncSession, found: Opening) -> str:
        """How far a closed box has come: `opening`, `opened` or `failed`."""
        if found.box.count < found.announcement.body.min_envelopes:
            return "failed"
        return "opened" if found.current is None else "opening"

    async def show(self, session: AsyncSession, subject: Subject) -> None:
        """A phase is revealed: whatever its live viewers are to see."""

    async def opened(self, session: AsyncSession, subject: Subject) -> None:
        """The last phase is revealed."""
