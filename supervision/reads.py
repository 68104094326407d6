"""Questions about alerts, and a journal entry with its proof; frozen structs for pages and API."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from supervision.errors import AlertUnknown, EntryUnknown
from supervision.models import ActRow, AlertRow
from supervision.services.handling import answers
from supervision.states import OPEN, STATES
from supervision.types import SEVERITIES, Act, Alert
from trading.kernel.errors import NotFound
from trading.kernel.identity import Actor
from trading.kernel.journal import reads as journal
from trading.kernel.journal.actions import Action
from trading.kernel.journal.export import trust_of
from trading.kernel.journal.reads import EntryView
from trading.kernel.settings import JournalSettings
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.profile import Parameter
from trading.projects.types import LotView
from trading.web.tables import Order, Sortable, SortKey

_WEIGHT = case({name: n for n, name in enumerate(SEVERITIES)}, value=AlertRow.severity)
ALERTS = Sortable(
    {
        "raised": SortKey(AlertRow.raised_at, dt.datetime, lambda row: row.raised_at),
        "severity": SortKey(_WEIGHT, int, lambda row: SEVERITIES.index(row.severity)),
    },
    tie=AlertRow.id,
    start="-raised",
)


class Evidence(msgspec.Struct, frozen=True):
    """A journal entry an alert rests on."""

    id: UUID
    action: str
    subject: str
    at: dt.datetime
    index: int | None


class Proved(msgspec.Struct, frozen=True):
    """A journal entry as its page shows it; `proof` once a checkpoint over it has its witnesses."""

    id: UUID
    action: str
    message: str | None
    subject: str
    at: dt.datetime
    body: str
    index: int | None
    witnesses: int
    size: int | None
    proof: str | None


async def alerts(
    session: AsyncSession,
    *,
    state: str = "",
    severity: str = "",
    rule: str = "",
    assignee_id: UUID | None = None,
    search: str = "",
    lot_ids: Sequence[UUID] | None = None,
    order: Order = ALERTS.first,
) -> list[Alert]:
    """Alerts, newest first unless told otherwise; `state` may also be `open`: every state but closed."""
    query = select(AlertRow)
    if state == "open":
        query = query.where(AlertRow.state.in_(OPEN))
    elif state in STATES:
        query = query.where(AlertRow.state == state)
    if severity in SEVERITIES:
        query = query.where(AlertRow.severity == severity)
    if rule:
        query = query.where(AlertRow.rule == rule)
    if assignee_id is not None:
        query = query.where(AlertRow.assignee_id == assignee_id)
    if lot_ids is not None:
        query = query.where(AlertRow.lot_id.in_(lot_ids))
    if search.strip():
        found = await projects.lots(session, search=search, limit=1000)
        query = query.where(AlertRow.lot_id.in_([item.id for item in found]))
    return await _views(session, list(await session.scalars(ALERTS.apply(query, order))))


async def alert(session: AsyncSession, alert_id: UUID) -> Alert:
    """One alert with everything that was done about it."""
    row = await session.get(AlertRow, alert_id, populate_existing=True)
    if row is None:
        raise AlertUnknown
    acts = await session.scalars(select(ActRow).where(ActRow.alert_id == alert_id).order_by(ActRow.number))
    [view] = await _views(session, [row])
    return msgspec.structs.replace(view, acts=tuple(_act(item) for item in acts))


async def questions(session: AsyncSession, actor: Actor, *, open_only: bool = False) -> list[Alert]:
    """What supervisors have asked this actor's side, the newest first."""
    roles = [role for role in ("official", "finance") if actor.has(role)]
    asked = select(ActRow.alert_id).where(ActRow.kind == "asked")
    query = select(AlertRow).where(AlertRow.id.in_(asked)).order_by(AlertRow.raised_at.desc(), AlertRow.id)
    if open_only:
        query = query.where(AlertRow.state == "asked")
    if actor.has("tenderer", "agency"):
        query = query.where(or_(AlertRow.party.in_(roles), AlertRow.party == "tenderer"))
    else:
        query = query.where(AlertRow.party.in_(roles))
    rows = list(await session.scalars(query.limit(1000)))
    lots = await projects.lots_by_id(session, {row.lot_id for row in rows})
    mine = [row for row in rows if answers(actor, row.party, lots[row.lot_id])]
    return [as_asked(item) for item in await _views(session, mine)]


async def question(session: AsyncSession, actor: Actor, alert_id: UUID) -> Alert:
    """A question put to the actor's side, with its history."""
    found = await alert(session, alert_id)
    lot = await projects.lot(session, found.lot_id)
    if not answers(actor, found.party, lot) or all(act.kind != "asked" for act in found.acts):
        raise AlertUnknown
    return as_asked(found)


def as_asked(found: Alert) -> Alert:
    """What the party sees of it: question, answer, outcome; not who of the supervisors has it in hand."""
    acts = tuple(act for act in found.acts if act.kind != "assigned")
    return msgspec.structs.replace(found, acts=acts, assignee_id=None, assignee_name="")


async def count_open(session: AsyncSession) -> dict[tuple[str, str], int]:
    """Open alerts by (rule, severity)."""
    query = select(AlertRow.rule, AlertRow.severity, func.count()).where(AlertRow.state.in_(OPEN))
    rows = await session.execute(query.group_by(AlertRow.rule, AlertRow.severity))
    return {(rule, severity): count for rule, severity, count in rows}


async def count_of_lots(session: AsyncSession, lot_ids: Sequence[UUID]) -> Counter[UUID]:
    """Open alerts of each lot."""
    query = select(AlertRow.lot_id, func.count().label("alerts")).where(
        AlertRow.state.in_(OPEN), AlertRow.lot_id.in_(lot_ids)
    )
    rows = await session.execute(query.group_by(AlertRow.lot_id))
    return Counter({row.lot_id: row.alerts for row in rows})


async def evidence(session: AsyncSession, found: Alert) -> tuple[Evidence, ...]:
    """The entries an alert rests on, oldest first."""
    held = [await _entry(session, entry_id) for entry_id in found.evidence]
    lines = [Evidence(view.entry.id, view.entry.action, view.entry.subject, view.entry.at, view.index) for view in held]
    return tuple(sorted(lines, key=lambda item: item.at))


async def proved(session: AsyncSession, entry_id: UUID, quorum: int) -> Proved:
    """A journal entry with its inclusion proof under the newest checkpoint that enough witnesses cosigned."""
    held = await _entry(session, entry_id)
    checkpoint = await journal.latest_checkpoint(session, quorum=quorum)
    proof = await journal.inclusion(session, entry_id, checkpoint) if checkpoint else None
    action = Action.registry.get(held.entry.action)
    return Proved(
        id=held.entry.id,
        action=held.entry.action,
        message=action.message if action else None,
        subject=held.entry.subject,
        at=held.entry.at,
        body=held.entry.body.decode(),
        index=held.index,
        witnesses=checkpoint.witnesses if checkpoint and proof else 0,
        size=checkpoint.size if checkpoint and proof else None,
        proof=proof,
    )


def trust_text(settings: JournalSettings, log_public: bytes) -> str:
    """The keys a proof is checked with, as a folder of evidence carries them."""
    return str(trust_of(settings, log_public))


async def _entry(session: AsyncSession, entry_id: UUID) -> EntryView:
    try:
        return await journal.entry(session, entry_id)
    except NotFound as error:
        raise EntryUnknown from error


async def _views(session: AsyncSession, rows: Sequence[AlertRow]) -> list[Alert]:
    lots = await projects.lots_by_id(session, {row.lot_id for row in rows})
    people = await parties.people_details(session, {row.assignee_id for row in rows if row.assignee_id})
    names = {item.id: item.name for item in people}
    return [_view(row, lots[row.lot_id], names.get(row.assignee_id, "") if row.assignee_id else "") for row in rows]


def _view(row: AlertRow, lot: LotView, assignee: str) -> Alert:
    return Alert(
        id=row.id,
        rule=row.rule,
        severity=row.severity,  # type: ignore[arg-type]  # the database holds no other
        lot_id=row.lot_id,
        project_id=lot.project_id,
        project_name=lot.project_name,
        lot_name=lot.name,
        subject=row.subject,
        cause=row.cause,
        parameter=msgspec.convert(row.parameter, Parameter),
        facts=row.facts,
        evidence=tuple(row.evidence),
        party=row.party,  # type: ignore[arg-type]  # the same
        party_org_id=row.party_org_id,
        party_name=lot.tenderer_name if row.party == "tenderer" else "",
        due_at=row.due_at,
        happened_at=row.happened_at,
        raised_at=row.raised_at,
        entry_id=row.entry_id,
        state=row.state,
        assignee_id=row.assignee_id,
        assignee_name=assignee,
        reply_by=row.reply_by,
    )


def _act(row: ActRow) -> Act:
    return Act(
        number=row.number,
        kind=row.kind,  # type: ignore[arg-type]  # the same
        person_name=row.person_name,
        org_name=row.org_name,
        words=row.words,
        detail=row.detail,
        at=row.at,
        entry_id=row.entry_id,
    )
