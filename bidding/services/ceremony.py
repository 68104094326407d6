"""The ceremony (密钥仪式): seats are named, trustees bring keys and sign; `publishing` ends it.

Until publication it can be cancelled and begun again; afterwards nothing of it changes. What the trustees sign is the
exact text that bidders seal under, so the platform cannot show one announcement to one and another to another.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import drafting
from bidding.ceremony_reads import offers, running, view
from bidding.entries import (
    CEREMONY_CANCELLED,
    CEREMONY_SIGNED,
    CEREMONY_STARTED,
    KEYS_RECEIVED,
)
from bidding.errors import (
    CeremonyOver,
    CeremonyPastDeadline,
    CeremonyRunning,
    KeyCardRefused,
    NotYourSeat,
    OneHolderOpens,
    PossessionNotProved,
    SeatUnsuitable,
    SignatureRefused,
    ThresholdUnlawful,
)
from bidding.models import Ceremony, CeremonySeat
from bidding.sealing.announcement import (
    announcement_text,
    check_signature,
    parse_body,
)
from bidding.sealing.errors import SealingError
from bidding.sealing.offer import Offer, make_challenge, verify_offer
from bidding.states import CEREMONY
from bidding.subjects import Subject, parse_subject
from bidding.terms import Terms
from bidding.types import CeremonyView, Challenge
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, NotFound
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.settings import JournalSettings
from trading.kernel.signing import PlatformKeys
from trading.parties import reads as parties


class SeatChoice(msgspec.Struct, frozen=True):
    """Who is to sit where."""

    seat: str
    membership_id: UUID


async def start_ceremony(
    session: AsyncSession,
    actor: Actor,
    *,
    subject: str,
    terms: Terms,
    seats: Sequence[SeatChoice],
    t: int,
    journal_settings: JournalSettings,
    keys: PlatformKeys,
) -> CeremonyView:
    """Name the seats and fix everything of the announcement but the trustees' keys."""
    kind, subject_id = parse_subject(subject)
    now = await platform_now(session)
    if now >= terms.deadline:
        raise CeremonyPastDeadline(deadline=terms.deadline)
    if await session.scalar(running(subject)) is not None:
        raise CeremonyRunning
    if not 2 <= t < len(seats):
        raise ThresholdUnlawful({"t": FieldProblem("bidding.threshold", {"n": len(seats)})}, n=len(seats))
    rows = [await _seated(session, terms, x, choice) for x, choice in enumerate(seats, 1)]
    if len({row.person_id for row in rows}) < len(rows):
        raise SeatUnsuitable({"seats": FieldProblem("bidding.seat_twice")})
    if drafting.most_of_one([row.org_id for row in rows]) >= t:
        raise OneHolderOpens(t=t)
    ceremony = Ceremony(
        id=new_id(),
        subject_kind=kind,
        subject_id=subject_id,
        title=terms.title,
        state="gathering",
        draft=drafting.draft(
            subject=subject,
            terms=terms,
            t=t,
            n=len(rows),
            journal=journal_settings,
            journal_key=keys.journal.public_raw,
            receipt_key=keys.receipt.public_raw,
        ),
        body=None,
        started_at=now,
        started_by=actor.membership_id,
        seats=rows,
    )
    session.add(ceremony)
    await session.flush()
    await append(
        session,
        actor,
        CEREMONY_STARTED,
        subject=subject,
        payload={"ceremony": str(ceremony.id), "t": t, "seats": [_seat_payload(row) for row in rows]},
    )
    await tell(session, ceremony)
    return view(ceremony)


async def submit_keys(
    session: AsyncSession,
    actor: Actor,
    *,
    ceremony_id: UUID,
    offer: bytes,
    answers: Mapping[str, str] | None,
) -> tuple[CeremonyView, tuple[Challenge, ...]]:
    """A trustee's key card. The first time he is given challenges; the same card with their answers fills the seat."""
    ceremony = await locked(session, ceremony_id)
    if ceremony.state != "gathering":
        raise CeremonyOver(state=ceremony.state)
    seat = _seat_of(ceremony, actor)
    card = _checked_offer(ceremony, seat, offer)
    if seat.offer != offer or seat.challenges is None:
        made = [(key, *make_challenge(card.subject, key)) for key in card.keys]
        seat.offer, seat.keyed_at = offer, None
        seat.challenges = [{**msgspec.to_builtins(challenge), "answer": answer} for _, challenge, answer in made]
    if seat.keyed_at is None and answers:
        if any(answers.get(item["kid"]) != item["answer"] for item in seat.challenges):
            raise PossessionNotProved
        seat.keyed_at = await platform_now(session)
        await append(
            session,
            actor,
            KEYS_RECEIVED,
            subject=_subject(ceremony),
            payload={
                "ceremony": str(ceremony.id),
                "x": seat.x,
                "sign": card.sign,
                "kids": [key.kid for key in card.keys],
            },
        )
        await _compose_when_complete(session, ceremony)
        await tell(session, ceremony)
    await session.flush()
    challenges = tuple(Challenge(kid=item["kid"], enc=item["enc"], ct=item["ct"]) for item in seat.challenges)
    return view(ceremony), () if seat.keyed_at else challenges


async def sign(session: AsyncSession, actor: Actor, *, ceremony_id: UUID, x: int, signature: str) -> CeremonyView:
    """A trustee's signature over the complete text; the same again changes nothing."""
    ceremony = await locked(session, ceremony_id)
    seat = _seat_of(ceremony, actor, x)
    if seat.signature == signature:
        return view(ceremony)
    if ceremony.state != "signing" or ceremony.body is None:
        raise CeremonyOver(state=ceremony.state)
    try:
        check_signature(ceremony.body, parse_body(ceremony.body).trustees[seat.x - 1], signature)
    except SealingError as error:
        raise SignatureRefused(x=x) from error
    seat.signature, seat.signed_at = signature, await platform_now(session)
    await append(
        session,
        actor,
        CEREMONY_SIGNED,
        subject=_subject(ceremony),
        payload={"ceremony": str(ceremony.id), "x": seat.x, "signature": signature},
    )
    await session.flush()
    await tell(session, ceremony)
    return view(ceremony)


async def cancel(session: AsyncSession, actor: Actor, *, ceremony_id: UUID, reason: str) -> CeremonyView:
    """End a ceremony that has not been published; another may then begin, with fresh keys."""
    ceremony = await locked(session, ceremony_id)
    if not CEREMONY.allows(ceremony.state, "cancel"):
        raise CeremonyOver(state=ceremony.state)
    ceremony.state = CEREMONY.advance(ceremony.state, "cancel")
    ceremony.ended_at, ceremony.reason = await platform_now(session), reason
    await append(
        session,
        actor,
        CEREMONY_CANCELLED,
        subject=_subject(ceremony),
        payload={"ceremony": str(ceremony.id), "reason": reason},
    )
    await session.flush()
    await tell(session, ceremony)
    return view(ceremony)


async def _seated(session: AsyncSession, terms: Terms, x: int, choice: SeatChoice) -> CeremonySeat:
    field = f"seats.{x - 1}.membership_id"
    member = await parties.membership(session, choice.membership_id)
    if member.ended_at is not None or "trustee" not in member.roles:
        raise SeatUnsuitable({field: FieldProblem("bidding.seat_no_trustee")})
    organisation = await parties.organisation(session, member.org_id)
    suits = drafting.seat_suits(
        choice.seat,
        org_id=member.org_id,
        kind=organisation.kind,
        tenderer=terms.allowed_seats.get("tenderer"),
        agency=terms.allowed_seats.get("agency"),
    )
    if not suits:
        raise SeatUnsuitable({field: FieldProblem("bidding.seat_other_organisation")})
    return CeremonySeat(
        x=x,
        seat=choice.seat,
        membership_id=member.id,
        person_id=member.person_id,
        org_id=member.org_id,
        organisation=member.org_name,
        holder=member.person_name,
    )


def _seat_of(ceremony: Ceremony, actor: Actor, x: int | None = None) -> CeremonySeat:
    for seat in ceremony.seats:
        if seat.membership_id == actor.membership_id and x in {None, seat.x}:
            return seat
    raise NotYourSeat


def _checked_offer(ceremony: Ceremony, seat: CeremonySeat, raw: bytes) -> Offer:
    try:
        card = verify_offer(raw, ceremony.draft["subject"])
    except SealingError as error:
        raise KeyCardRefused(detail=error.code) from error
    if card.organisation != seat.organisation:
        raise KeyCardRefused(detail="sealing.offer.organisation")
    if [(key.suite, key.phase) for key in card.keys] != drafting.wanted_keys(ceremony.draft):
        raise KeyCardRefused(detail="sealing.offer.keys")
    others = [other for x, other in offers(ceremony).items() if x != seat.x]
    public = {key.pk for other in others for key in other.keys}
    if card.sign in {other.sign for other in others} or any(key.pk in public for key in card.keys):
        raise KeyCardRefused(detail="sealing.announcement.keys")
    return card


async def _compose_when_complete(session: AsyncSession, ceremony: Ceremony) -> None:
    if not all(seat.keyed_at for seat in ceremony.seats):
        return
    cards = offers(ceremony)
    body = drafting.compose(
        ceremony.draft,
        [(seat.x, seat.seat, cards[seat.x]) for seat in ceremony.seats],
        await platform_now(session),
    )
    ceremony.state = CEREMONY.advance(ceremony.state, "compose")
    ceremony.body = announcement_text(body)


async def locked(session: AsyncSession, ceremony_id: UUID) -> Ceremony:
    """The ceremony, held until the transaction ends."""
    row = await session.get(Ceremony, ceremony_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _subject(row: Ceremony) -> str:
    return str(Subject(row.subject_kind, row.subject_id))


def _seat_payload(row: CeremonySeat) -> dict[str, object]:
    return {"x": row.x, "seat": row.seat, "organisation": row.organisation}


async def tell(session: AsyncSession, ceremony: Ceremony) -> None:
    """Wake the pages that show it."""
    await live.publish(session, f"ceremony:{ceremony.subject_id}", "changed", {"state": ceremony.state})
