"""Closing (投标截止): the box is fixed under the lot's lock, from the journal's own leaves.

Whoever decided under the lock before the deadline is in a slot; sealing the last slots takes the lock exclusively and
so waits for him. Then every slot is opened and the box derived; from here on nothing can be added, dropped or swapped.
Fewer live envelopes than the profile's minimum: not opened (招标投标法实施条例 44).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.entries import BOX_CLOSED, EARLY_ATTEMPT, OPENING_CANCELLED
from bidding.opening.errors import BoxNotClosed
from bidding.opening.state import acts_of, announcements, box_row, documents, slots_document
from bidding.reads import LOT
from bidding.sealing.box import Box, derive_box
from trading.kernel import live
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.journal import blind_streams
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.objects import ObjectStore
from trading.projects import reads as project_reads
from trading.projects import service as projects
from trading.projects.errors import LotUnknown

_INSERT = text(
    "INSERT INTO boxes (lot_id, ann, root, live, slots_digest, closed_at, entry_id) "
    "VALUES (:lot, :ann, :root, :live, :slots_digest, :closed_at, :entry_id)"
)


_ENTRUSTED = ("official", "trustee", "tenderer", "agency", "supervisor", "notary", "witness")


def stream_of(lot_id: UUID) -> str:
    """The live stream of a lot's opening page."""
    return f"opening:{lot_id}"


async def refused_early(session: AsyncSession, actor: Actor, *, lot_id: UUID, attempt: str) -> BoxNotClosed | None:
    """The refusal of an opening step before closing, journalled; the edge answers it without rolling back (R4).

    Journalled of those whom the opening is entrusted to: the journal is for ever, and not for any passer-by to fill.
    """
    if await box_row(session, lot_id) is not None:
        return None
    if not (await project_reads.lot(session, lot_id)).is_public:
        raise LotUnknown
    if not actor.has(*_ENTRUSTED):
        return BoxNotClosed(attempt=attempt)
    await append(session, actor, EARLY_ATTEMPT, subject=f"{LOT}:{lot_id}", payload={"attempt": attempt})
    return BoxNotClosed(attempt=attempt)


async def close_lot(session: AsyncSession, actor: Actor, *, lot_id: UUID, objects: ObjectStore) -> Box | None:
    """Close a lot whose deadline has passed; doing it again changes nothing."""
    subject = f"{LOT}:{lot_id}"
    await lock(session, subject, timeout_ms=30_000)
    if await box_row(session, lot_id) is not None:
        return None
    published = await announcements(session, lot_id)
    newest = published[-1]
    now = await platform_now(session)
    if now <= newest.deadline:
        raise BoxNotClosed(attempt="close")
    stream = await blind_streams.find_stream(session, subject)
    while await blind_streams.seal_slots(session, stream.id):
        pass
    slots = await blind_streams.open_all(session, stream.id)
    box = derive_box(published, acts_of(slots, subject), await documents(session, lot_id), newest.deadline)
    slots_digest = await objects.put(slots_document(subject, stream.timeline.to_json(), slots), "application/json")
    shown = {"ann": newest.ann, "root": box.root, "live": box.count, "slots": slots_digest}
    entry_id = await append(session, actor, BOX_CLOSED, subject=subject, payload=shown, at=now)
    await session.execute(
        _INSERT,
        {
            "lot": lot_id,
            "ann": newest.ann,
            "root": box.root,
            "live": box.count,
            "slots_digest": slots_digest,
            "closed_at": now,
            "entry_id": entry_id,
        },
    )
    await projects.advance_lot(session, actor, lot_id=lot_id, verb="close")
    await projects.mark_milestone(session, actor, subject=subject, key="deadline")
    await projects.publish_participants(session, actor, lot_id=lot_id)
    await live.publish(session, stream_of(lot_id), "closed", {"root": box.root, "live": box.count, "at": rfc3339(now)})
    minimum = newest.body.min_envelopes
    if box.count < minimum:
        await cancel_opening(session, actor, lot_id=lot_id, reason="too_few_envelopes", count=box.count, at=now)
    else:
        await projects.advance_lot(session, actor, lot_id=lot_id, verb="begin_opening")
    return box


async def cancel_opening(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, reason: str, count: int, at: datetime
) -> None:
    """Not opened: bids go back unopened, the lot has failed and may be tendered again."""
    subject = f"{LOT}:{lot_id}"
    payload = {"reason": reason, "count": count}
    await append(session, actor, OPENING_CANCELLED, subject=subject, payload=payload, at=at)
    await projects.advance_lot(session, actor, lot_id=lot_id, verb="fail")
    await live.publish(session, stream_of(lot_id), "cancelled", payload)
