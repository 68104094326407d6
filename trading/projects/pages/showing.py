"""A project and a lot: timeline with the next lawful step, facts, documents, and links to what other packages show."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.projects import codes, reads, service
from trading.projects.errors import LotUnknown, ProjectUnknown
from trading.projects.forms import MOST_DOCUMENT, DocumentForm
from trading.projects.reads import DOCUMENT
from trading.projects.rights import SIDE, manages, own_org, sees_unpublished
from trading.projects.states import PUBLIC_STATES
from trading.projects.types import LotView, ProjectView
from trading.projects.views import next_step, steps
from trading.records import reads as records
from trading.records.types import Record
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Objects, Session, WebRequest
from trading.web.responses import page, redirect

DETAIL = "projects/detail.html"


class LotDocuments(msgspec.Struct, frozen=True):
    """A lot with the documents this reader may see, and how many there are."""

    lot: LotView
    documents: tuple[Record, ...]


async def visible_lot(session: AsyncSession, actor: Actor, lot_id: UUID) -> LotView:
    """A lot anyone may see, or its own side and the staff before its notice."""
    lot = await reads.lot(session, lot_id)
    if lot.state not in PUBLIC_STATES and not sees_unpublished(actor, lot.tenderer_org_id, lot.agency_org_id):
        raise LotUnknown
    return lot


async def visible_project(session: AsyncSession, actor: Actor, project_id: UUID) -> ProjectView:
    """A project anyone may see, or its own side and the staff before its notice."""
    project = await reads.project(session, project_id)
    if project.state not in PUBLIC_STATES and not sees_unpublished(
        actor, project.tenderer_org_id, project.agency_org_id
    ):
        raise ProjectUnknown
    return project


async def documents_for(session: AsyncSession, actor: Actor, lot: LotView, now: dt.datetime) -> LotDocuments:
    """The lot's tender documents: all for its own side and the staff, what is public for everyone else."""
    filed = await records.records_of(session, f"lot:{lot.id}", (DOCUMENT,))
    if not sees_unpublished(actor, lot.tenderer_org_id, lot.agency_org_id):
        filed = tuple(record for record in filed if record.is_public(now))
    return LotDocuments(lot, filed)


async def _detail(session: AsyncSession, actor: Actor, project_id: UUID) -> dict[str, Any]:
    project = await visible_project(session, actor, project_id)
    now = await platform_now(session)
    own = await reads.timeline(session, f"project:{project.id}")
    first = await reads.timeline(session, f"lot:{project.lots[0].id}")
    profile = await reads.profile(session, project.profile_digest)
    return {
        "project": project,
        "profile": profile,
        "category": profile.category(project.category),
        "region": {lang: codes.region_name(project.region, lang) for lang in ("zh-CN", "en")},
        "unified": codes.show_unified(project.unified_code),
        "steps": steps([*own, *first], now),
        "next": next_step([*own, *first], project.lots[0], actor, now),
        "lots": [await documents_for(session, actor, lot, now) for lot in project.lots],
        "ours": manages(actor, project.tenderer_org_id, project.agency_org_id),
    }


@get("/projects/{project_id:uuid}", opt=PUBLIC)
async def project(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """One project; a draft leads to its form."""
    draft = await reads.draft(session, project_id)
    if draft is not None and actor.has(*SIDE) and own_org(actor) == draft.org_id:
        return redirect(f"/projects/{project_id}/edit")
    context = await _detail(session, actor, project_id)
    return page(request, DETAIL, upload=Form(DocumentForm), **context)


@post("/projects/{project_id:uuid}/documents", opt=allow(*SIDE), request_max_body_size=MOST_DOCUMENT)
async def upload(
    request: WebRequest, session: Session, actor: CurrentActor, objects: Objects, project_id: FromPath[UUID]
) -> Response[Any]:
    """File a tender document."""
    context = await _detail(session, actor, project_id)
    command = await parse(request, DocumentForm, DETAIL, upload=Form(DocumentForm), **context)
    await service.add_document(
        session,
        actor,
        objects,
        project_id=project_id,
        name=command.file.name,
        media_type=command.file.media_type,
        data=command.file.data,
        lot_ids=(command.lot_id,) if command.lot_id else (),
    )
    return redirect(f"/projects/{project_id}#documents", flash="projects.document_kept", name=command.file.name[:100])


@get("/lots/{lot_id:uuid}", opt=PUBLIC)
async def lot(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """One lot."""
    shown = await visible_lot(session, actor, lot_id)
    now = await platform_now(session)
    milestones = await reads.timeline(session, f"lot:{lot_id}")
    return page(
        request,
        "projects/lot.html",
        lot=shown,
        unified=codes.show_unified(shown.unified_code),
        steps=steps(milestones, now),
        next=next_step(milestones, shown, actor, now),
        documents=(await documents_for(session, actor, shown, now)).documents,
        root=await reads.documents_root(session, lot_id),
        public=shown.state in PUBLIC_STATES,
    )


ROUTES = (project, upload, lot)
