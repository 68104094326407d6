"""The roster's root, journalled each day (每日公布专家库根): a draw uses one that is a week old."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.draw import roster_root
from experts.events import RosterDayBegan
from experts.models import Expert, ExpertVersion, RosterDay, Snapshot
from experts.proof import facts
from experts.rules import ROSTER_AGE
from trading.kernel import timers
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects.calendar import day_start, local_day

_HOUR = dt.timedelta(hours=1)
TIMER = "experts.roster_day"


async def await_next_day(session: AsyncSession, now: dt.datetime) -> None:
    """01:00 in Beijing after `now`."""
    due = day_start(local_day(now)) + _HOUR
    if due <= now:
        due += dt.timedelta(days=1)
    await timers.schedule(session, due_at=due, event=RosterDayBegan(), key=TIMER)


async def journal_root(session: AsyncSession, actor: Actor) -> str | None:
    """Today's root, once; the leaves are kept when they differ from what is kept."""
    await lock(session, "experts:roster")
    now = await platform_now(session)
    await await_next_day(session, now)
    day = local_day(now)
    if await session.get(RosterDay, day) is not None:
        return None
    rows = (
        await session.execute(
            select(ExpertVersion.leaf, ExpertVersion.id)
            .join(Expert, Expert.version_id == ExpertVersion.id)
            .order_by(ExpertVersion.leaf)
        )
    ).all()
    if not rows:
        return None
    root = roster_root(row.leaf for row in rows).hex()
    await session.execute(
        insert(Snapshot)
        .values(root=root, size=len(rows), versions=[row.id for row in rows], made_at=now)
        .on_conflict_do_nothing()
    )
    entry = await append(
        session, actor, entries.ROSTER_ROOTED, subject=entries.ROSTER, payload=facts.rooted(root, len(rows)), at=now
    )
    session.add(RosterDay(day=day, root=root, journalled_at=now, entry_id=entry))
    await session.flush()
    return root


async def old_enough(session: AsyncSession, now: dt.datetime) -> RosterDay | None:
    """The newest root that a draw announced now may use."""
    found: RosterDay | None = await session.scalar(
        select(RosterDay)
        .where(RosterDay.journalled_at <= now - ROSTER_AGE)
        .order_by(RosterDay.journalled_at.desc())
        .limit(1)
    )
    return found
