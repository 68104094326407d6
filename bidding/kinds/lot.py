"""A lot (标段): its state, its participants, its opening table and record follow its box."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import DeadlineMoved, LotNotPublished, TooLateForCeremony
from bidding.kinds.base import Kind, Standing
from bidding.opening.state import Opening, stream_of
from bidding.opening.table import row_of, table
from bidding.sealing.announcement import Announcement
from bidding.subjects import Subject
from trading.funds import services as funds
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.projects import reads, service
from trading.projects.errors import LotUnknown


class Lot(Kind):
    """Every step of the box is a step of the lot, in the same transaction."""

    async def demand_announceable(self, session: AsyncSession, subject: Subject, announcement: Announcement) -> None:
        """Published, before document issue ends (招标文件发售截止), with the deadline that was signed."""
        lot = await reads.lot_for_update(session, subject.id)
        now = await platform_now(session)
        if lot.state != "published":
            raise LotNotPublished
        if now >= min(lot.issue_ends_at, announcement.deadline):
            raise TooLateForCeremony(until=lot.issue_ends_at)
        if lot.deadline_at != announcement.deadline:
            raise DeadlineMoved(signed=announcement.deadline)

    async def announced(self, session: AsyncSession, actor: Actor, subject: Subject, *, entry_id: UUID) -> None:
        """A milestone of the lot."""
        await service.mark_milestone(session, actor, subject=str(subject), key="announcement", entry_id=entry_id)

    async def standing(self, _session: AsyncSession, _subject: Subject) -> Standing:
        """By the lot's state: one statement, for it is on the way of every submission."""
        state = (await reads.lot(_session, _subject.id)).state
        return "open" if state == "published" else "cancelled" if state == "failed" else "closed"

    async def demand_public(self, session: AsyncSession, subject: Subject) -> None:
        """Its notice is out."""
        if not (await reads.lot(session, subject.id)).is_public:
            raise LotUnknown

    async def closed(self, session: AsyncSession, actor: Actor, subject: Subject) -> None:
        """投标截止: from now on everyone may see who took part."""
        await service.advance_lot(session, actor, lot_id=subject.id, verb="close")
        await service.mark_milestone(session, actor, subject=str(subject), key="deadline")
        await service.publish_participants(session, actor, lot_id=subject.id)

    async def opening_began(self, session: AsyncSession, actor: Actor, subject: Subject) -> None:
        """开标 begins."""
        await service.advance_lot(session, actor, lot_id=subject.id, verb="begin_opening")

    async def not_opened(self, session: AsyncSession, actor: Actor, subject: Subject) -> None:
        """It has failed (流标) and may be tendered again; every deposit goes back with interest."""
        await service.advance_lot(session, actor, lot_id=subject.id, verb="fail")
        await funds.plan_refunds(session, actor, lot_id=subject.id, cause="ended")

    async def state(self, _session: AsyncSession, found: Opening) -> str:
        """The lot's own as far as the opening goes; what becomes of the lot later is not the box's business."""
        state = (await reads.lot(_session, found.subject.id)).state
        if state in {"closed", "opening"} or (state == "failed" and found.current is not None):
            return state
        return "opened"

    async def show(self, session: AsyncSession, subject: Subject) -> None:
        """The opening table (开标一览表), bidder by bidder."""
        for line in (await table(session, subject.id)).rows:
            await live.publish(session, stream_of(subject), "row", row_of(line))

    async def opened(self, session: AsyncSession, subject: Subject) -> None:
        """The table is complete; whoever takes part may object to it until the official ends the opening."""
        await live.publish(session, stream_of(subject), "complete", {})
