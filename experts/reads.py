"""What others may ask of the draws: the public document, the committee once unlocked. No name is in any of it."""

import datetime as dt
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.framing import format_instant
from experts.draw import order
from experts.errors import DrawUnknown
from experts.models import Draw, DrawCall, RosterDay
from experts.proof.documents import (
    DRAW_FORMAT,
    Called,
    Committed,
    DrawDocument,
    Filtered,
    Missing,
    Noted,
    Replaced,
    Seat,
)
from experts.services.beacons import beacons_of, shown_of
from experts.services.calling import places_of, progress_of
from experts.services.committing import revealed_of
from experts.store import announced, calls_of, eligible, leaves_of, lists_of, parties_of, seated_members
from experts.types import Committee, Member
from experts.views import draws_in, waiting_changes

__all__ = [
    "committee_of",
    "draw_chain",
    "draw_document",
    "draw_documents",
    "draw_of_lot",
    "draws_in",
    "waiting_changes",
]


async def committee_of(session: AsyncSession, lot_id: UUID) -> Committee | None:
    """The lot's committee; None until it is unlocked."""
    draw = await session.scalar(select(Draw).where(Draw.lot_id == lot_id, Draw.state == "unlocked"))
    if draw is None or draw.unlocked_at is None:
        return None
    rows = await seated_members(session, draw.id)
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


async def draw_of_lot(session: AsyncSession, lot_id: UUID) -> UUID | None:
    """The lot's newest draw that was announced."""
    found: UUID | None = await session.scalar(
        select(Draw.id).where(Draw.lot_id == lot_id, Draw.ann.is_not(None)).order_by(Draw.number.desc()).limit(1)
    )
    return found


async def seed_of_lot(session: AsyncSession, lot_id: UUID) -> str | None:
    """The seed that the lot's last computed order follows from."""
    found: str | None = await session.scalar(
        select(Draw.seed).where(Draw.lot_id == lot_id, Draw.seed.is_not(None)).order_by(Draw.number.desc()).limit(1)
    )
    return found


async def draw_chain(session: AsyncSession, draw_id: UUID) -> tuple[UUID, tuple[UUID, ...]]:
    """The lot of an announced draw, and its announced draws up to this one, in their order."""
    draw = await session.get(Draw, draw_id)
    if draw is None or draw.ann is None:
        raise DrawUnknown
    ids = await session.scalars(
        select(Draw.id)
        .where(Draw.lot_id == draw.lot_id, Draw.ann.is_not(None), Draw.number <= draw.number)
        .order_by(Draw.number)
    )
    return draw.lot_id, tuple(ids.all())


async def draws_of_lot(session: AsyncSession, lot_id: UUID) -> tuple[UUID, ...]:
    """Every announced draw of a lot, in their order."""
    ids = await session.scalars(
        select(Draw.id).where(Draw.lot_id == lot_id, Draw.ann.is_not(None)).order_by(Draw.number)
    )
    return tuple(ids.all())


async def draw_documents(session: AsyncSession, lot_id: UUID) -> tuple[DrawDocument, ...]:
    """The documents of these draws."""
    return tuple([await draw_document(session, draw_id) for draw_id in await draws_of_lot(session, lot_id)])


async def draw_document(session: AsyncSession, draw_id: UUID) -> DrawDocument:
    """The public document of a draw as far as it has come."""
    draw = await session.get(Draw, draw_id)
    if draw is None or draw.announcement is None or draw.roster_root is None or draw.announced_at is None:
        raise DrawUnknown
    announcement = announced(draw)
    leaves = await leaves_of(session, draw.roster_root)
    lists = await lists_of(session, draw_id)
    parties = await parties_of(session, draw_id)
    days = await session.scalars(select(RosterDay).where(RosterDay.root == draw.roster_root))
    day = next(row for row in days if format_instant(row.journalled_at) == announcement.roster.at)
    calls = await calls_of(session, draw_id)
    seed = bytes.fromhex(draw.seed or "")
    placed = {
        item.specialty: order(seed, item.specialty, eligible(item, leaves)) if draw.seed else () for item in lists
    }
    numbers = {leaf: number for number, (leaf, _) in enumerate(leaves)}
    seats = (await progress_of(session, draw)).seated if draw.state in {"complete", "unlocked"} else ()
    return DrawDocument(
        format=DRAW_FORMAT,
        announcement=draw.announcement.decode(),
        announced=Noted(str(draw.entry_id), format_instant(draw.announced_at)),
        rooted=Noted(str(day.entry_id), format_instant(day.journalled_at)),
        leaves=tuple(leaf.hex() for leaf, _ in leaves),
        specialties=tuple(Filtered(item.specialty, tuple(item.codes), item.root) for item in lists),
        filtered=Noted(str(draw.filtered_entry), format_instant(draw.announced_at)),
        commits=tuple(
            Committed(row.party, row.commit, Noted(str(row.commit_entry), format_instant(row.committed_at)))
            for row in parties
            if row.commit is not None and row.committed_at is not None
        ),
        reveals=tuple(revealed_of(row) for row in parties if row.reveal is not None),
        missing=tuple(Missing(**item) for item in draw.missing or ()),
        settled=_noted(draw.settled_entry, draw.settled_at),
        beacons=shown_of(await beacons_of(session, draw_id)),
        seed=draw.seed,
        orders=await places_of(session, draw),
        drawn=_noted(draw.computed_entry, draw.computed_at),
        calls=tuple(_called(call, placed[call.specialty][call.position]) for call in calls),
        replaced=tuple(
            Replaced(
                call.specialty,
                call.position,
                "absent" if call.state == "absent" else "recused",
                call.recusal or "",
                Noted(str(call.recusal_entry), format_instant(call.recused_at)),
            )
            for call in calls
            if call.recused_at is not None
        ),
        panel=tuple(
            Seat(place.specialty, place.position, numbers[placed[place.specialty][place.position]]) for place in seats
        ),
        completed=_noted(draw.completed_entry, draw.completed_at) if seats else None,
        cancelled=_noted(draw.cancelled_entry, draw.cancelled_at),
    )


def _noted(entry: UUID | None, at: dt.datetime | None) -> Noted | None:
    return Noted(str(entry), format_instant(at)) if entry is not None and at is not None else None


def _called(call: DrawCall, leaf: bytes) -> Called:
    return Called(
        call=call.id,
        specialty=call.specialty,
        position=call.position,
        leaf=leaf.hex(),
        made=Noted(str(call.made_entry), format_instant(call.made_at)),
        answer=call.record.decode() if call.record is not None else None,
        answered=_noted(call.entry_id, call.answered_at),
    )
