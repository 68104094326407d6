"""The same for programs: drafts, registration, documents, lots, profiles and their proposals, the calendar."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import PUBLIC, allow
from trading.projects import reads, rules, service
from trading.projects.forms import (
    MOST_DOCUMENT,
    CalendarDayForm,
    CalendarYearForm,
    DocumentForm,
    ProjectDraft,
    RegisterForm,
    RetimeForm,
)
from trading.projects.pages.showing import documents_for, visible_lot, visible_project
from trading.projects.rights import SIDE, is_staff
from trading.projects.services.checking import named_profile
from trading.projects.types import CalendarDay, DraftView, LotView, Milestone, ProjectView
from trading.records.types import Record
from trading.web.answers import Answer
from trading.web.fields import Upload
from trading.web.forms import FORM_TYPES, parse
from trading.web.injected import CurrentActor, Objects, Session, WebRequest
from trading.web.paging import Page

_SIDE = allow(*SIDE)


class Saved(Struct, frozen=True):
    """A draft."""

    id: UUID
    state: str = "draft"


class LotAnswer(Struct, frozen=True):
    """A lot with its timeline, its documents, and the root the announcement carries over them."""

    lot: LotView
    timeline: tuple[Milestone, ...]
    documents: tuple[Record, ...]
    documents_root: str


class Year(Struct, frozen=True):
    """A year of the calendar; one that is not published is provisional."""

    year: int
    published: bool
    days: tuple[CalendarDay, ...]


@post("/v1/projects", opt=_SIDE, status_code=HTTP_201_CREATED)
async def create(request: WebRequest, session: Session, actor: CurrentActor) -> Answer[Saved]:
    """Save a draft; it may be incomplete."""
    draft = await parse(request, ProjectDraft)
    return Answer(Saved(await service.register_project(session, actor, draft=draft)))


@patch("/v1/projects/{project_id:uuid}", opt=_SIDE)
async def change(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Answer[Saved]:
    """Replace the fields that are sent; `lots` is replaced as a whole."""
    draft = await parse(request, ProjectDraft)
    await service.change_draft(session, actor, project_id=project_id, draft=draft, partly=True)
    return Answer(Saved(project_id))


@delete("/v1/projects/{project_id:uuid}", opt=_SIDE, status_code=HTTP_204_NO_CONTENT)
async def discard(session: Session, actor: CurrentActor, project_id: FromPath[UUID]) -> None:
    """Throw a draft away."""
    await service.discard_draft(session, actor, project_id=project_id)


@post("/v1/projects/{project_id:uuid}/register", opt=_SIDE, status_code=HTTP_201_CREATED)
async def register(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Answer[ProjectView]:
    """Register it, for ever; every problem of it is told at once."""
    command = await parse(request, RegisterForm)
    return Answer(
        await service.submit_registration(
            session, actor, project_id=project_id, confirm_provisional=command.confirm_provisional
        )
    )


@post("/v1/projects/{project_id:uuid}/timetable", opt=_SIDE, status_code=HTTP_200_OK)
async def change_timetable(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Answer[ProjectView]:
    """Other dates, while the notice is not out."""
    command = await parse(request, RetimeForm)
    return Answer(
        await service.change_timetable(
            session, actor, project_id=project_id, form=command, confirm_provisional=command.confirm_provisional
        )
    )


@post(
    "/v1/projects/{project_id:uuid}/documents",
    opt=_SIDE,
    status_code=HTTP_201_CREATED,
    request_max_body_size=MOST_DOCUMENT,
)
async def add_document(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    *,
    objects: Objects,
    project_id: FromPath[UUID],
    name: FromQuery[str] = "",
    lot_id: FromQuery[UUID | None] = None,
) -> Answer[dict[str, tuple[UUID, ...]]]:
    """File a tender document: a form with `file`, JSON with base64, or the bare bytes with `?name=` and `?lot_id=`."""
    command = await _document(request, name, lot_id)
    kept = await service.add_document(
        session,
        actor,
        objects,
        project_id=project_id,
        name=command.file.name,
        media_type=command.file.media_type,
        data=command.file.data,
        lot_ids=(command.lot_id,) if command.lot_id else (),
    )
    return Answer({"records": kept})


async def _document(request: WebRequest, name: str, lot_id: UUID | None) -> DocumentForm:
    content_type, _ = request.content_type
    if content_type in FORM_TYPES or content_type == "application/json":
        return await parse(request, DocumentForm)
    if not 0 < len(name) <= 200:
        raise Invalid({"name": FieldProblem("web.required")})
    return DocumentForm(Upload(name, content_type or "application/octet-stream", await request.body()), lot_id)


@get("/v1/projects", opt=allow("tenderer", "agency", "official", "supervisor"))
async def projects(
    request: WebRequest, session: Session, actor: CurrentActor, q: FromQuery[str] = ""
) -> Answer[Page[ProjectView]]:
    """One's own, or all for staff; newest first, or by `sort`; in a `state`; `q` is words of the name."""
    order, state = reads.PROJECTS.asked(request), request.query_params.get("state", "")
    org_id = None if is_staff(actor) else actor.org_id
    found = await reads.projects(session, org_id=org_id, state=state, search=q, order=order)
    return Answer(reads.PROJECTS.page(found, order))


@get("/v1/projects/{project_id:uuid}", opt=PUBLIC)
async def project(session: Session, actor: CurrentActor, project_id: FromPath[UUID]) -> Answer[ProjectView | DraftView]:
    """A project, or one's own draft."""
    draft = await reads.draft(session, project_id)
    if draft is not None and actor.has(*SIDE) and actor.org_id == draft.org_id:
        return Answer(draft)
    return Answer(await visible_project(session, actor, project_id))


@get("/v1/lots", opt=allow("tenderer", "agency", "official", "supervisor"))
async def lots(
    request: WebRequest, session: Session, actor: CurrentActor, q: FromQuery[str] = ""
) -> Answer[Page[LotView]]:
    """Lots of one's own projects, or all for the platform's staff; `state`, `sort` and `q` as for projects."""
    order, state = reads.LOTS.asked(request), request.query_params.get("state")
    org_id = None if is_staff(actor) else actor.org_id
    found = await reads.lots(session, state=state, org_id=org_id, search=q, order=order)
    return Answer(reads.LOTS.page(found, order))


@get("/v1/lots/{lot_id:uuid}", opt=PUBLIC)
async def lot(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[LotAnswer]:
    """A lot, with what is filed for it that this reader may have."""
    shown = await visible_lot(session, actor, lot_id)
    documents = await documents_for(session, actor, shown, await platform_now(session))
    return Answer(
        LotAnswer(
            lot=shown,
            timeline=await reads.timeline(session, f"lot:{lot_id}"),
            documents=documents.documents,
            documents_root=await reads.documents_root(session, lot_id),
        )
    )


@get("/v1/profiles/{name:str}", opt=PUBLIC)
async def profile(name: FromPath[str]) -> dict[str, Any]:
    """The rules of a procedure as this release has them, with their digest."""
    known = named_profile(name)
    return {"digest": known.digest(), "profile": known.body()}


@get("/v1/profiles/{name:str}/proposal", opt=PUBLIC)
async def proposal(
    session: Session, name: FromPath[str], notice_on: FromQuery[dt.date | None] = None
) -> Answer[rules.Proposal]:
    """The earliest lawful timetable for a notice on this day; `provisional` names what a person must confirm."""
    return Answer(await service.propose(session, profile=named_profile(name), notice_on=notice_on))


@get("/v1/calendar/{year:int}", opt=PUBLIC)
async def calendar(session: Session, year: FromPath[int]) -> Answer[Year]:
    """A year's holidays and make-up working days."""
    return Answer(await _year(session, year))


@post("/v1/calendar/days", opt=allow("official"), status_code=HTTP_200_OK)
async def set_day(request: WebRequest, session: Session, actor: CurrentActor) -> Answer[Year]:
    """Enter a day that differs from the week."""
    command = await parse(request, CalendarDayForm)
    await service.set_day(
        session, actor, day=command.day, working=command.working, name=command.name, until=command.until
    )
    return Answer(await _year(session, command.day.year))


@post("/v1/calendar/years", opt=allow("official"), status_code=HTTP_200_OK)
async def publish_year(request: WebRequest, session: Session, actor: CurrentActor) -> Answer[Year]:
    """Declare a year's rest days known."""
    command = await parse(request, CalendarYearForm)
    await service.publish_year(session, actor, year=command.year, source=command.source)
    return Answer(await _year(session, command.year))


async def _year(session: AsyncSession, year: int) -> Year:
    published = (await reads.calendar(session)).published_years
    return Year(year, year in published, await reads.calendar_days(session, year))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    create,
    change,
    discard,
    register,
    change_timetable,
    add_document,
    projects,
    project,
    lots,
    lot,
    profile,
    proposal,
    calendar,
    set_day,
    publish_year,
)
