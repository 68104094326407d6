"""How far an opening has come, for its page, the API and trustees' programs."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.errors import NoRecordYet
from bidding.opening.recording import record
from bidding.opening.state import Opening, acts_of, box_row, opening, slots_document
from bidding.opening.table import OPENING_RECORD, OpeningView, PhaseView, table
from bidding.reads import published
from trading.projects import reads as projects
from trading.records import reads as records

_LAST = text("SELECT coalesce(max(seq), 0) FROM live_events WHERE stream = :stream")


async def opening_view(session: AsyncSession, lot_id: UUID) -> OpeningView | None:
    """None before closing: until then there is nothing anyone may know."""
    if await box_row(session, lot_id) is None:
        return None
    found = await opening(session, lot_id)
    lot = await projects.lot(session, lot_id)
    printed = await records.records_of(session, found.subject, (OPENING_RECORD,))
    try:
        digest = (await record(session, lot_id)).digest
    except NoRecordYet:
        digest = None
    return OpeningView(
        lot_id=lot_id,
        state=lot.state,
        root=found.box.root,
        live=found.box.count,
        minimum=found.announcement.body.min_envelopes,
        t=found.announcement.body.t,
        closed_at=found.stored.closed_at,
        phases=tuple(_phase(found, number, going_on=lot.state == "opening") for number in found.phases),
        rows=(await table(session, lot_id)).rows,
        record=digest,
        printed=printed[0].id if printed else None,
    )


async def box_document(session: AsyncSession, lot_id: UUID) -> dict[str, Any]:
    """What anyone derives the box from: announcement, opened slots, live envelopes, withdrawals.

    Envelopes that were replaced or withdrawn are not in it: they stay sealed and are known by their hashes.
    """
    found = await opening(session, lot_id)
    shown = {item.digest for item in found.box.envelopes} | {
        act.hash for act in acts_of(found.slots, found.subject) if act.body.action == "lot:envelope:withdrawn"
    }
    announced = await published(session, lot_id)
    return {
        "announcement": announced.file.decode() if announced else "",
        "slots": slots_document(found.subject, found.timeline, found.slots).decode(),
        "documents": {digest: found.documents[digest].decode() for digest in sorted(shown)},
        "root": found.box.root,
        "state": (await projects.lot(session, lot_id)).state,
        "current": found.current,
    }


async def last_event(session: AsyncSession, stream: str) -> int:
    """Where a page that shows everything so far begins to listen."""
    return int((await session.execute(_LAST, {"stream": stream})).scalar_one())


def _phase(found: Opening, number: int, *, going_on: bool) -> PhaseView:
    settled = found.phase(number)
    parts = tuple(part.id for part in found.announcement.body.parts if part.phase == number)
    batches = found.batches_of(number)
    complete = tuple(
        trustee.x
        for trustee in found.announcement.body.trustees
        if {row.part for row in batches if row.x == trustee.x} == set(parts)
    )
    return PhaseView(
        phase=number,
        parts=parts,
        seats=complete,
        settled=settled.digest if settled else None,
        settled_at=settled.settled_at if settled else None,
        revealed_at=settled.revealed_at if settled else None,
        current=going_on and found.current == number,
    )
