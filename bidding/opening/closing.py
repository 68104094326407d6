"""Closing (投标截止): the box is fixed under the subject's lock, from the journal's own leaves.

Whoever decided under the lock before the deadline is in a slot; sealing the last slots takes the lock exclusively and
so waits for him. Then every slot is opened and the box derived; from here on nothing can be added, dropped or swapped.
Fewer live envelopes than the announced minimum: not opened (招标投标法实施条例 44).
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.events import UploadsLapsed
from bidding.kinds import kind_of
from bidding.opening.entries import BOX_CLOSED, EARLY_ATTEMPT, OPENING_CANCELLED
from bidding.opening.errors import BoxNotClosed
from bidding.opening.events import BoxClosed, OpeningCancelled
from bidding.opening.state import acts_of, announcements, box_row, documents, slots_document, stream_of
from bidding.sealing.box import Box, derive_box
from bidding.subjects import Subject, parse_subject
from trading.kernel import live, timers
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.journal import blind_streams
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.objects import ObjectStore
from trading.kernel.outbox import emit

_INSERT = text(
    "INSERT INTO boxes (subject_kind, subject_id, ann, root, live, slots_digest, closed_at, entry_id) "
    "VALUES (:kind, :id, :ann, :root, :live, :slots_digest, :closed_at, :entry_id)"
)
UPLOADS_KEPT_FOR = timedelta(days=7)
"""How long after the deadline what was uploaded and never submitted is kept."""
_ENTRUSTED = ("official", "trustee", "tenderer", "agency", "supervisor", "notary", "witness")


async def refused_early(session: AsyncSession, actor: Actor, *, subject: str, attempt: str) -> BoxNotClosed | None:
    """The refusal of an opening step before closing, journalled; the edge answers it without rolling back (R4).

    Journalled of those whom the opening is entrusted to: the journal is for ever, and not for any passer-by to fill.
    """
    if await box_row(session, subject) is not None:
        return None
    of = parse_subject(subject)
    await kind_of(of).demand_public(session, of)
    if not actor.has(*_ENTRUSTED):
        return BoxNotClosed(attempt=attempt)
    await append(session, actor, EARLY_ATTEMPT, subject=subject, payload={"attempt": attempt})
    return BoxNotClosed(attempt=attempt)


async def close_box(session: AsyncSession, actor: Actor, *, subject: str, objects: ObjectStore) -> Box | None:
    """Close a box whose deadline has passed; doing it again changes nothing."""
    of = parse_subject(subject)
    kind = kind_of(of)
    await lock(session, subject, timeout_ms=30_000)
    if await box_row(session, subject) is not None:
        return None
    published = await announcements(session, subject)
    newest = published[-1]
    now = await platform_now(session)
    if now <= newest.deadline:
        raise BoxNotClosed(attempt="close")
    stream = await blind_streams.find_stream(session, subject)
    while await blind_streams.seal_slots(session, stream.id):
        pass
    slots = await blind_streams.open_all(session, stream.id)
    box = derive_box(published, acts_of(slots, subject), await documents(session, subject), newest.deadline)
    slots_digest = await objects.put(slots_document(subject, stream.timeline.to_json(), slots), "application/json")
    shown = {"ann": newest.ann, "root": box.root, "live": box.count, "slots": slots_digest}
    entry_id = await append(session, actor, BOX_CLOSED, subject=subject, payload=shown, at=now)
    await session.execute(
        _INSERT,
        {
            **of.columns,
            "ann": newest.ann,
            "root": box.root,
            "live": box.count,
            "slots_digest": slots_digest,
            "closed_at": now,
            "entry_id": entry_id,
        },
    )
    await kind.closed(session, actor, of)
    await emit(session, BoxClosed(subject=subject))
    lapse = UploadsLapsed(subject=subject)
    await timers.schedule(
        session, due_at=newest.deadline + UPLOADS_KEPT_FOR, event=lapse, key=f"bidding.uploads:{subject}"
    )
    await live.publish(session, stream_of(of), "closed", {"root": box.root, "live": box.count, "at": rfc3339(now)})
    if box.count < newest.body.min_envelopes:
        await cancel_opening(session, actor, subject=of, reason="too_few_envelopes", count=box.count, at=now)
    else:
        await kind.opening_began(session, actor, of)
    return box


async def cancel_opening(
    session: AsyncSession, actor: Actor, *, subject: Subject, reason: str, count: int, at: datetime
) -> None:
    """Not opened: what is in the box goes back as it came."""
    payload = {"reason": reason, "count": count}
    await append(session, actor, OPENING_CANCELLED, subject=str(subject), payload=payload, at=at)
    await kind_of(subject).not_opened(session, actor, subject)
    await emit(session, OpeningCancelled(subject=str(subject)))
    await live.publish(session, stream_of(subject), "cancelled", payload)
