"""An evaluation with its bids, members and sheets as stored; what a sheet holds comes through row security."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening import reads as openings
from bidding.opening.types import OpeningView
from experts.evaluation import rules
from experts.evaluation.errors import EvaluationUnknown, TermsMissing
from experts.evaluation.models import EvaluationMember, EvaluationSheet, EvaluationSubmission, EvaluationTable
from experts.evaluation.types import Bid, Decided, Evaluation, File, Sheet
from trading.kernel.identity import Actor
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects.profile import Ground
from trading.projects.types import LotView

# A reference that stands for no sub-account of the lot, another bidder's, or money that came late or short.
_UNPAID = frozenset({"none", "late", "short", "wrong_payer", "foreign"})
_IDENTITY = "identity"


def stream_of(lot_id: UUID) -> str:
    """The live stream of an evaluation: that something has changed; whoever listens asks for what he may see of it."""
    return f"evaluation:{lot_id}"


async def row_of(session: AsyncSession, lot_id: UUID, *, locked: bool = False) -> EvaluationTable:
    """The evaluation's row; with `locked` its steps wait for each other."""
    if locked:
        await lock(session, f"evaluation:{lot_id}")
    row = await session.get(EvaluationTable, lot_id, populate_existing=True)
    if row is None:
        raise EvaluationUnknown
    return row


async def members_of(session: AsyncSession, lot_id: UUID) -> Sequence[EvaluationMember]:
    """The members by seat, without those who were replaced."""
    return [member for member in await all_members_of(session, lot_id) if member.replaced_at is None]


async def all_members_of(session: AsyncSession, lot_id: UUID) -> Sequence[EvaluationMember]:
    """Everybody who ever sat, by seat."""
    query = select(EvaluationMember).where(EvaluationMember.lot_id == lot_id).order_by(EvaluationMember.seat)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def member_of(session: AsyncSession, actor: Actor, lot_id: UUID) -> EvaluationMember:
    """The actor's own seat; for anyone else there is no such evaluation."""
    for member in await members_of(session, lot_id):
        if actor.membership_id is not None and member.membership_id == actor.membership_id:
            return member
    raise EvaluationUnknown


async def submissions_of(session: AsyncSession, lot_id: UUID, kind: str = "") -> Sequence[EvaluationSubmission]:
    """Which sheets are in and count: of the members who sit, reviews and what was written in the present round."""
    query = (
        select(EvaluationSubmission)
        .join(EvaluationTable, EvaluationTable.lot_id == EvaluationSubmission.lot_id)
        .join(
            EvaluationMember,
            (EvaluationMember.lot_id == EvaluationSubmission.lot_id)
            & (EvaluationMember.seat == EvaluationSubmission.seat)
            & EvaluationMember.replaced_at.is_(None),
        )
        .where(EvaluationSubmission.lot_id == lot_id)
        .where((EvaluationSubmission.kind == "review") | (EvaluationSubmission.round == EvaluationTable.round))
    )
    if kind:
        query = query.where(EvaluationSubmission.kind == kind)
    return (await session.scalars(query.order_by(EvaluationSubmission.kind, EvaluationSubmission.seat))).all()


async def bids_of(session: AsyncSession, lot: LotView, grounds: Sequence[Ground]) -> tuple[Bid, ...]:
    """The opened bids in box order, with the grounds the platform itself sees."""
    view = await openings.opening_view(session, lot.id)
    files: dict[str, list[File]] = {}
    for item in await openings.revealed_files(session, f"lot:{lot.id}"):
        if item.part != _IDENTITY:
            files.setdefault(item.env, []).append(File(item.part, item.name, item.size, item.sha256))
    if view is None:
        return ()
    return tuple(_bid(view, place, lot, grounds, files) for place in range(len(view.rows)))


def _bid(view: OpeningView, place: int, lot: LotView, grounds: Sequence[Ground], files: dict[str, list[File]]) -> Bid:
    line = view.rows[place]
    unopened = line.void or line.price_fen is None
    above = lot.ceiling_fen is not None and line.price_fen is not None and line.price_fen > lot.ceiling_fen
    seen = {
        "unopened": unopened,
        "above_ceiling": above,
        "deposit": lot.deposit_fen > 0 and line.deposit in _UNPAID,
    }
    proposed = tuple(ground for ground in grounds if seen.get(ground.fact))
    return Bid(
        number=place + 1,
        env=line.env,
        organisation=line.organisation,
        uscc=line.uscc,
        price_fen=line.price_fen,
        duration_days=line.duration_days,
        quality=line.quality,
        manager=line.manager,
        deposit=line.deposit or "unknown",
        unopened=unopened,
        proposed=tuple(ground for ground in proposed if ground.fact == "unopened") if unopened else proposed,
        files=tuple(files.get(line.env, ())),
    )


async def evaluation_of(session: AsyncSession, row: EvaluationTable) -> Evaluation:
    """The evaluation as its committee works on it."""
    lot = await projects.lot(session, row.lot_id)
    if lot.evaluation is None:
        raise TermsMissing
    project = await projects.project(session, lot.project_id)
    profile = await projects.profile(session, lot.profile_digest)
    submitted: dict[str, int] = {}
    for item in await submissions_of(session, row.lot_id):
        submitted[item.kind] = submitted.get(item.kind, 0) + 1
    opened = {"review": row.review_open_at, "choice": row.choice_open_at, "score": row.score_open_at}
    return Evaluation(
        lot_id=row.lot_id,
        stage=row.stage,
        members=row.members,
        terms=lot.evaluation,
        grounds=profile.grounds,
        min_valid=profile.parameter("min_valid", project.notice_on).value,
        ceiling_fen=lot.ceiling_fen,
        bids=await bids_of(session, lot, profile.grounds),
        choice=row.choice,
        open=frozenset(kind for kind, at in opened.items() if at is not None),
        submitted=submitted,
        begun_at=row.begun_at,
    )


async def see_as(session: AsyncSession, membership_id: UUID | None) -> None:
    """From here to the end of the transaction row security shows this member's own sheets."""
    await session.execute(
        text("SELECT set_config('trading.membership', :membership, true)"), {"membership": str(membership_id or "")}
    )


def round_of(row: EvaluationTable, kind: str) -> int:
    """A review is written once; what follows from the reviews, once in every round."""
    return 1 if kind == "review" else row.round


async def own_sheet(session: AsyncSession, actor: Actor, lot_id: UUID, kind: str) -> EvaluationSheet | None:
    """What the actor has written so far."""
    await see_as(session, actor.membership_id)
    member = await member_of(session, actor, lot_id)
    key = (lot_id, member.seat, kind, round_of(await row_of(session, lot_id), kind))
    return await session.get(EvaluationSheet, key, populate_existing=True)


async def open_sheets(session: AsyncSession, lot_id: UUID, kind: str) -> tuple[Sheet, ...]:
    """Every member's sheet of a kind, by seat; nothing before all are in, whoever asks: the database sees to it."""
    await see_as(session, None)
    seats = [member.seat for member in await members_of(session, lot_id)]
    nth = round_of(await row_of(session, lot_id), kind)
    rows = await session.scalars(
        select(EvaluationSheet)
        .where(EvaluationSheet.lot_id == lot_id, EvaluationSheet.kind == kind, EvaluationSheet.round == nth)
        .where(EvaluationSheet.seat.in_(seats))
        .order_by(EvaluationSheet.seat)
        .execution_options(populate_existing=True)
    )
    at: dict[int, datetime] = {item.seat: item.submitted_at for item in await submissions_of(session, lot_id, kind)}
    return tuple(Sheet(row.seat, row.kind, row.body, at.get(row.seat)) for row in rows)


async def bodies(session: AsyncSession, lot_id: UUID, kind: str) -> list[dict[str, Any]]:
    """What the opened sheets of a kind say."""
    return [sheet.body for sheet in await open_sheets(session, lot_id, kind)]


async def decided_of(session: AsyncSession, evaluation: Evaluation) -> tuple[Decided, ...]:
    """What the review decided; empty before all reviews are in."""
    if "review" not in evaluation.open:
        return ()
    return rules.decide(evaluation, await bodies(session, evaluation.lot_id, "review"))
