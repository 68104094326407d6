"""Questions about notices."""

import datetime as dt
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import highlight, search_reads
from notices.errors import NoticeUnknown
from notices.models import NoticeRow, NoticeWordsRow
from notices.states import TENDER_NOTICE
from notices.types import LotFacts, NoticeFacts, NoticeTexts, NoticeView
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects import rules
from trading.projects.rights import sees_unpublished
from trading.projects.types import ProjectView
from trading.schedule import reads as schedule
from trading.web.tables import Order, Sortable, SortKey

_DUE = func.coalesce(NoticeRow.open_until, NoticeRow.published_at)
NOTICES = Sortable(
    {
        "published": SortKey(NoticeRow.published_at, dt.datetime, lambda row: row.published_at),
        "title": SortKey(NoticeRow.title, str, lambda row: row.title),
        "deadline": SortKey(_DUE, dt.datetime, lambda row: row.open_until or row.published_at),
    },
    tie=NoticeRow.id,
    start="-published",
)


async def facts_of(session: AsyncSession, project: ProjectView) -> NoticeFacts:
    """What a notice published now would tell of a project."""
    lot = project.lots[0]
    profile = await projects.profile(session, project.profile_digest)
    timetable = rules.Timetable(project.notice_on, lot.issue_from, lot.issue_to, lot.deadline_at)
    derived = rules.derive(profile, await projects.calendar(session), timetable)
    openings = {each.id: await schedule.opening_of(session, each.id) for each in project.lots}
    return NoticeFacts(
        project_name=project.name,
        project_code=project.code,
        unified_code=project.unified_code,
        region=project.region,
        funding=project.funding,
        tenderer_name=project.tenderer_name,
        agency_name=project.agency_name,
        issue_from=lot.issue_from,
        issue_to=lot.issue_to,
        deadline_at=lot.deadline_at,
        clarify_until=derived.clarify_until,
        objection_until=derived.objection_until,
        reply_days=profile.parameter("objection_reply", project.notice_on).value,
        validity_days=lot.validity_days,
        min_bidders=lot.min_bidders,
        lots=tuple(
            LotFacts(
                id=each.id,
                number=each.number,
                name=each.name,
                scope=each.scope,
                ceiling_fen=each.ceiling_fen,
                deposit_fen=each.deposit_fen,
                duration_days=each.duration_days,
                quality=each.quality,
                evaluation=each.evaluation,
                opening_place=booked.place if (booked := openings[each.id]) else None,
            )
            for each in project.lots
        ),
    )


async def view(session: AsyncSession, row: NoticeRow) -> NoticeView:
    """A row as others may hold it; a draft shows the project as it is now."""
    if "facts" in row.body:
        facts = msgspec.convert(row.body["facts"], NoticeFacts)
    else:
        facts = await facts_of(session, await projects.project(session, row.subject_id))
    return NoticeView(
        id=row.id,
        project_id=row.subject_id,
        kind=row.kind,
        title=row.title,
        state=row.state,
        region=row.region,
        texts=msgspec.convert(row.body["texts"], NoticeTexts),
        facts=facts,
        open_until=row.open_until,
        drafted_by=row.drafted_by,
        published_at=row.published_at,
        digest=row.digest,
        pdf_digest=row.pdf_digest,
        pdf_record_id=row.pdf_record_id,
        entry_id=row.entry_id,
    )


async def notice(session: AsyncSession, actor: Actor, notice_id: UUID) -> NoticeView:
    """One notice: a published one for anyone, a draft for its own side and the platform's staff."""
    row = await session.get(NoticeRow, notice_id, populate_existing=True)
    if row is None:
        raise NoticeUnknown
    if row.state != "published":
        project = await projects.project(session, row.subject_id)
        if not sees_unpublished(actor, project.tenderer_org_id, project.agency_org_id):
            raise NoticeUnknown
    return await view(session, row)


async def tender_notice_of(session: AsyncSession, project_id: UUID) -> NoticeView | None:
    """The tender notice (招标公告) of a project, drafted or published; the caller decides who may see it."""
    row = await session.scalar(
        select(NoticeRow).where(
            NoticeRow.subject_kind == "project", NoticeRow.subject_id == project_id, NoticeRow.kind == TENDER_NOTICE
        )
    )
    return await view(session, row) if row else None


async def published_notices(
    session: AsyncSession,
    *,
    open_only: bool | None = None,
    region: str = "",
    search: str = "",
    limit: int = 21,
    order: Order | None = None,
) -> list[NoticeView]:
    """What is published, newest first unless told otherwise, and holds every word searched for.

    Open for bids (True), closed (False) or all; a region by the leading digits of its code.
    """
    order = order or replace(NOTICES.first, limit=limit)
    filters: list[ColumnElement[bool]] = [NoticeRow.state == "published"]
    now = await platform_now(session)
    if open_only is not None:
        filters.append(NoticeRow.open_until > now if open_only else NoticeRow.open_until <= now)
    words = highlight.words_of(search)
    if search.strip() and not words:  # signs alone: nothing is called so
        return []
    if words and (order.column, order.descending) == ("published", True):
        ids = await search_reads.newest_holding(session, words, region, filters, order)
        found = {row.id: row for row in await session.scalars(select(NoticeRow).where(NoticeRow.id.in_(ids)))}
        return [await view(session, found[notice_id]) for notice_id in ids]
    query = select(NoticeRow).where(*filters)
    if region:
        query = query.where(NoticeRow.region.startswith(region, autoescape=True))
    if words:
        query = query.where(NoticeRow.id.in_(select(NoticeWordsRow.notice_id).where(search_reads.holds(words))))
    return [await view(session, row) for row in await session.scalars(NOTICES.apply(query, order))]


async def drafts_to_publish(session: AsyncSession, *, limit: int = 50) -> list[NoticeView]:
    """Drafts that wait for an official, oldest first."""
    query = select(NoticeRow).where(NoticeRow.state == "draft").order_by(NoticeRow.drafted_at).limit(limit)
    return [await view(session, row) for row in await session.scalars(query)]
