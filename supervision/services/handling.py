"""Dealing with an alert (预警处置): assign, ask, answer, close with a reason; every step a person's, journalled, kept.

A supervisor deals with it, the party answers for itself, nobody supervises his own organisation. A card (黄牌、红牌)
is closed by another supervisor than the one who dealt with it: it will count against somebody.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from supervision import entries, rulebook
from supervision.errors import (
    AlertUnknown,
    NotAssigned,
    NotASupervisor,
    OwnOrganisation,
    QuestionOpen,
    SecondPersonNeeded,
)
from supervision.models import ActRow, AlertRow
from supervision.states import ALERT
from supervision.types import ActKind, Outcome, Role
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import Action, append
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.calendar import day_end, local_day
from trading.projects.rights import manages
from trading.projects.types import LotView

_ACTIONS: dict[ActKind, Action] = {
    "assigned": entries.ASSIGNED,
    "asked": entries.ASKED,
    "answered": entries.ANSWERED,
    "closed": entries.CLOSED,
}


async def assign(session: AsyncSession, actor: Actor, *, alert_id: UUID, membership_id: UUID) -> None:
    """交办: to oneself or to another supervisor."""
    row, lot, now = await _locked(session, alert_id)
    _demand_supervisor(actor, row, lot)
    member = await parties.membership(session, membership_id)
    if member.ended_at is not None or "supervisor" not in member.roles:
        raise NotASupervisor
    if member.org_id in {lot.tenderer_org_id, lot.agency_org_id}:
        raise OwnOrganisation
    row.state, row.assignee_id = ALERT.advance(row.state, "assign"), member.person_id
    detail = {"person_name": member.person_name, "org_name": member.org_name}
    await _note(session, actor, row, "assigned", now, secret={"person": str(member.person_id)}, detail=detail)


async def ask(session: AsyncSession, actor: Actor, *, alert_id: UUID, party: Role, words: str) -> None:
    """询问: a question to the party, with a day to answer by."""
    row, lot, now = await _locked(session, alert_id)
    _demand_supervisor(actor, row, lot)
    state = ALERT.advance(row.state, "ask")
    if row.assignee_id != actor.person_id:
        raise NotAssigned
    rule = rulebook.handling("answer_period", local_day(now))
    last = (await projects.calendar(session)).after(local_day(now), rule.value, rule.unit)
    row.state, row.reply_by = state, day_end(last.day)
    row.party, row.party_org_id = party, lot.tenderer_org_id if party == "tenderer" else None
    detail = {"party": party, "reply_by": rfc3339(row.reply_by)}
    await _note(session, actor, row, "asked", now, words=words, secret={"party": party}, detail=detail)


async def answer(session: AsyncSession, actor: Actor, *, alert_id: UUID, words: str) -> None:
    """答复 by the party; a late one is taken and marked late for ever."""
    row, lot, now = await _locked(session, alert_id)
    if not answers(actor, row.party, lot) or row.reply_by is None:
        raise AlertUnknown  # an alert nobody asked this side about is not there for it
    row.state = ALERT.advance(row.state, "answer")
    late = now > row.reply_by
    await _note(session, actor, row, "answered", now, words=words, shown={"late": late}, detail={"late": late})


async def close(session: AsyncSession, actor: Actor, *, alert_id: UUID, outcome: Outcome, words: str) -> None:
    """办结 with an outcome and its reason; not while the party still has time to answer."""
    row, lot, now = await _locked(session, alert_id)
    _demand_supervisor(actor, row, lot)
    state = ALERT.advance(row.state, "close")
    if row.severity == "notice":
        if row.assignee_id != actor.person_id:
            raise NotAssigned
    elif row.assignee_id == actor.person_id:
        raise SecondPersonNeeded
    if row.state == "asked" and row.reply_by is not None and now <= row.reply_by:
        raise QuestionOpen(until=row.reply_by)
    row.state = state
    shown = {"outcome": outcome}
    await _note(session, actor, row, "closed", now, words=words, shown=shown, detail=shown)


def answers(actor: Actor, party: str, lot: LotView) -> bool:
    """Whether the actor may answer for the party."""
    if party == "tenderer":
        return manages(actor, lot.tenderer_org_id, lot.agency_org_id)
    return actor.has(party)


async def _locked(session: AsyncSession, alert_id: UUID) -> tuple[AlertRow, LotView, datetime]:
    query = select(AlertRow).where(AlertRow.id == alert_id).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise AlertUnknown
    return row, await projects.lot(session, row.lot_id), await platform_now(session)


def _demand_supervisor(actor: Actor, row: AlertRow, lot: LotView) -> None:
    if not actor.has("supervisor") or actor.person_id is None:
        raise Forbidden
    if actor.org_id in {lot.tenderer_org_id, lot.agency_org_id, row.party_org_id} - {None}:
        raise OwnOrganisation


async def _note(
    session: AsyncSession,
    actor: Actor,
    row: AlertRow,
    kind: ActKind,
    at: datetime,
    *,
    words: str = "",
    shown: dict[str, Any] | None = None,
    secret: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    if actor.person_id is None:
        raise Forbidden
    digest = hashlib.sha256(words.encode()).hexdigest()
    payload = {**(shown or {}), **(secret or {}), "words": digest}
    entry = await append(session, actor, _ACTIONS[kind], subject=f"alert:{row.id}", payload=payload, at=at)
    last = await session.scalar(select(func.max(ActRow.number)).where(ActRow.alert_id == row.id))
    session.add(
        ActRow(
            alert_id=row.id,
            number=(last or 0) + 1,
            kind=kind,
            person_id=actor.person_id,
            person_name=actor.name,
            org_name=actor.org_name,
            words=words,
            detail=detail or {},
            at=at,
            entry_id=entry,
        )
    )
    await session.flush()
