"""Drafting and publishing (公告发布): whoever last wrote a notice is not who publishes it, and what is out stands.

Publishing is the moment the statutory periods start from, so it is judged by today's date again, and it moves every lot
of the project, opens the tender documents to everyone, and marks the timeline in one transaction.
"""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from notices import entries
from notices.errors import AlreadyPublished, DocumentsMissing, FourEyes, NoticeUnknown, TimetableOverrun
from notices.events import NoticePublished
from notices.models import NoticeRow
from notices.reads import facts_of, view
from notices.states import NOTICE, TENDER_NOTICE
from notices.types import NoticeTexts, NoticeView, body_of
from trading.kernel import canonical
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.projects import reads as projects
from trading.projects import rules
from trading.projects import service as project_service
from trading.projects.calendar import day_start, local_day
from trading.projects.reads import DOCUMENT
from trading.projects.rights import demand_manages
from trading.projects.types import ProjectView
from trading.records import reads as records
from trading.records import service as record_service


async def draft_notice(session: AsyncSession, actor: Actor, *, project_id: UUID, texts: NoticeTexts) -> UUID:
    """Write, or write again, the tender notice of a project; not journalled until it is published."""
    project = await projects.project(session, project_id)
    if not actor.has("official"):
        demand_manages(actor, project)
    assert actor.person_id is not None
    now = await platform_now(session)
    row = await session.scalar(
        select(NoticeRow)
        .where(NoticeRow.subject_kind == "project", NoticeRow.subject_id == project_id, NoticeRow.kind == TENDER_NOTICE)
        .with_for_update()
    )
    if row is None:
        row = NoticeRow(
            id=new_id(),
            subject_kind="project",
            subject_id=project_id,
            kind=TENDER_NOTICE,
            state="draft",
            region=project.region,
        )
        session.add(row)
    elif row.state != "draft":
        raise AlreadyPublished
    row.title, row.body = f"{project.name}招标公告", body_of(texts, None)
    row.drafted_by, row.drafted_at = actor.person_id, now
    await session.flush()
    return row.id


async def publish_notice(session: AsyncSession, actor: Actor, *, notice_id: UUID) -> NoticeView:
    """Put a notice before the public, as an official other than who wrote it."""
    if not actor.has("official"):
        raise Forbidden
    row = await session.get(NoticeRow, notice_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NoticeUnknown
    if not NOTICE.allows(row.state, "publish"):
        raise AlreadyPublished
    if row.drafted_by == actor.person_id:
        raise FourEyes
    planned = await projects.project(session, row.subject_id)
    await _demand_documents(session, planned)
    lots = [await project_service.advance_lot(session, actor, lot_id=lot.id, verb="publish") for lot in planned.lots]
    now = await platform_now(session)
    project = await projects.project(session, row.subject_id)  # its lots are locked: these dates stay
    await _demand_periods(session, project)
    facts = await facts_of(session, project)
    body = body_of(_texts(row), facts)
    digest = canonical.digest({"title": row.title, **body}).hex()
    entry_id = await append(
        session,
        actor,
        entries.PUBLISHED,
        subject=f"project:{project.id}",
        payload={
            "notice": str(row.id),
            "kind": row.kind,
            "digest": digest,
            "lots": [str(lot.id) for lot in lots],
            "deadline_at": rfc3339(facts.deadline_at),
        },
        at=now,
    )
    row.state, row.body, row.digest, row.entry_id = NOTICE.advance(row.state, "publish"), body, digest, entry_id
    row.published_by, row.published_at, row.open_until = actor.person_id, now, facts.deadline_at
    for lot in lots:
        subject = f"lot:{lot.id}"
        opens = max(now, day_start(lot.issue_from))
        await record_service.publish(session, actor, subject=subject, kinds=(DOCUMENT,), at=opens)
        await project_service.mark_milestone(session, actor, subject=subject, key="notice", entry_id=entry_id)
    await session.flush()
    await emit(session, NoticePublished(notice_id=str(row.id)))
    return await view(session, row)


async def attach_pdf(session: AsyncSession, actor: Actor, *, notice_id: UUID, record_id: UUID, digest: str) -> None:
    """The PDF of a published notice, once."""
    row = await session.get(NoticeRow, notice_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "published":
        raise NoticeUnknown
    row.pdf_record_id, row.pdf_digest = record_id, digest
    await append(
        session,
        actor,
        entries.PRINTED,
        subject=f"project:{row.subject_id}",
        payload={"notice": str(row.id), "record": str(record_id), "digest": digest},
    )
    await session.flush()


def _texts(row: NoticeRow) -> NoticeTexts:
    return msgspec.convert(row.body["texts"], NoticeTexts)


async def _demand_documents(session: AsyncSession, project: ProjectView) -> None:
    """A notice that says where documents are had needs documents (招标投标法实施条例 16)."""
    for lot in project.lots:
        if not await records.records_of(session, f"lot:{lot.id}", (DOCUMENT,)):
            raise DocumentsMissing(lot=lot.name)


async def _demand_periods(session: AsyncSession, project: ProjectView) -> None:
    """The periods counted from today's publication, not from the day that was planned."""
    lot = project.lots[0]
    today = local_day(await platform_now(session))
    profile = await projects.profile(session, project.profile_digest)
    timetable = rules.Timetable(today, lot.issue_from, lot.issue_to, lot.deadline_at)
    violations = rules.check(profile, await projects.calendar(session), timetable, today=today)
    if violations:
        raise TimetableOverrun(**project_service.as_problem(violations[0]).params)
