"""A lot's way through its states, its dates before the notice, its documents, and who takes part."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.projects import entries, reads, rules
from trading.projects.errors import LotUnknown, NoticeOut, NotOpenForBids
from trading.projects.forms import TimetableForm
from trading.projects.models import LotRow, ProjectRow
from trading.projects.profile import Profile
from trading.projects.reads import DOCUMENT
from trading.projects.rights import demand_manages
from trading.projects.services.checking import checked_timetable
from trading.projects.services.milestones import mark_milestone, move_dues
from trading.projects.states import LOT
from trading.projects.types import LotView, ProjectView
from trading.records import reads as record_reads
from trading.records import service as records

TERMS_NAME = "评标办法.json"


class Redated(msgspec.Struct, frozen=True):
    """A changed timetable with what follows from it."""

    profile: Profile
    timetable: rules.Timetable
    derived: rules.Derived


async def advance_lot(session: AsyncSession, actor: Actor, *, lot_id: UUID, verb: str) -> LotView:
    """The lot's next state, its row locked; `WrongState` where there is no such step now. The caller checks rights."""
    before = await reads.lot_for_update(session, lot_id)
    state = LOT.advance(before.state, verb)
    await session.execute(
        update(LotRow).where(LotRow.id == lot_id).values(state=state).execution_options(synchronize_session=False)
    )
    await append(
        session,
        actor,
        entries.LOT_ADVANCED,
        subject=f"lot:{lot_id}",
        payload={"verb": verb, "from": before.state, "to": state},
    )
    return await reads.lot(session, lot_id)


async def change_timetable(
    session: AsyncSession,
    actor: Actor,
    *,
    project_id: UUID,
    form: TimetableForm,
    confirm_provisional: bool = False,
) -> ProjectView:
    """Other dates for a registered project whose notice is not out; checked as at registration."""
    project = await _managed_before_notice(session, actor, project_id)
    profile = await reads.profile(session, project.profile_digest)
    timetable, problems = await checked_timetable(session, profile, form)
    if problems:
        raise Invalid(problems)
    calendar = await reads.calendar(session)
    provisional = rules.provisional(profile, calendar, timetable)
    if provisional and not confirm_provisional:
        raise Invalid({"confirm_provisional": FieldProblem("projects.provisional_unconfirmed")})
    await session.execute(
        update(ProjectRow)
        .where(ProjectRow.id == project_id)
        .values(notice_on=timetable.notice_on)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(LotRow)
        .where(LotRow.project_id == project_id)
        .values(issue_from=timetable.issue_from, issue_to=timetable.issue_to, deadline_at=timetable.deadline_at)
        .execution_options(synchronize_session=False)
    )
    redated = Redated(profile, timetable, rules.derive(profile, calendar, timetable))
    await move_dues(session, redated, lot_ids=[lot.id for lot in project.lots])
    await append(
        session,
        actor,
        entries.TIMETABLE_CHANGED,
        subject=f"project:{project_id}",
        payload={
            "notice_on": timetable.notice_on.isoformat(),
            "issue_from": timetable.issue_from.isoformat(),
            "issue_to": timetable.issue_to.isoformat(),
            "deadline_at": rfc3339(timetable.deadline_at),
            "provisional": list(provisional),
        },
    )
    return await reads.project(session, project_id)


async def add_document(
    session: AsyncSession,
    actor: Actor,
    objects: ObjectStore,
    *,
    project_id: UUID,
    name: str,
    media_type: str,
    data: bytes,
    lot_ids: Sequence[UUID] = (),
) -> tuple[UUID, ...]:
    """File a tender document (招标文件) for some lots or all; anyone may have it once the notice is out."""
    project = await _managed_before_notice(session, actor, project_id)
    if not data:
        raise Invalid({"file": FieldProblem("web.bad_file")})
    wanted = list(lot_ids) or [lot.id for lot in project.lots]
    if not set(wanted) <= {lot.id for lot in project.lots}:
        raise LotUnknown
    digest = await objects.put(data, media_type)
    readers = {project.tenderer_org_id, *([project.agency_org_id] if project.agency_org_id else [])}
    kept = []
    for lot_id in wanted:
        subject = f"lot:{lot_id}"
        kept.append(
            await records.keep(
                session,
                actor,
                subject=subject,
                kind=DOCUMENT,
                name=name,
                media_type=media_type,
                digest=digest,
                size=len(data),
                readers=readers,
            )
        )
        await mark_milestone(session, actor, subject=subject, key="documents")
    for lot in project.lots:
        if lot.id in wanted:
            await _add_terms(session, actor, objects, lot, readers)
    return tuple(kept)


async def _add_terms(
    session: AsyncSession, actor: Actor, objects: ObjectStore, lot: LotView, readers: set[UUID]
) -> None:
    """The terms of evaluation are a tender document like the others, so that the announcement's root binds them."""
    if lot.evaluation is None:
        return
    data = lot.evaluation.text()
    digest = await objects.put(data, "application/json")
    if any(filed.digest == digest for filed in await record_reads.records_of(session, f"lot:{lot.id}", (DOCUMENT,))):
        return
    await records.keep(
        session,
        actor,
        subject=f"lot:{lot.id}",
        kind=DOCUMENT,
        name=TERMS_NAME,
        media_type="application/json",
        digest=digest,
        size=len(data),
        readers=readers,
    )


async def join_lot(session: AsyncSession, actor: Actor, *, lot_id: UUID, kind: str) -> bool:
    """The actor's organisation takes part; False if it already does in this kind.

    A blind act: before the deadline nobody else may know (招标投标法 22, 52), so there is no journal entry, no outbox
    row and no time.
    """
    if actor.org_id is None:
        raise NotOpenForBids
    lot = await reads.lot(session, lot_id)
    if lot.state != "published":
        raise NotOpenForBids
    await reads.see_participations_of(session, actor.org_id)
    joined = await session.execute(
        text(
            "INSERT INTO participations (lot_id, org_id, kind) VALUES (:lot, :org, :kind) "
            "ON CONFLICT DO NOTHING RETURNING kind"
        ),
        {"lot": lot_id, "org": actor.org_id, "kind": kind},
    )
    return joined.first() is not None


async def publish_participants(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """From now on anyone may see who took part; the database refuses it before the deadline."""
    lot = await reads.lot_for_update(session, lot_id)
    if lot.participants_public_at is not None:
        return
    now = await platform_now(session)
    await session.execute(
        update(LotRow)
        .where(LotRow.id == lot_id)
        .values(participants_public_at=now)
        .execution_options(synchronize_session=False)
    )
    await append(
        session, actor, entries.PARTICIPANTS_PUBLISHED, subject=f"lot:{lot_id}", payload={"from": rfc3339(now)}, at=now
    )


async def _managed_before_notice(session: AsyncSession, actor: Actor, project_id: UUID) -> ProjectView:
    """The actor's own project, its lots locked, while its notice is not out."""
    project = await reads.project(session, project_id)
    demand_manages(actor, project)
    for lot in project.lots:
        if (await reads.lot_for_update(session, lot.id)).state != "registered":
            raise NoticeOut
    return project
