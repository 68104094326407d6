"""Recording the candidates: the signed report has come to the tenderer, its days begin (招标投标法实施条例 53, 54)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries
from trading.awards.errors import AlreadyRecorded, RankingUnsound
from trading.awards.models import BidderRow, OutcomeRow
from trading.awards.rules import last_start
from trading.awards.store import locked_lot, row_of, rules_of, told_of
from trading.awards.types import Candidate, Unranked
from trading.kernel.clock import platform_now
from trading.kernel.errors import Invalid
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import day_end, local_day


async def record_candidates(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    ranking: Sequence[Candidate],
    report_digest: str,
    entry_id: UUID,
    rejected: Sequence[Unranked] = (),
) -> None:
    """The ranking of the report that every member has signed or is deemed to agree to; `entry_id` is the report's."""
    lot = await locked_lot(session, lot_id)
    if await row_of(session, OutcomeRow, lot_id) is not None:
        raise AlreadyRecorded
    ranked = sorted(ranking, key=lambda item: item.rank)
    envs = [item.env for item in ranked] + [item.env for item in rejected]
    if not ranked or [item.rank for item in ranked] != list(range(1, len(ranked) + 1)) or len(set(envs)) < len(envs):
        raise RankingUnsound
    now = await platform_now(session)
    profile, today = await rules_of(session, lot), local_day(now)
    most = profile.parameter("candidates_most", today).value
    subject = f"lot:{lot_id}"
    told = {"report": report_digest, "report_entry": str(entry_id), "candidates": told_of(ranked[:most])}
    recorded = await append(session, actor, entries.CANDIDATES_RECORDED, subject=subject, payload=told, at=now)
    session.add(
        OutcomeRow(
            lot_id=lot_id, report_digest=report_digest, report_entry_id=entry_id, received_at=now, entry_id=recorded
        )
    )
    await session.flush()
    for item in ranked:
        session.add(
            BidderRow(
                lot_id=lot_id,
                env=item.env,
                org_id=await _org(session, item.uscc),
                organisation=item.organisation,
                uscc=item.uscc,
                rank=item.rank,
                price_fen=item.price_fen,
                total_hundredths=item.total_hundredths,
                is_candidate=item.rank <= most,
            )
        )
    for other in rejected:
        session.add(
            BidderRow(
                lot_id=lot_id,
                env=other.env,
                org_id=await _org(session, other.uscc),
                organisation=other.organisation,
                uscc=other.uscc,
                is_candidate=False,
            )
        )
    await session.flush()
    latest = last_start(profile, await projects.calendar(session), today)
    await project_service.date_milestone(session, subject=subject, key="candidates", due_at=day_end(latest))


async def _org(session: AsyncSession, uscc: str) -> UUID | None:
    """The bidder's organisation here; a bid may carry a code that nobody is registered under."""
    try:
        found = await parties.organisation_by_uscc(session, uscc)
    except Invalid:
        return None
    return found.id if found else None
