"""Ceremonies as officials, trustees and pages see them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.drafting import reduced, seat_suits
from bidding.models import Ceremony, CeremonySeat
from bidding.sealing.announcement import announcement_digest
from bidding.sealing.offer import Offer, verify_offer
from bidding.subjects import LOT, parse_subject
from bidding.types import CeremonyView, KeyView, PartView, SeatView
from trading.kernel.errors import NotFound
from trading.kernel.identity import Actor
from trading.parties import reads as parties
from trading.projects.types import LotView


def running(subject: str) -> Select[Ceremony]:
    """The ceremony of a subject that was not cancelled."""
    kind, subject_id = parse_subject(subject)
    return select(Ceremony).where(
        Ceremony.subject_kind == kind, Ceremony.subject_id == subject_id, Ceremony.state != "cancelled"
    )


async def ceremony(session: AsyncSession, actor: Actor, ceremony_id: UUID) -> CeremonyView:
    """A ceremony, for officials and for those who sit in it."""
    return view(await _visible(session, actor, ceremony_id))


async def ceremony_of(session: AsyncSession, subject: str) -> CeremonyView | None:
    """The subject's ceremony, running or published."""
    row = await session.scalar(running(subject))
    return view(row) if row else None


async def ceremonies_at(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, CeremonyView]:
    """The same for several lots; one without a ceremony is left out."""
    if not lot_ids:
        return {}
    rows = await session.scalars(
        select(Ceremony).where(
            Ceremony.subject_kind == LOT, Ceremony.subject_id.in_(lot_ids), Ceremony.state != "cancelled"
        )
    )
    return {row.subject_id: view(row) for row in rows}


async def ceremonies_of(session: AsyncSession, actor: Actor) -> list[CeremonyView]:
    """The ceremonies in which the actor has a seat, newest first."""
    mine = select(CeremonySeat.ceremony_id).where(CeremonySeat.membership_id == actor.membership_id)
    rows = await session.scalars(select(Ceremony).where(Ceremony.id.in_(mine)).order_by(Ceremony.id.desc()).limit(100))
    return [view(row) for row in rows]


async def text_to_sign(session: AsyncSession, actor: Actor, ceremony_id: UUID) -> bytes:
    """The exact bytes of the announcement's body; not there until every key is in."""
    row = await _visible(session, actor, ceremony_id)
    if row.body is None:
        raise NotFound
    return row.body


def offers(row: Ceremony) -> dict[int, Offer]:
    """The key cards handed in so far, by seat."""
    subject: str = row.draft["subject"]
    return {seat.x: verify_offer(seat.offer, subject) for seat in row.seats if seat.offer}


async def who_may_sit(
    session: AsyncSession, lot: LotView, seats: Iterable[str]
) -> list[tuple[str, list[tuple[UUID, str]]]]:
    """For each seat the memberships that may hold it, with their words, in whatever concerns this lot."""
    trustees = await parties.people_of_role(session, "trustee")
    known = await parties.organisations_by_id(session, {member.org_id for member in trustees})
    return [
        (
            seat,
            [
                (member.id, f"{member.org_name} · {member.person_name}")
                for member in trustees
                if seat_suits(
                    seat,
                    org_id=member.org_id,
                    kind=known[member.org_id].kind,
                    tenderer=lot.tenderer_org_id,
                    agency=lot.agency_org_id,
                )
            ],
        )
        for seat in seats
    ]


def view(row: Ceremony) -> CeremonyView:
    """A ceremony as a frozen struct."""
    cards, draft = offers(row), row.draft
    return CeremonyView(
        id=row.id,
        subject=draft["subject"],
        state=row.state,
        t=draft["t"],
        n=draft["n"],
        suites=tuple(draft["suites"]),
        phases=tuple(sorted({part["phase"] for part in draft["parts"]})),
        parts=tuple(PartView(part["id"], part["phase"], part["required"]) for part in draft["parts"]),
        deadline=draft["deadline"],
        seats=tuple(_seat(seat, cards.get(seat.x)) for seat in row.seats),
        ann=announcement_digest(row.body) if row.body else None,
        reduced=reduced([seat.seat for seat in row.seats], draft["t"]),
        reason=row.reason,
        title=row.title,
        lot_id=row.subject_id if row.subject_kind == LOT else None,
    )


def _seat(row: CeremonySeat, card: Offer | None) -> SeatView:
    shown = card.keys if card and row.keyed_at else ()
    return SeatView(
        x=row.x,
        seat=row.seat,
        organisation=row.organisation,
        org_id=row.org_id,
        holder=row.holder,
        membership_id=row.membership_id,
        keyed=row.keyed_at is not None,
        signed=row.signature is not None,
        sign=card.sign if card and row.keyed_at else None,
        keys=tuple(KeyView(key.suite, key.phase, key.pk, key.kid) for key in shown),
    )


async def _visible(session: AsyncSession, actor: Actor, ceremony_id: UUID) -> Ceremony:
    row = await session.get(Ceremony, ceremony_id)
    seated = row is not None and any(seat.membership_id == actor.membership_id for seat in row.seats)
    if row is None or not (seated or actor.has("official", "supervisor")):
        raise NotFound
    return row
