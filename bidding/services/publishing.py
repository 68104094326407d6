"""Publishing the announcement (公布密钥公告): from here on bids can be sealed, and their blind slots run.

Everything that hangs on it happens in one transaction: the journal entry, the blind stream, the filed document, the
timer for the deadline, and what hangs off the subject's kind.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding import drafting
from bidding.ceremony_reads import view
from bidding.entries import ANNOUNCEMENT_PUBLISHED
from bidding.errors import CeremonyPastDeadline, OneHolderOpens, SignatureRefused, SignaturesMissing
from bidding.events import DeadlineReached
from bidding.kinds import kind_of
from bidding.models import AnnouncementRow
from bidding.sealing.announcement import assemble_announcement, verify_announcement
from bidding.sealing.errors import SealingError
from bidding.services.ceremony import locked, tell
from bidding.states import CEREMONY
from bidding.subjects import Subject
from bidding.types import CeremonyView
from trading.kernel import timers
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal import blind_streams
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.records import service as records

ANNOUNCEMENT_TYPE = "application/json"


async def publish(session: AsyncSession, actor: Actor, *, ceremony_id: UUID, objects: ObjectStore) -> CeremonyView:
    """The announcement stands: from now on bids can be sealed and submitted, until its deadline."""
    ceremony = await locked(session, ceremony_id)
    if CEREMONY.allows(ceremony.state, "compose"):
        raise SignaturesMissing(missing=len(ceremony.seats))
    ceremony.state, body = CEREMONY.advance(ceremony.state, "publish"), ceremony.body or b""
    signatures = {seat.x: seat.signature for seat in ceremony.seats if seat.signature}
    if len(signatures) < len(ceremony.seats):
        raise SignaturesMissing(missing=len(ceremony.seats) - len(signatures))
    file = assemble_announcement(body, signatures)
    try:
        announcement = verify_announcement(file)
    except SealingError as error:
        raise SignatureRefused(x=error.params.get("x", 0)) from error
    if drafting.most_of_one([seat.org_id for seat in ceremony.seats]) >= announcement.body.t:
        raise OneHolderOpens(t=announcement.body.t)
    of, subject = Subject(ceremony.subject_kind, ceremony.subject_id), announcement.body.subject
    kind = kind_of(of)
    await kind.demand_announceable(session, of, announcement)
    now = await platform_now(session)
    if now >= announcement.deadline:
        raise CeremonyPastDeadline(deadline=announcement.deadline)
    lacking = drafting.reduced([seat.seat for seat in ceremony.seats], announcement.body.t)
    digest = await objects.put(file, ANNOUNCEMENT_TYPE)
    entry_id = await append(
        session,
        actor,
        ANNOUNCEMENT_PUBLISHED,
        subject=subject,
        payload={
            "ann": announcement.ann,
            "file": digest,
            "version": announcement.body.version,
            "t": announcement.body.t,
            "n": announcement.body.n,
            "deadline": announcement.body.deadline,
            "reduced_secrecy": lacking,
        },
    )
    session.add(
        AnnouncementRow(
            ann=announcement.ann,
            subject_kind=ceremony.subject_kind,
            subject_id=ceremony.subject_id,
            version=announcement.body.version,
            ceremony_id=ceremony.id,
            file=file,
            reduced=lacking,
            published_at=now,
            entry_id=entry_id,
        )
    )
    ceremony.ended_at = now
    await session.flush()
    schedule = announcement.schedule
    await blind_streams.open_stream(
        session,
        subject,
        schedule.opens_at,
        schedule.closes_at,
        lock_name=subject,
        length=schedule.length,
        last_length=schedule.last_length,
    )
    await records.keep(
        session,
        actor,
        subject=subject,
        kind="announcement",
        name=f"announcement-{announcement.ann[:16]}.json",
        media_type=ANNOUNCEMENT_TYPE,
        digest=digest,
        size=len(file),
        public=True,
    )
    await timers.schedule(
        session,
        due_at=announcement.deadline,
        event=DeadlineReached(subject=subject),
        key=f"bidding.deadline:{ceremony.subject_id}",
    )
    await kind.announced(session, actor, of, entry_id=entry_id)
    await tell(session, ceremony)
    return view(ceremony)
