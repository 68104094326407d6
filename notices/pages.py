"""The public site of notices, and writing and publishing them."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from notices import highlight, reads, service
from notices.errors import NoticeUnknown
from notices.types import NoticeTexts, NoticeView
from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.projects import reads as projects
from trading.projects.reads import DOCUMENT
from trading.projects.rights import manages, sees_unpublished
from trading.projects.types import ProjectView
from trading.records import reads as records
from trading.schedule import reads as schedule
from trading.web.forms import Form, NoInput, parse
from trading.web.i18n import language_of
from trading.web.injected import CurrentActor, CurrentSettings, Objects, Session, WebRequest
from trading.web.responses import Question, confirm, download, page, redirect
from trading.web.site import site_of
from trading.web.tables import Words, export

FORM = "notices/form.html"
LIST = "notices/list.html"
DETAIL = "notices/detail.html"
LONGEST_QUERY = 100
OPEN = {"open": True, "closed": False}
_WRITERS = allow("tenderer", "agency", "official")


@get("/notices", opt=PUBLIC)
async def notices(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    region: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Response[bytes]:
    """What is published, newest first unless asked otherwise; filters are part of the address."""
    order = reads.NOTICES.asked(request)
    state = request.query_params.get("state", "")  # a reserved name among parameters
    wanted = region if region.isdecimal() and len(region) <= 6 else ""
    q = q[:LONGEST_QUERY]
    found = await reads.published_notices(session, open_only=OPEN.get(state), region=wanted, search=q, order=order)
    if order.export:
        return export(request, "notices", _columns(request), found)
    shown = reads.NOTICES.page(found, order)
    narrowed = q or state or wanted or order.after
    return page(
        request,
        LIST,
        part="notices/_list.html",
        found=shown,
        order=order,
        state=state,
        region=wanted,
        q=q,
        words=highlight.words_of(q),
        marked=highlight.marked,
        snippet=_snippet,
        provinces=projects.provinces(),
        region_name=projects.region_name,
        waiting=await reads.drafts_to_publish(session) if actor.has("official") and not narrowed else [],
    )


def _snippet(notice: NoticeView, words: Sequence[str]) -> highlight.Marked:
    """Where the notice says it, apart from its title."""
    facts, texts = notice.facts, notice.texts
    lots = [f"{lot.name}：{lot.scope}" for lot in facts.lots]
    parties = [facts.project_code, facts.unified_code, facts.tenderer_name, facts.agency_name or ""]
    contact = [texts.contact_name, texts.contact_phone, texts.contact_address]
    everything = [*parties, texts.overview, *lots, texts.qualification, texts.remarks or "", *contact]
    return highlight.snippet(everything, words)


def _columns(request: WebRequest) -> tuple[tuple[str, Callable[[NoticeView], object]], ...]:
    lang = language_of(request)
    now = site_of(request).clock()
    return (
        ("notices.title", lambda row: row.title),
        ("projects.field.code", lambda row: row.facts.project_code),
        ("projects.tenderer", lambda row: row.facts.tenderer_name),
        ("notices.region", lambda row: projects.region_name(row.region, lang)),
        ("notices.published_at", lambda row: row.published_at),
        ("projects.field.deadline_at", lambda row: row.open_until),
        ("projects.state", lambda row: Words("notices.state.open" if row.is_open(now) else "notices.state.closed")),
        ("notices.address", lambda row: f"{site_of(request).base_url}/notices/{row.id}"),
    )


@get("/notices/{name:str}", opt=PUBLIC)
async def notice(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    *,
    objects: Objects,
    settings: CurrentSettings,
    name: FromPath[str],
) -> Response[Any]:
    """One notice; with `.pdf` its PDF."""
    found = await reads.notice(session, actor, _id(name.removesuffix(".pdf")))
    if name.endswith(".pdf"):
        if found.pdf_digest is None:
            raise NoticeUnknown
        return download(await objects.get(found.pdf_digest), f"{found.title}.pdf", "application/pdf")
    return page(request, DETAIL, **await _detail(session, actor, found, settings.web.base_url))


@get("/notices/{name:str}/pdf", opt=PUBLIC)
async def pdf_state(request: WebRequest, session: Session, actor: CurrentActor, name: FromPath[str]) -> Response[Any]:
    """The fragment that says whether the PDF is made; asked for again until it is."""
    found = await reads.notice(session, actor, _id(name))
    return page(request, "notices/_pdf.html", notice=found)


async def _detail(session: AsyncSession, actor: Actor, notice: NoticeView, base_url: str) -> dict[str, Any]:
    project = await projects.project(session, notice.project_id)
    now = await platform_now(session)
    sees_all = sees_unpublished(actor, project.tenderer_org_id, project.agency_org_id)
    documents = []
    places = {lot.id: await schedule.opening_of(session, lot.id) for lot in project.lots}
    for lot in project.lots:
        filed = await records.records_of(session, f"lot:{lot.id}", (DOCUMENT,))
        documents.append((lot, tuple(record for record in filed if sees_all or record.is_public(now))))
    return {
        "notice": notice,
        "url": f"{base_url}/notices/{notice.id}",
        "unified": projects.show_unified(project.unified_code),
        "documents": documents,
        "places": places,
        "issue_begins": notice.facts.issue_from if not any(filed for _, filed in documents) else None,
        "may_write": notice.state == "draft" and _writes(actor, project),
        "may_publish": notice.state == "draft" and actor.has("official") and actor.person_id != notice.drafted_by,
    }


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoticeUnknown from None


def _writes(actor: Actor, project: ProjectView) -> bool:
    return actor.has("official") or manages(actor, project.tenderer_org_id, project.agency_org_id)


@get("/projects/{project_id:uuid}/notices", opt=PUBLIC)
async def of_project(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """The notices of a project, as a page and as a part of the project's own page."""
    project = await projects.project(session, project_id)
    found = await reads.tender_notice_of(session, project_id)
    sees_all = sees_unpublished(actor, project.tenderer_org_id, project.agency_org_id)
    if not sees_all and (found is None or found.state != "published"):
        raise NoticeUnknown
    return page(
        request,
        "notices/of_project.html",
        part="notices/_of_project.html",
        project=project,
        notice=found,
        may_write=_writes(actor, project) and (found is None or found.state == "draft"),
    )


@get("/projects/{project_id:uuid}/notices/new", opt=_WRITERS)
async def write(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """The form; a draft that is there already is gone on with."""
    project = await projects.project(session, project_id)
    if not _writes(actor, project):
        raise NoticeUnknown
    found = await reads.tender_notice_of(session, project_id)
    if found is not None and found.state != "draft":
        return redirect(f"/notices/{found.id}")
    return page(request, FORM, form=Form.of(found.texts) if found else Form(NoticeTexts), project=project)


@post("/projects/{project_id:uuid}/notices/new", opt=_WRITERS)
async def save(request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]) -> Response[Any]:
    """Save the draft and show it as it would appear."""
    project = await projects.project(session, project_id)
    if not _writes(actor, project):  # before the form: a refused form is shown again under the project's name
        raise NoticeUnknown
    texts = await parse(request, NoticeTexts, FORM, project=project)
    notice_id = await service.draft_notice(session, actor, project_id=project_id, texts=texts)
    return redirect(f"/notices/{notice_id}", flash="notices.drafted")


@get("/notices/{name:str}/publish", opt=allow("official"))
async def ask_publish(
    request: WebRequest, session: Session, actor: CurrentActor, name: FromPath[str]
) -> Response[bytes]:
    """Whether it may go out."""
    found = await reads.notice(session, actor, _id(name))
    return confirm(request, _question(found))


@post("/notices/{name:str}/publish", opt=allow("official"))
async def publish(request: WebRequest, session: Session, actor: CurrentActor, name: FromPath[str]) -> Response[Any]:
    """Put it before the public."""
    found = await reads.notice(session, actor, _id(name))
    await parse(request, NoInput, "web/confirm.html", ask=_question(found))
    await service.publish_notice(session, actor, notice_id=found.id)
    return redirect(f"/notices/{found.id}", flash="notices.published")


def _question(notice: NoticeView) -> Question:
    return Question(
        title="notices.publish.title",
        text="notices.publish.text",
        yes="notices.publish.yes",
        action=f"/notices/{notice.id}/publish",
        back=f"/notices/{notice.id}",
        params={"title": notice.title, "deadline": notice.facts.deadline_at},
    )


ROUTES = (notices, notice, pdf_state, of_project, write, save, ask_publish, publish)
