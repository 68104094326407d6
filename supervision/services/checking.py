"""Looking (监察检查): the rules over every lot that something happened to, and over one whose clock ran out.

The same story gives the same judgements, and one thing is one alert for ever: looking twice, late, or from two workers
changes nothing.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from supervision import entries, rulebook
from supervision.events import ClockRan
from supervision.gathering import facts_of, story_of
from supervision.models import AlertRow, ProgressRow
from supervision.rules import RULES
from supervision.stories import Story
from supervision.types import Judged
from trading.kernel import timers
from trading.kernel.clock import rfc3339
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal import reads as journal
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects import reads as projects


def judge(story: Story) -> list[tuple[str, Judged]]:
    """What every rule says of a story, by rule. Pure."""
    return [(rule, judged) for rule, look in RULES.items() for judged in look(story)]


async def check_lot(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> list[UUID]:
    """New alerts of a lot; a timer is set for the next instant at which time alone would break a rule."""
    await lock(session, f"supervision:{lot_id}")
    story = await story_of(session, lot_id)
    judged = judge(story)
    held = select(AlertRow.rule, AlertRow.subject, AlertRow.cause).where(AlertRow.lot_id == lot_id)
    known = {(rule, subject, cause) for rule, subject, cause in await session.execute(held)}
    fresh = [(rule, item) for rule, item in judged if item.broken and (rule, item.subject, item.cause) not in known]
    raised = [await _raise(session, actor, story, rule, item) for rule, item in fresh]
    await _wake(session, story, [item.wake_at for _, item in judged if item.wake_at is not None])
    return raised


async def sweep(session: AsyncSession, actor: Actor) -> list[UUID]:
    """Every lot that the journal has said something about since the last sweep."""
    await lock(session, "supervision:sweep")
    progress = await session.get_one(ProgressRow, 1, populate_existing=True)
    raised: list[UUID] = []
    while True:
        subjects, last = await journal.subjects_after(session, progress.leaf)
        for lot_id in sorted(await _lots_behind(session, subjects)):
            raised += await check_lot(session, actor, lot_id=lot_id)
        if last == progress.leaf:
            return raised
        progress.leaf = last
        await session.flush()


async def _lots_behind(session: AsyncSession, subjects: frozenset[str]) -> set[UUID]:
    """The lots these subjects are or belong to."""
    found: set[UUID] = set()
    for subject in subjects:
        kind, _, name = subject.partition(":")
        if kind == "lot":
            found.add(UUID(name))
        elif kind == "draw":
            told = [item.payload["lot"] for item in await facts_of(session, subject) if "lot" in item.payload]
            found |= {UUID(str(lot).removeprefix("lot:")) for lot in told}
    return set(await projects.lots_by_id(session, found))


async def _raise(session: AsyncSession, actor: Actor, story: Story, rule: str, item: Judged) -> UUID:
    alert_id, severity = new_id(), rulebook.severity(rule)
    entry = await append(
        session,
        actor,
        entries.RAISED,
        subject=f"alert:{alert_id}",
        payload={
            "rule": rule,
            "severity": severity,
            "parameter": item.parameter.id,
            "lot": story.subject,
            "subject": item.subject,
            "cause": item.cause,
            "evidence": [str(each) for each in item.evidence],
            "due_at": rfc3339(item.due_at) if item.due_at else None,
        },
        at=story.now,
    )
    session.add(
        AlertRow(
            id=alert_id,
            rule=rule,
            severity=severity,
            lot_id=story.lot.id,
            subject=item.subject,
            cause=item.cause,
            parameter=msgspec.to_builtins(item.parameter),
            facts=item.facts,
            evidence=list(item.evidence),
            party=item.party,
            party_org_id=story.lot.tenderer_org_id if item.party == "tenderer" else None,
            due_at=item.due_at,
            happened_at=item.happened_at,
            raised_at=story.now,
            entry_id=entry,
            state="raised",
            assignee_id=None,
            reply_by=None,
        )
    )
    await session.flush()
    return alert_id


async def _wake(session: AsyncSession, story: Story, instants: list[datetime]) -> None:
    key = f"supervision.clock:{story.lot.id}"
    coming = [instant for instant in instants if instant > story.now]
    if coming:
        await timers.schedule(session, due_at=min(coming), event=ClockRan(lot_id=story.lot.id), key=key)
    else:
        await timers.cancel(session, key)
