"""Rows of the outcome, and the one lock under which all its steps follow each other."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards.errors import NotAwarded, NotTheTenderer, NotYourLot, OutcomeUnknown
from trading.awards.models import (
    AnnulmentRow,
    BidderRow,
    DecisionRow,
    ObjectionEndRow,
    ObjectionRow,
    OutcomeRow,
    PublicityRow,
)
from trading.awards.types import Candidate
from trading.kernel.db import Base
from trading.kernel.identity import Actor
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects.profile import Profile, load_profile
from trading.projects.rights import manages
from trading.projects.types import LotView

R = TypeVar("R", bound=Base)


async def locked_lot(session: AsyncSession, lot_id: UUID) -> LotView:
    """The lot, with no other step of its outcome under way."""
    await lock(session, f"awards:{lot_id}")
    return await projects.lot(session, lot_id)


async def rules_of(session: AsyncSession, lot: LotView) -> Profile:
    """The lot's profile; one registered before its profile knew of awards is judged by the release's own rows."""
    profile = await projects.profile(session, lot.profile_digest)
    return profile if profile.award is not None else load_profile(lot.profile)


async def row_of(session: AsyncSession, kind: type[R], lot_id: UUID) -> R | None:
    """The one row of a kind that is keyed by the lot."""
    return await session.get(kind, lot_id, populate_existing=True)


async def outcome_of(session: AsyncSession, lot_id: UUID) -> OutcomeRow:
    """The recorded report."""
    row = await row_of(session, OutcomeRow, lot_id)
    if row is None:
        raise OutcomeUnknown
    return row


async def begun_publicity(session: AsyncSession, lot_id: UUID) -> PublicityRow | None:
    """The publicity once it has begun."""
    row = await row_of(session, PublicityRow, lot_id)
    return row if row is not None and row.began_at is not None else None


async def bidders_of(session: AsyncSession, lot_id: UUID) -> Sequence[BidderRow]:
    """Everybody whose bid was opened, ranked first."""
    query = select(BidderRow).where(BidderRow.lot_id == lot_id)
    return (await session.scalars(query.order_by(BidderRow.rank.nulls_last(), BidderRow.env))).all()


def told_of(ranked: Sequence[Candidate | BidderRow]) -> list[dict[str, str | int | None]]:
    """Candidates as an entry of the journal has them."""
    return [
        {
            "rank": item.rank,
            "organisation": item.organisation,
            "uscc": item.uscc,
            "price_fen": item.price_fen,
            "total": item.total_hundredths,
            "env": item.env,
        }
        for item in ranked
    ]


async def objections_of(session: AsyncSession, lot_id: UUID) -> list[tuple[ObjectionRow, ObjectionEndRow | None]]:
    """Every objection with how it ended, in the order they were raised."""
    query = (
        select(ObjectionRow, ObjectionEndRow)
        .outerjoin(ObjectionEndRow, ObjectionEndRow.objection_id == ObjectionRow.id)
        .where(ObjectionRow.lot_id == lot_id)
        .order_by(ObjectionRow.raised_at, ObjectionRow.id)
    )
    return [(row, end) for row, end in await session.execute(query)]


async def open_objections(session: AsyncSession, lot_id: UUID) -> list[ObjectionRow]:
    """Those that wait for their reply."""
    return [row for row, end in await objections_of(session, lot_id) if end is None]


async def decisions_of(session: AsyncSession, lot_id: UUID) -> list[tuple[DecisionRow, AnnulmentRow | None]]:
    """Every decision with its annulment, the first first."""
    query = (
        select(DecisionRow, AnnulmentRow)
        .outerjoin(AnnulmentRow, AnnulmentRow.decision_id == DecisionRow.id)
        .where(DecisionRow.lot_id == lot_id)
        .order_by(DecisionRow.number)
    )
    return [(row, end) for row, end in await session.execute(query)]


async def standing_decision(session: AsyncSession, lot_id: UUID) -> DecisionRow:
    """The one that stands."""
    for row, end in await decisions_of(session, lot_id):
        if end is None:
            return row
    raise NotAwarded


def demand_side(actor: Actor, lot: LotView) -> None:
    """The tenderer or its agency."""
    if not manages(actor, lot.tenderer_org_id, lot.agency_org_id):
        raise NotYourLot


def demand_tenderer(actor: Actor, lot: LotView) -> None:
    """The tenderer itself: nobody decides in its place."""
    if actor.org_id != lot.tenderer_org_id or not actor.has("tenderer") or actor.person_id is None:
        raise NotTheTenderer
