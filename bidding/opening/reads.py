"""How far an opening has come, for its page, the API, trustees' programs and whoever the box is kept for."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.kinds import kind_of
from bidding.opening.errors import NoRecordYet
from bidding.opening.objections import ends_at, stored_objections
from bidding.opening.recording import record
from bidding.opening.state import Opening, acts_of, box_row, opening, slots_document
from bidding.opening.table import table
from bidding.opening.types import OPENING_RECORD, BoxView, OpenedFile, OpeningView, PhaseView
from bidding.reads import announced
from bidding.subjects import lot as lot_subject
from bidding.subjects import parse_subject
from trading.projects import reads as projects
from trading.records import reads as records

_LAST = text("SELECT coalesce(max(seq), 0) FROM live_events WHERE stream = :stream")
_FILES = text(
    "SELECT env, part, files FROM opened_parts WHERE subject_kind = :kind AND subject_id = :id ORDER BY position, part"
)


async def box_view(session: AsyncSession, subject: str) -> BoxView | None:
    """A box and its phases; None before closing: until then there is nothing anyone may know."""
    if await box_row(session, subject) is None:
        return None
    found = await opening(session, subject)
    state = await kind_of(found.subject).state(session, found)
    return BoxView(
        subject=subject,
        state=state,
        root=found.box.root,
        live=found.box.count,
        minimum=found.announcement.body.min_envelopes,
        t=found.announcement.body.t,
        closed_at=found.stored.closed_at,
        phases=tuple(_phase(found, number, going_on=state == "opening") for number in found.phases),
    )


async def opening_view(session: AsyncSession, lot_id: UUID) -> OpeningView | None:
    """A lot's box with its table and record; None before closing."""
    subject = str(lot_subject(lot_id))
    box = await box_view(session, subject)
    if box is None:
        return None
    printed = await records.records_of(session, subject, (OPENING_RECORD,))
    try:
        digest = (await record(session, lot_id)).digest
    except NoRecordYet:
        digest = None
    return OpeningView(
        lot_id=lot_id,
        state=box.state,
        root=box.root,
        live=box.live,
        minimum=box.minimum,
        t=box.t,
        closed_at=box.closed_at,
        phases=box.phases,
        rows=(await table(session, lot_id)).rows,
        ends_at=await ends_at(session, await projects.lot(session, lot_id), await opening(session, subject)),
        objections=tuple(item.shown for item in await stored_objections(session, lot_id)),
        record=digest,
        printed=printed[0].id if printed else None,
    )


async def revealed_files(session: AsyncSession, subject: str) -> tuple[OpenedFile, ...]:
    """Every file of every part opened so far, in box order; none before a phase is revealed."""
    return tuple(
        OpenedFile(env=row.env, part=row.part, **file)
        for row in await session.execute(_FILES, parse_subject(subject).columns)
        for file in row.files
    )


async def box_document(session: AsyncSession, subject: str) -> dict[str, Any]:
    """What anyone derives the box from: announcement, opened slots, live envelopes, withdrawals.

    Envelopes that were replaced or withdrawn are not in it: they stay sealed and are known by their hashes.
    """
    found = await opening(session, subject)
    shown = {item.digest for item in found.box.envelopes} | {
        act.hash for act in acts_of(found.slots, subject) if act.body.action == "lot:envelope:withdrawn"
    }
    in_force = await announced(session, subject)
    return {
        "announcement": in_force.file.decode() if in_force else "",
        "slots": slots_document(subject, found.timeline, found.slots).decode(),
        "documents": {digest: found.documents[digest].decode() for digest in sorted(shown)},
        "root": found.box.root,
        "state": await kind_of(found.subject).state(session, found),
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
