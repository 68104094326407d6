"""Publicity of the candidates (中标候选人公示): planned by the tenderer's side, begun and ended by the clock."""

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries, rules
from trading.awards.errors import AlreadyPlanned, OutcomeUnknown
from trading.awards.events import Publicised, PublicityDue, PublicityEnded
from trading.awards.models import PublicityRow
from trading.awards.store import (
    begun_publicity,
    bidders_of,
    demand_side,
    locked_lot,
    outcome_of,
    row_of,
    rules_of,
    told_of,
)
from trading.kernel import timers
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import Invalid, WrongState
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import day_end, day_start, local_day


async def plan_publicity(session: AsyncSession, actor: Actor, *, lot_id: UUID, plan: rules.Plan) -> None:
    """Decide the days; a day that breaks a rule is refused with the article and the lawful day. Today begins now."""
    lot = await locked_lot(session, lot_id)
    demand_side(actor, lot)
    outcome = await outcome_of(session, lot_id)
    if await row_of(session, PublicityRow, lot_id) is not None:
        raise AlreadyPlanned
    if lot.state != "evaluated":
        raise WrongState(state=lot.state, verb="publicise")
    now = await platform_now(session)
    profile, calendar = await rules_of(session, lot), await projects.calendar(session)
    today, received = local_day(now), local_day(outcome.received_at)
    if broken := rules.check_publicity(profile, calendar, plan, received_on=received, today=today):
        raise Invalid({item.field: project_service.as_problem(item) for item in broken})
    provisional = rules.is_provisional(calendar, plan)
    late = plan.starts_on > rules.last_start(profile, calendar, received)
    ends_at = day_end(plan.ends_on)
    entry = await append(
        session,
        actor,
        entries.PUBLICITY_PLANNED,
        subject=f"lot:{lot_id}",
        payload={
            "starts_on": plan.starts_on.isoformat(),
            "ends_on": plan.ends_on.isoformat(),
            "provisional": provisional,
            "late": late,
        },
        at=now,
    )
    session.add(
        PublicityRow(
            lot_id=lot_id,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            ends_at=ends_at,
            provisional=provisional,
            late=late,
            planned_at=now,
            entry_id=entry,
        )
    )
    await session.flush()
    if plan.starts_on == today:
        await begin_publicity(session, actor, lot_id=lot_id)
    else:
        due = day_start(plan.starts_on)
        await timers.schedule(session, due_at=due, event=PublicityDue(lot_id=lot_id), key=f"awards-begin:{lot_id}")


async def begin_publicity(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """The candidates are public from this instant; doing it again changes nothing."""
    await locked_lot(session, lot_id)
    row = await row_of(session, PublicityRow, lot_id)
    if row is None:
        raise OutcomeUnknown
    if row.began_at is not None:
        return
    await project_service.advance_lot(session, actor, lot_id=lot_id, verb="publicise")
    now = await platform_now(session)
    subject = f"lot:{lot_id}"
    entry = await append(
        session,
        actor,
        entries.PUBLICITY_BEGUN,
        subject=subject,
        payload={
            "ends_at": rfc3339(row.ends_at),
            "candidates": told_of([item for item in await bidders_of(session, lot_id) if item.is_candidate]),
        },
        at=now,
    )
    row.began_at = now
    await session.flush()
    await project_service.mark_milestone(session, actor, subject=subject, key="candidates", entry_id=entry)
    await project_service.date_milestone(session, subject=subject, key="publicity_end", due_at=row.ends_at)
    ended = PublicityEnded(lot_id=lot_id)
    await timers.schedule(session, due_at=row.ends_at, event=ended, key=f"awards-end:{lot_id}")
    await emit(session, Publicised(lot_id=lot_id))


async def end_publicity(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> dt.datetime | None:
    """公示期满: no objection is taken any more; when it ended, None where it has not begun or is not over."""
    await locked_lot(session, lot_id)
    row = await begun_publicity(session, lot_id)
    now = await platform_now(session)
    if row is None or now < row.ends_at:
        return None
    if row.ended_at is None:
        subject = f"lot:{lot_id}"
        entry = await append(session, actor, entries.PUBLICITY_ENDED, subject=subject, at=now)
        row.ended_at = now
        await session.flush()
        await project_service.mark_milestone(session, actor, subject=subject, key="publicity_end", entry_id=entry)
    return row.ended_at
