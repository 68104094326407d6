"""The refund plan (退还核定): what becomes of each payment of a closed lot, and until when, decided once for each.

Called down by the end of the opening, by a failed tender, by the confirmed contract; money that arrives afterwards is
planned as it is posted. Whose deposit is kept is a person's decision and never made here.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.models import RefundDisclosureRow, RefundRow
from trading.funds.proof import commitment
from trading.funds.proof.refunds import Planned, plain
from trading.funds.reads import see_own_only
from trading.funds.rules import AFTER, Clock, Stage, cause_of, clock_of
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import local_day
from trading.projects.profile import Profile, load_profile
from trading.projects.types import LotView

_AN_ENTRY_HOLDS = 100
_UNPLANNED = text(
    "SELECT l.id, l.bank_org_id, l.org_id, l.outcome, l.amount_fen, l.paid_at, l.salt, l.facts, o.uscc "
    "FROM bank_lines l JOIN organisations o ON o.id = l.org_id WHERE l.lot_id = :lot "
    "AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.line_id = l.id) ORDER BY l.paid_at, l.id"
)
_UNSHOWN = text(
    "SELECT r.id, r.cause, r.principal_fen, r.paid_on, r.basis_at, r.due_at, l.salt, l.facts FROM refunds r "
    "JOIN bank_lines l ON l.id = r.line_id WHERE r.lot_id = :lot AND r.payable "
    "AND NOT EXISTS (SELECT 1 FROM refund_disclosures d WHERE d.refund_id = r.id) ORDER BY r.basis_at, r.id"
)
_UNPAID = text(
    "SELECT count(*) FROM bank_lines l LEFT JOIN refunds r ON r.line_id = l.id WHERE l.lot_id = :lot AND (r.id IS NULL "
    "OR (r.payable AND NOT EXISTS (SELECT 1 FROM refund_payment_ends e WHERE e.refund_id = r.id "
    "AND e.outcome = 'paid')))"
)
_DUE = text("SELECT max(due_at) FROM refunds WHERE lot_id = :lot")


async def plan_refunds(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    cause: Stage,
    live: Collection[str] | None = None,
    act: tuple[UUID, datetime] | None = None,
) -> int:
    """Everything of the lot that goes back at this stage; returns how many. Done again, it changes nothing.

    `live` are the codes (统一社会信用代码) of those whose bids were opened; `act` is what causes it: entry, time.
    """
    lot = await projects.lot(session, lot_id)
    await lock(session, f"ledger:lot:{lot_id}")
    await see_own_only(session)
    now = act[1] if act else await platform_now(session)
    profile, calendar = await rules_of(session, lot), await projects.calendar(session)
    for line in (await session.execute(_UNPLANNED, {"lot": lot_id})).all():
        why = cause_of(line.outcome, line.uscc, cause, live)
        if why is None:
            continue
        # What was there at the opening is due from the opening; what came or is let go later, from then.
        basis = lot.deadline_at if cause == "opened" and line.paid_at <= lot.deadline_at else now
        session.add(_row(line, lot_id, why, clock_of(why, basis, profile, calendar)))
    await session.flush()
    made = await disclose(session, actor, lot_id=lot_id)
    if cause in {"contract", "ended"}:
        subject = f"lot:{lot_id}"
        await project_service.mark_milestone(
            session, actor, subject=subject, key="refund_planned", entry_id=act[0] if act else None
        )
        due_at = (await session.execute(_DUE, {"lot": lot_id})).scalar_one()
        await project_service.date_milestone(session, subject=subject, key="refund_paid", due_at=due_at)
        await mark_if_paid(session, actor, lot_id=lot_id)
    return made


async def plan_arrived(session: AsyncSession, actor: Actor, lot: LotView) -> None:
    """What was posted after the opening had ended follows the rest."""
    stage = AFTER.get(lot.state)
    if stage is not None:
        await plan_refunds(session, actor, lot_id=lot.id, cause=stage)


async def disclose(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> int:
    """Into the journal: every refund that has no entry yet, those asked for before closing among them."""
    rows = (await session.execute(_UNSHOWN, {"lot": lot_id})).all()
    lot = await projects.lot(session, lot_id)
    profile, calendar = await rules_of(session, lot), await projects.calendar(session)
    for group in _groups(rows):
        shown = []
        for row in group:
            clock = clock_of(row.cause, row.basis_at, profile, calendar)
            item = Planned(
                refund=str(row.id),
                line=commitment(bytes(row.salt), bytes(row.facts)),
                cause=row.cause,
                principal_fen=row.principal_fen,
                paid_on=row.paid_on,
                basis_at=rfc3339(row.basis_at),
                days=clock.days,
                due_at=rfc3339(row.due_at),
            )
            shown.append(plain(item))
        payload = {"refunds": shown, "sum_fen": sum(row.principal_fen for row in group)}
        entry = await append(session, actor, entries.REFUNDS_PLANNED, subject=f"lot:{lot_id}", payload=payload)
        session.add_all(RefundDisclosureRow(refund_id=row.id, entry_id=entry) for row in group)
    await session.flush()
    return len(rows)


async def mark_if_paid(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """保证金及利息退清: nothing of the lot lies here any more, and nothing more is to be decided."""
    lot = await projects.lot(session, lot_id)
    unpaid = (await session.execute(_UNPAID, {"lot": lot_id})).scalar_one()
    if lot.state in {"contracted", "failed"} and not unpaid:
        await project_service.mark_milestone(session, actor, subject=f"lot:{lot_id}", key="refund_paid")


async def rules_of(session: AsyncSession, lot: LotView) -> Profile:
    """The lot's profile; one registered before its profile knew of refunds is judged by the release's own rows."""
    profile = await projects.profile(session, lot.profile_digest)
    return profile if profile.withholding else load_profile(lot.profile)


def _row(line: Row[Any], lot_id: UUID, cause: str, clock: Clock) -> RefundRow:
    return RefundRow(
        id=new_id(),
        line_id=line.id,
        lot_id=lot_id,
        org_id=line.org_id,
        bank_org_id=line.bank_org_id,
        cause=cause,
        principal_fen=line.amount_fen,
        paid_on=local_day(line.paid_at),
        basis_at=clock.basis_at,
        due_at=clock.due_at,
    )


def _groups(rows: Sequence[Row[Any]]) -> Iterator[Sequence[Row[Any]]]:
    for start in range(0, len(rows), _AN_ENTRY_HOLDS):
        yield rows[start : start + _AN_ENTRY_HOLDS]
