"""What is asked for in the name of a lot (标段): its ceremony, and a bidder's upload tokens."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import LotNotPublished, NoMoreTokens, TooLateForCeremony
from bidding.sealing.announcement import PartRule
from bidding.services import ceremony, uploads
from bidding.services.ceremony import SeatChoice
from bidding.subjects import lot as lot_subject
from bidding.terms import Terms
from bidding.types import CeremonyView
from trading.kernel.clock import platform_now
from trading.kernel.errors import Busy
from trading.kernel.identity import Actor
from trading.kernel.settings import JournalSettings
from trading.kernel.signing import PlatformKeys
from trading.projects import reads as projects
from trading.projects import service as project_service

STEPPED = frozenset({"identity", "price"})
"""Parts padded in steps of 256 KiB: so small that even the length in Padmé steps could tell."""
JOINED_BY = "upload_token_"
MOST_TOKENS = 20
"""Tokens an organisation may draw for one lot."""


async def start_ceremony(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    seats: Sequence[SeatChoice],
    t: int,
    journal_settings: JournalSettings,
    keys: PlatformKeys,
) -> CeremonyView:
    """Name the seats; terms are those the lot was registered and published with."""
    lot = await projects.lot(session, lot_id)
    now = await platform_now(session)
    if lot.state != "published":
        raise LotNotPublished
    if now >= min(lot.issue_ends_at, lot.deadline_at):
        raise TooLateForCeremony(until=lot.issue_ends_at)
    rules = await projects.profile(session, lot.profile_digest)
    agency = {"agency": lot.agency_org_id} if lot.agency_org_id else {}
    terms = Terms(
        deadline=lot.deadline_at,
        parts=tuple(
            PartRule(id=part.id, phase=part.phase, pad="step" if part.id in STEPPED else "padme", required=True)
            for part in rules.parts
        ),
        min_envelopes=lot.min_bidders,
        documents=await projects.documents_root(session, lot_id),
        profile=lot.profile_digest,
        title=f"{lot.project_name} · {lot.name}",
        allowed_seats={"tenderer": lot.tenderer_org_id, **agency},
    )
    return await ceremony.start_ceremony(
        session,
        actor,
        subject=str(lot_subject(lot_id)),
        terms=terms,
        seats=seats,
        t=t,
        journal_settings=journal_settings,
        keys=keys,
    )


async def draw_token(session: AsyncSession, actor: Actor, *, lot_id: UUID, secret: str) -> str:
    """A token for the actor's organisation; only its number is counted, in the table that row security guards."""
    token = await uploads.draw_token(session, subject=str(lot_subject(lot_id)), secret=secret)
    drawn = await projects.participations(session, lot_id, org_id=actor.org_id)
    number = 1 + sum(org == actor.org_id and kind.startswith(JOINED_BY) for org, kind in drawn)
    if number > MOST_TOKENS:
        raise NoMoreTokens(most=MOST_TOKENS)
    if not await project_service.join_lot(session, actor, lot_id=lot_id, kind=f"{JOINED_BY}{number}"):
        raise Busy  # another draw took this number at the same moment; without it the limit would be none
    return token
