"""Pages of the archive: a project's catalogue, closing it, the package, the sweeps."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from archive import reads, service
from archive.api import OFFICIAL, READERS, STAFF, readable_package, readable_project
from archive.catalogue_reads import catalogue
from archive.errors import AlreadyDecided
from archive.forms import DeclineForm, ProposalForm
from archive.types import STATES
from trading.kernel.identity import Actor
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

CATALOGUE, PROPOSE, DECLINE = "archive/catalogue.html", "archive/propose.html", "archive/decline.html"
STATE_KEYS = ("archive.state.missing", "archive.state.due", "archive.state.present", "archive.state.not_applicable")
PACKAGE_KEYS = (
    "archive.package.proposed",
    "archive.package.declined",
    "archive.package.approved",
    "archive.package.composed",
    "archive.package.sealed",
)
FINDING_KEYS = (
    "archive.finding.changed",
    "archive.finding.missing",
    "archive.finding.added",
    "archive.finding.unreadable",
    "archive.finding.gone",
    "archive.finding.replaced",
    "archive.finding.unlocked",
)


async def _context(session: AsyncSession, actor: Actor, project_id: UUID) -> dict[str, Any]:
    project = await readable_project(session, actor, project_id)
    found = await catalogue(session, project_id)
    package = found.package
    open_ = package is None or package.state == "declined"
    official = actor.has("official")
    decides = package is not None and package.state == "proposed"
    return {
        "project": project,
        "catalogue": found,
        "package": package,
        "states": STATES,
        "counts": found.counts(),
        "may_propose": official and open_ and not found.unfinished and found.retention is not None,
        "may_decide": official and decides and package is not None and package.proposed_by != actor.person_id,
        "waits": official and decides and package is not None and package.proposed_by == actor.person_id,
    }


@get("/projects/{project_id:uuid}/archive", opt=READERS)
async def show(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """归档目录: what must be there, what is missing, who owes it until when."""
    return page(request, CATALOGUE, part="archive/_package.html", **await _context(session, actor, project_id))


@get("/projects/{project_id:uuid}/archive/proposal", opt=OFFICIAL)
async def ask_proposal(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """What will be sealed, and what without."""
    context = await _context(session, actor, project_id)
    return page(request, PROPOSE, form=Form(ProposalForm), **context)


@post("/projects/{project_id:uuid}/archive/proposal", opt=OFFICIAL)
async def propose(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """提出归档."""
    form = await parse(request, ProposalForm, PROPOSE, **await _context(session, actor, project_id))
    await service.propose(session, actor, project_id=project_id, reason=form.reason)
    return redirect(f"/projects/{project_id}/archive", flash="archive.proposed")


@get("/archive/packages/{package_id:uuid}/approval", opt=OFFICIAL)
async def ask_approval(
    request: WebRequest, session: Session, actor: CurrentActor, package_id: FromPath[UUID]
) -> Response[bytes]:
    """The confirmation: nobody can undo it for as long as the law keeps the package."""
    demand_step_up(actor)
    package, project = await readable_package(session, actor, package_id)
    if package.state != "proposed":
        raise AlreadyDecided
    found = await catalogue(session, project.id)
    question = Question(
        title="archive.approve",
        text="archive.approve.ask",
        yes="archive.approve.yes",
        action=f"/archive/packages/{package_id}/approval",
        back=f"/projects/{project.id}/archive",
        danger=True,
        params={
            "name": project.name,
            "gaps": len(package.gaps),
            "years": found.retention.years if found.retention else 0,
        },
    )
    return confirm(request, question)


@post("/archive/packages/{package_id:uuid}/approval", opt=OFFICIAL)
async def approve(session: Session, actor: CurrentActor, package_id: FromPath[UUID]) -> Response[Any]:
    """批准归档."""
    demand_step_up(actor)
    package, _ = await readable_package(session, actor, package_id)
    await service.approve(session, actor, package_id=package_id)
    return redirect(f"/projects/{package.project_id}/archive", flash="archive.approved")


@get("/archive/packages/{package_id:uuid}/refusal", opt=OFFICIAL)
async def ask_decline(
    request: WebRequest, session: Session, actor: CurrentActor, package_id: FromPath[UUID]
) -> Response[bytes]:
    """What is to be mended first."""
    package, project = await readable_package(session, actor, package_id)
    if package.state != "proposed":
        raise AlreadyDecided
    return page(request, DECLINE, form=Form(DeclineForm), package=package, project=project)


@post("/archive/packages/{package_id:uuid}/refusal", opt=OFFICIAL)
async def decline(
    request: WebRequest, session: Session, actor: CurrentActor, package_id: FromPath[UUID]
) -> Response[Any]:
    """退回."""
    package, project = await readable_package(session, actor, package_id)
    form = await parse(request, DeclineForm, DECLINE, package=package, project=project)
    await service.decline(session, actor, package_id=package_id, words=form.words)
    return redirect(f"/projects/{project.id}/archive", flash="archive.declined")


@get("/archive/packages/{package_id:uuid}", opt=READERS)
async def package_page(
    request: WebRequest, session: Session, actor: CurrentActor, package_id: FromPath[UUID]
) -> Response[bytes]:
    """归档包: files, download, readings, and how to check it alone."""
    package, project = await readable_package(session, actor, package_id)
    return page(
        request,
        "archive/package.html",
        package=package,
        project=project,
        files=await reads.files_of(session, package_id),
        readings=await reads.readings_of(session, package_id),
    )


@get("/archive", opt=STAFF)
async def overview(request: WebRequest, session: Session) -> Response[bytes]:
    """What waits, what is sealed and how it was found, the sweeps."""
    waiting = [
        (each, await projects.project(session, each.project_id))
        for each in await reads.packages(session, ("proposed", "approved", "composed"))
    ]
    return page(
        request,
        "archive/overview.html",
        waiting=waiting,
        swept=await reads.swept(session),
        sweeps=await reads.sweeps(session),
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    show,
    ask_proposal,
    propose,
    ask_approval,
    approve,
    ask_decline,
    decline,
    package_page,
    overview,
)
