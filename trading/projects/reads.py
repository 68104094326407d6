"""Questions about projects and lots, answered with frozen structs."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, Text, and_, func, or_, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel import merkle
from trading.projects import codes
from trading.projects.calendar import WorkingCalendar, day_start, local_day
from trading.projects.errors import LotUnknown, ProjectUnknown
from trading.projects.models import (
    CalendarDayRow,
    CalendarYearRow,
    DraftRow,
    LotRow,
    MilestoneRow,
    ParticipationRow,
    ProfileVersionRow,
    ProjectRow,
)
from trading.projects.profile import Profile, profile_from
from trading.projects.states import LOT_STATES
from trading.projects.types import AT_INSTANT, CalendarDay, DraftView, EvaluationTerms, LotView, Milestone, ProjectView
from trading.records import reads as records
from trading.records.types import split_subject
from trading.web.tables import Order, Sortable, SortKey

DOCUMENT = "tender-document"
"""The kind of record a tender document (招标文件) is."""

Waiting = tuple[dt.datetime | None, dt.datetime]
"""After one instant (or ever) until another."""

# Codes in words, for the pages of packages above.
provinces, region_name, show_unified = codes.provinces, codes.region_name, codes.show_unified

_DEADLINE = (
    select(func.min(LotRow.deadline_at))
    .where(LotRow.project_id == ProjectRow.id)
    .correlate(ProjectRow)
    .scalar_subquery()
)
_STATES = array(LOT_STATES, type_=Text)
# As `_project_state` says: the least advanced of its lots still standing; failed when all of them are.
_least_advanced = (
    select(
        func.coalesce(
            func.min(func.array_position(_STATES, LotRow.state)).filter(LotRow.state != "failed"),
            LOT_STATES.index("failed") + 1,
        )
    )
    .where(LotRow.project_id == ProjectRow.id)
    .correlate(ProjectRow)
    .scalar_subquery()
)
STATES = tuple(state for state in LOT_STATES if state != "draft")
"""Of a registered lot, in the order of its life."""
PROJECTS = Sortable(
    {
        "name": SortKey(ProjectRow.name, str, lambda row: row.name),
        "tenderer": SortKey(ProjectRow.tenderer_name, str, lambda row: row.tenderer_name),
        "registered": SortKey(ProjectRow.registered_at, dt.datetime, lambda row: row.registered_at),
        "deadline": SortKey(_DEADLINE, dt.datetime, lambda row: min(lot.deadline_at for lot in row.lots)),
    },
    tie=ProjectRow.id,
    start="-registered",
)
LOTS = Sortable(
    {
        "name": SortKey(LotRow.name, str, lambda row: row.name),
        "project": SortKey(ProjectRow.name, str, lambda row: row.project_name),
        "deadline": SortKey(LotRow.deadline_at, dt.datetime, lambda row: row.deadline_at),
        "newest": SortKey(LotRow.id, UUID, lambda row: row.id),
    },
    tie=LotRow.id,
    start="-newest",
)

_PROFILES: dict[str, Profile] = {}  # a digest's profile never changes


async def profile(session: AsyncSession, digest: str) -> Profile:
    """The profile a project was registered under."""
    if digest not in _PROFILES:
        row = await session.get_one(ProfileVersionRow, digest)
        _PROFILES[digest] = profile_from(row.body)
    return _PROFILES[digest]


def _lot_view(row: LotRow, project: ProjectRow, rules: Profile) -> LotView:
    return LotView(
        id=row.id,
        project_id=project.id,
        project_code=project.code,
        unified_code=project.unified_code,
        project_name=project.name,
        number=row.number,
        name=row.name,
        scope=row.scope,
        state=row.state,
        profile=project.profile,
        profile_digest=project.profile_digest,
        tenderer_org_id=project.tenderer_org_id,
        tenderer_name=project.tenderer_name,
        agency_org_id=project.agency_org_id,
        agency_name=project.agency_name,
        estimate_fen=row.estimate_fen,
        ceiling_fen=row.ceiling_fen,
        deposit_fen=row.deposit_fen,
        duration_days=row.duration_days,
        quality=row.quality,
        validity_days=row.validity_days,
        issue_from=row.issue_from,
        issue_to=row.issue_to,
        deadline_at=row.deadline_at,
        min_bidders=rules.parameter("min_bidders", project.notice_on).value,
        participants_public_at=row.participants_public_at,
        evaluation=msgspec.convert(row.evaluation, EvaluationTerms) if row.evaluation else None,
    )


def _lots() -> Select[LotRow, ProjectRow]:
    return select(LotRow, ProjectRow).join(ProjectRow, ProjectRow.id == LotRow.project_id)


async def _views(session: AsyncSession, query: Select[LotRow, ProjectRow]) -> list[LotView]:
    rows = (await session.execute(query.execution_options(populate_existing=True))).all()
    return [_lot_view(row, project, await profile(session, project.profile_digest)) for row, project in rows]


async def lot(session: AsyncSession, lot_id: UUID) -> LotView:
    """One lot."""
    found = await _views(session, _lots().where(LotRow.id == lot_id))
    if not found:
        raise LotUnknown
    return found[0]


async def lots_by_id(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, LotView]:
    """Several lots at once; one that is not there is left out."""
    if not lot_ids:
        return {}
    return {view.id: view for view in await _views(session, _lots().where(LotRow.id.in_(lot_ids)))}


async def lot_for_update(session: AsyncSession, lot_id: UUID) -> LotView:
    """One lot, its row locked until the transaction ends."""
    found = await _views(session, _lots().where(LotRow.id == lot_id).with_for_update(of=LotRow))
    if not found:
        raise LotUnknown
    return found[0]


async def lots(
    session: AsyncSession,
    *,
    state: str | None = None,
    org_id: UUID | None = None,
    search: str = "",
    waiting: Waiting | None = None,
    limit: int = 21,
    order: Order | None = None,
) -> list[LotView]:
    """Lots, newest first unless told otherwise: in a state, of an organisation's own projects, or all.

    `waiting` keeps those with a step that somebody has to take, is not taken, and falls due in the span.
    """
    query = _lots()
    if state:
        query = query.where(LotRow.state == state)
    if waiting:
        query = query.where(_waits(waiting))
    if org_id:
        query = query.where(or_(ProjectRow.tenderer_org_id == org_id, ProjectRow.agency_org_id == org_id))
    if search := search.strip():
        query = query.where(or_(_holds(LotRow.name, search), _named_so(search)))
    return await _views(session, LOTS.apply(query, order or replace(LOTS.first, limit=limit)))


async def lots_in(
    session: AsyncSession, states: Collection[str], *, each: int, org_id: UUID | None = None
) -> dict[str, list[LotView]]:
    """The newest lots of every one of these states, at most `each` of one; all, or an organisation's own."""
    place = func.row_number().over(partition_by=LotRow.state, order_by=LotRow.id.desc()).label("place")
    ranked = select(LotRow.id, place).join(ProjectRow, ProjectRow.id == LotRow.project_id)
    ranked = ranked.where(LotRow.state.in_(states))
    if org_id:
        ranked = ranked.where(or_(ProjectRow.tenderer_org_id == org_id, ProjectRow.agency_org_id == org_id))
    newest = ranked.subquery()
    query = _lots().join(newest, newest.c.id == LotRow.id).where(newest.c.place <= each).order_by(LotRow.id.desc())
    found: dict[str, list[LotView]] = {state: [] for state in states}
    for view in await _views(session, query):
        found[view.state].append(view)
    return found


async def count_lots(session: AsyncSession, *, waiting: Waiting | None = None) -> dict[str, int]:
    """How many lots are in each state; with `waiting`, of those only."""
    query = select(LotRow.state, func.count().label("lots")).group_by(LotRow.state)
    if waiting:
        query = query.where(_waits(waiting))
    return {row.state: row.lots for row in await session.execute(query)}


def _waits(waiting: Waiting) -> ColumnElement[bool]:
    after, until = waiting
    step = select(1).where(
        MilestoneRow.subject_kind == "lot",
        MilestoneRow.subject_id == LotRow.id,
        MilestoneRow.role != "",
        MilestoneRow.done_at.is_(None),
        MilestoneRow.due_at <= until,
    )
    if after is not None:
        step = step.where(MilestoneRow.due_at > after)
    else:
        step = step.where(or_(MilestoneRow.key.not_in(AT_INSTANT), MilestoneRow.due_at <= day_start(local_day(until))))
    return and_(LotRow.state != "failed", step.exists())


def _holds(column: Any, search: str) -> ColumnElement[bool]:
    held: ColumnElement[bool] = column.icontains(search, autoescape=True)
    return held


def _named_so(search: str) -> ColumnElement[bool]:
    """A project by its name, its tenderer, or the beginning of a code."""
    return or_(
        _holds(ProjectRow.name, search),
        _holds(ProjectRow.tenderer_name, search),
        ProjectRow.code.startswith(search, autoescape=True),
        ProjectRow.unified_code.startswith(search.upper(), autoescape=True),
    )


def _project_state(lots_of_it: list[LotView]) -> str:
    """The least advanced of its lots still standing; failed when all of them are."""
    standing = [view.state for view in lots_of_it if view.state != "failed"]
    return min(standing, key=LOT_STATES.index) if standing else "failed"


async def _projects(session: AsyncSession, rows: list[ProjectRow]) -> list[ProjectView]:
    by_project: dict[UUID, list[LotView]] = {row.id: [] for row in rows}
    query = _lots().where(LotRow.project_id.in_(by_project)).order_by(LotRow.number)
    for view in await _views(session, query):
        by_project[view.project_id].append(view)
    return [
        ProjectView(
            id=row.id,
            code=row.code,
            unified_code=row.unified_code,
            receipt_no=row.receipt_no,
            name=row.name,
            state=_project_state(by_project[row.id]),
            tenderer_org_id=row.tenderer_org_id,
            tenderer_name=row.tenderer_name,
            agency_org_id=row.agency_org_id,
            agency_name=row.agency_name,
            profile=row.profile,
            profile_digest=row.profile_digest,
            region=row.region,
            category=row.category,
            funding=row.funding,
            estimate_fen=row.estimate_fen,
            notice_on=row.notice_on,
            registered_at=row.registered_at,
            entry_id=row.entry_id,
            lots=tuple(by_project[row.id]),
        )
        for row in rows
    ]


async def project(session: AsyncSession, project_id: UUID) -> ProjectView:
    """One registered project with its lots."""
    row = await session.get(ProjectRow, project_id, populate_existing=True)
    if row is None:
        raise ProjectUnknown
    return (await _projects(session, [row]))[0]


async def projects(
    session: AsyncSession,
    *,
    state: str = "",
    org_id: UUID | None = None,
    search: str = "",
    order: Order = PROJECTS.first,
) -> list[ProjectView]:
    """Registered projects, newest first unless told otherwise: an organisation's own, or all; in a state."""
    query = select(ProjectRow)
    if org_id:
        query = query.where(or_(ProjectRow.tenderer_org_id == org_id, ProjectRow.agency_org_id == org_id))
    if search := search.strip():
        query = query.where(_named_so(search))
    if state in LOT_STATES:
        query = query.where(_least_advanced == LOT_STATES.index(state) + 1)
    return await _projects(session, list(await session.scalars(PROJECTS.apply(query, order))))


def _draft_view(row: DraftRow) -> DraftView:
    return DraftView(id=row.id, org_id=row.org_id, body=row.body, created_at=row.created_at, changed_at=row.changed_at)


async def drafts(session: AsyncSession, org_id: UUID) -> tuple[DraftView, ...]:
    """An organisation's drafts, last changed first."""
    query = select(DraftRow).where(DraftRow.org_id == org_id).order_by(DraftRow.changed_at.desc())
    return tuple(_draft_view(row) for row in await session.scalars(query))


async def draft(session: AsyncSession, project_id: UUID) -> DraftView | None:
    """A draft; None once it is registered or if there never was one."""
    row = await session.get(DraftRow, project_id)
    return _draft_view(row) if row else None


async def timeline(session: AsyncSession, subject: str) -> tuple[Milestone, ...]:
    """A subject's milestones in the order they fall due, and in lawful order where they do together."""
    kind, subject_id = split_subject(subject)
    return (await timelines(session, kind, (subject_id,)))[subject_id]


async def timelines(
    session: AsyncSession, kind: str, subject_ids: Collection[UUID]
) -> dict[UUID, tuple[Milestone, ...]]:
    """The milestones of several subjects of one kind."""
    rows = await session.scalars(
        select(MilestoneRow)
        .where(MilestoneRow.subject_kind == kind, MilestoneRow.subject_id.in_(subject_ids))
        .order_by(MilestoneRow.position)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[MilestoneRow]] = {subject_id: [] for subject_id in subject_ids}
    for row in rows:
        found[row.subject_id].append(row)
    return {subject_id: _placed(steps) for subject_id, steps in found.items()}


def _placed(rows: Sequence[MilestoneRow]) -> tuple[Milestone, ...]:
    placed, latest = [], dt.datetime.min.replace(tzinfo=dt.UTC)
    for row in rows:  # a step without a date comes after the steps before it
        latest = max(latest, row.due_at or latest)
        placed.append((row.due_at or latest, row))
    placed.sort(key=lambda pair: pair[0])
    return tuple(
        Milestone(key=row.key, role=row.role, due_at=row.due_at, done_at=row.done_at, entry_id=row.entry_id)
        for _, row in placed
    )


async def documents_root(session: AsyncSession, lot_id: UUID) -> str:
    """RFC 6962 root, in hex, over the lot's tender documents: leaves are their 32-byte SHA-256 digests, ascending."""
    filed = await records.records_of(session, f"lot:{lot_id}", (DOCUMENT,))
    return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in sorted(r.digest for r in filed)]).hex()


async def see_participations_of(session: AsyncSession, org_id: UUID | None) -> None:
    """From here to the end of the transaction row security shows this organisation's participations."""
    await session.execute(text("SELECT set_config('trading.org', :org, true)"), {"org": str(org_id or "")})


async def participations(
    session: AsyncSession, lot_id: UUID, *, org_id: UUID | None = None
) -> tuple[tuple[UUID, str], ...]:
    """(organisation, kind) of a lot as `org_id` may see them: its own, and everyone's once they are public."""
    await see_participations_of(session, org_id)
    rows = await session.execute(
        select(ParticipationRow.org_id, ParticipationRow.kind)
        .where(ParticipationRow.lot_id == lot_id)
        .order_by(ParticipationRow.org_id, ParticipationRow.kind)
    )
    return tuple((row.org_id, row.kind) for row in rows)


async def calendar(session: AsyncSession) -> WorkingCalendar:
    """The working-day calendar as published so far."""
    days = await session.execute(select(CalendarDayRow.day, CalendarDayRow.working))
    years = await session.scalars(select(CalendarYearRow.year))
    return WorkingCalendar({row.day: row.working for row in days}, frozenset(years))


async def calendar_days(session: AsyncSession, year: int) -> tuple[CalendarDay, ...]:
    """The days of a year that differ from the week."""
    rows = await session.scalars(select(CalendarDayRow).order_by(CalendarDayRow.day))
    return tuple(CalendarDay(row.day, row.working, row.name) for row in rows if row.day.year == year)
