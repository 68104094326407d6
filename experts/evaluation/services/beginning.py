"""Beginning (评标开始): the unlocked committee takes its seats, and each member accepts the discipline statement."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation.entries import BEGUN, DISCIPLINE_ACCEPTED
from experts.evaluation.errors import AlreadyAccepted, CommitteeUnlawful, NoCommittee, StageOver, TermsMissing
from experts.evaluation.models import EvaluationMember, EvaluationTable
from experts.evaluation.states import EVALUATION
from experts.evaluation.store import member_of, members_of, row_of, stream_of
from experts.types import Committee
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects import service as project_service


async def begin_evaluation(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, committee: Committee | None
) -> EvaluationTable:
    """An official opens the evaluation room of an opened lot to its committee."""
    if not actor.has("official"):
        raise Forbidden
    await lock(session, f"evaluation:{lot_id}")
    lot = await project_service.advance_lot(session, actor, lot_id=lot_id, verb="begin_evaluation")
    if lot.evaluation is None:
        raise TermsMissing
    if committee is None:
        raise NoCommittee
    project = await projects.project(session, lot.project_id)
    profile = await projects.profile(session, lot.profile_digest)
    rule = profile.parameter("committee_size", project.notice_on)
    count = len(committee.members)
    if count < rule.value or count % 2 == 0:
        raise CommitteeUnlawful(count=count, least=rule.value, article=rule.article)
    now = await platform_now(session)
    entry = await append(session, actor, BEGUN, subject=f"lot:{lot_id}", payload={"members": count}, at=now)
    row = EvaluationTable(lot_id=lot_id, members=count, stage="seated", begun_at=now, entry_id=entry)
    session.add(row)
    await session.flush()
    session.add_all(
        EvaluationMember(
            lot_id=lot_id,
            seat=member.seat,
            membership_id=member.membership_id,
            person_id=member.person_id,
            pseudonym=member.pseudonym,
        )
        for member in committee.members
    )
    await session.flush()
    await live.publish(session, stream_of(lot_id), "progress", {})
    return row


async def accept_discipline(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """A member promises secrecy, independence, and to say so if related to a bidder (招标投标法 44; 暂行规定 12–14)."""
    row = await row_of(session, lot_id, locked=True)
    member = await member_of(session, actor, lot_id)
    if member.accepted_at is not None:
        raise AlreadyAccepted
    if row.stage != "seated":
        raise StageOver(stage=row.stage)
    now = await platform_now(session)
    await append(session, actor, DISCIPLINE_ACCEPTED, subject=f"lot:{lot_id}", payload={"seat": member.seat}, at=now)
    member.accepted_at = now
    await session.flush()
    members = await members_of(session, lot_id)
    accepted = sum(item.accepted_at is not None for item in members)
    if accepted == row.members:
        row.stage = EVALUATION.advance(row.stage, "accept")
        await session.flush()
    await live.publish(session, stream_of(lot_id), "progress", {})
