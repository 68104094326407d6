"""定标: the tenderer decides who wins; the centre never does (招标投标法 40, 招标投标法实施条例 55).

Where state funds dominate the first-ranked candidate wins unless a ground of the law stands against it, and so on down;
each candidate that is passed over has its ground and the reason in words. A decision may fall afterwards on the same
grounds; then the next may be decided.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries
from trading.awards.errors import (
    ContractStanding,
    GroundUnlawful,
    NoSuchCandidate,
    PassedOverUnsound,
    Paused,
    PublicityRunning,
)
from trading.awards.events import Annulled, Awarded
from trading.awards.models import AnnulmentRow, DecisionRow
from trading.awards.reads import contract_of
from trading.awards.rules import due
from trading.awards.services.publicising import end_publicity
from trading.awards.store import (
    bidders_of,
    decisions_of,
    demand_tenderer,
    locked_lot,
    open_objections,
    outcome_of,
    rules_of,
    standing_decision,
)
from trading.awards.types import PassedOver, reasons_digest
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import local_day
from trading.projects.profile import Profile
from trading.projects.types import LotView


async def decide_award(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, rank: int, reasons: str, passed_over: Sequence[PassedOver]
) -> UUID:
    """The winner, decided under fresh proof of who decides; returns the decision's id."""
    lot = await locked_lot(session, lot_id)
    demand_tenderer(actor, lot)
    demand_step_up(actor)
    await outcome_of(session, lot_id)
    if await end_publicity(session, actor, lot_id=lot_id) is None:
        raise PublicityRunning
    if waiting := await open_objections(session, lot_id):
        raise Paused(count=len(waiting), reply_by=min(row.reply_by for row in waiting))
    bidders = await bidders_of(session, lot_id)
    winner = next((row for row in bidders if row.rank == rank and row.is_candidate), None)
    if winner is None:
        raise NoSuchCandidate(rank=rank)
    profile = await rules_of(session, lot)
    earlier = await decisions_of(session, lot_id)
    fallen = {row.env for row, end in earlier if end is not None}
    if winner.env in fallen:
        raise NoSuchCandidate(rank=rank)
    annulled = {b.rank for b in bidders if b.env in fallen and b.rank is not None}
    needed = [other for other in range(1, rank) if other not in annulled]
    await _demand_grounds(session, lot, profile, needed, passed_over)
    await project_service.advance_lot(session, actor, lot_id=lot_id, verb="award")
    now = await platform_now(session)
    subject = f"lot:{lot_id}"
    calendar = await projects.calendar(session)
    over = [msgspec.to_builtins(item) for item in sorted(passed_over, key=lambda item: item.rank)]
    entry = await append(
        session,
        actor,
        entries.AWARDED,
        subject=subject,
        payload={
            "rank": rank,
            "env": winner.env,
            "organisation": winner.organisation,
            "uscc": winner.uscc,
            "price_fen": winner.price_fen,
            "passed_over": over,
            "reasons": reasons_digest(reasons),
        },
        at=now,
    )
    decision = DecisionRow(
        id=new_id(),
        lot_id=lot_id,
        number=len(earlier) + 1,
        env=winner.env,
        passed_over=over,
        reasons=reasons,
        decided_by=actor.person_id,
        decided_at=now,
        report_by=due(profile, calendar, "award_report", now),
        entry_id=entry,
    )
    session.add(decision)
    await session.flush()
    await project_service.mark_milestone(session, actor, subject=subject, key="award", entry_id=entry)
    await project_service.date_milestone(session, subject=subject, key="award_report", due_at=decision.report_by)
    await emit(session, Awarded(lot_id=lot_id, decision_id=decision.id))
    return decision.id


async def annul_award(session: AsyncSession, actor: Actor, *, lot_id: UUID, ground: str, reason: str) -> None:
    """The award falls on a ground of the law before there is a contract; the next candidate may be decided."""
    lot = await locked_lot(session, lot_id)
    demand_tenderer(actor, lot)
    demand_step_up(actor)
    decision = await standing_decision(session, lot_id)
    contract = await contract_of(session, decision.id)
    if contract is not None and contract.outcome == "confirmed":
        raise ContractStanding
    profile = await rules_of(session, lot)
    if profile.award is None or ground not in {item.id for item in profile.award.grounds}:
        raise GroundUnlawful(article=profile.parameter("first_ranked", local_day(decision.decided_at)).article)
    await project_service.advance_lot(session, actor, lot_id=lot_id, verb="annul_award")
    now = await platform_now(session)
    shown = {"decision": str(decision.id), "env": decision.env, "ground": ground, "reason": reason}
    entry = await append(session, actor, entries.ANNULLED, subject=f"lot:{lot_id}", payload=shown, at=now)
    session.add(AnnulmentRow(decision_id=decision.id, ground=ground, reason=reason, annulled_at=now, entry_id=entry))
    await session.flush()
    await emit(session, Annulled(lot_id=lot_id, decision_id=decision.id))


async def _demand_grounds(
    session: AsyncSession, lot: LotView, profile: Profile, needed: list[int], passed_over: Sequence[PassedOver]
) -> None:
    """One ground for every better-ranked candidate; one whose award was annulled has had its ground then."""
    if sorted(item.rank for item in passed_over) != needed:
        raise PassedOverUnsound(ranks=", ".join(map(str, needed)) or "–")
    project = await projects.project(session, lot.project_id)
    lawful = {ground.id for ground in profile.award.lawful(project.funding)} if profile.award else set()
    if any(item.ground not in lawful for item in passed_over):
        today = local_day(await platform_now(session))
        raise GroundUnlawful(article=profile.parameter("first_ranked", today).article)
