"""The escrow's lock-box (承诺托管): its trustees' keys are for this draw alone, its announcement pins the draw's."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.announcement import PartRule
from bidding.sealing.framing import parse_instant
from bidding.services.ceremony import SeatChoice, start_ceremony
from bidding.terms import Terms
from bidding.types import CeremonyView
from experts.errors import DrawOver
from experts.services.committing import PART
from experts.store import announced, locked
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.settings import JournalSettings
from trading.kernel.signing import PlatformKeys
from trading.projects import reads as projects


async def begin_escrow(
    session: AsyncSession,
    actor: Actor,
    *,
    draw_id: UUID,
    seats: Sequence[SeatChoice],
    t: int,
    journal_settings: JournalSettings,
    keys: PlatformKeys,
) -> CeremonyView:
    """Start the ceremony; trustees go on as for a lot."""
    if not actor.has("official"):
        raise Forbidden
    draw = await locked(session, draw_id)
    if draw.state != "announced" or draw.ann is None or draw.continued:
        raise DrawOver(state=draw.state)
    lot = await projects.lot(session, draw.lot_id)
    allowed = {"tenderer": lot.tenderer_org_id}
    if lot.agency_org_id is not None:
        allowed["agency"] = lot.agency_org_id
    terms = Terms(
        deadline=parse_instant(announced(draw).commit_until),
        parts=(PartRule(id=PART, phase=1, pad="step", required=True),),
        min_envelopes=1,
        documents=draw.ann,
        profile=lot.profile_digest,
        title=f"{lot.project_name} · {lot.name}",
        allowed_seats=allowed,
    )
    return await start_ceremony(
        session,
        actor,
        subject=f"draw:{draw_id}",
        terms=terms,
        seats=seats,
        t=t,
        journal_settings=journal_settings,
        keys=keys,
    )
