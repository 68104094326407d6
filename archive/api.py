"""The archive for programs: the same verbs as the pages, problem+json for every refusal."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from archive import forms, reads, service
from archive.catalogue_reads import catalogue
from archive.errors import NotSealed, PackageUnknown, ProofPending
from archive.types import Catalogue, Package, PackedFile, Reading, Sweep
from trading.kernel.identity import Actor, allow
from trading.kernel.journal import reads as journal
from trading.projects import reads as projects
from trading.projects.errors import ProjectUnknown
from trading.projects.rights import sees_unpublished
from trading.projects.types import ProjectView
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.injected import CurrentActor, CurrentSettings, Objects, Session, WebRequest

READERS = allow("tenderer", "agency", "official", "supervisor")
STAFF = allow("official", "supervisor")
OFFICIAL = allow("official")


class PackageDetail(msgspec.Struct, frozen=True):
    """A package with its files and what sweeps found."""

    package: Package
    files: tuple[PackedFile, ...]
    readings: tuple[Reading, ...]


async def readable_project(session: AsyncSession, actor: Actor, project_id: UUID) -> ProjectView:
    """The project for its own side and the staff; for others there is none."""
    project = await projects.project(session, project_id)
    if not sees_unpublished(actor, project.tenderer_org_id, project.agency_org_id):
        raise ProjectUnknown
    return project


async def readable_package(session: AsyncSession, actor: Actor, package_id: UUID) -> tuple[Package, ProjectView]:
    """The same for a package."""
    package = await reads.package(session, package_id)
    project = await projects.project(session, package.project_id)
    if not sees_unpublished(actor, project.tenderer_org_id, project.agency_org_id):
        raise PackageUnknown
    return package, project


@get("/v1/projects/{project_id:uuid}/archive", opt=READERS)
async def project_catalogue(session: Session, actor: CurrentActor, project_id: FromPath[UUID]) -> Answer[Catalogue]:
    """归档目录 with its gaps, from the first day."""
    await readable_project(session, actor, project_id)
    return Answer(await catalogue(session, project_id))


@post("/v1/projects/{project_id:uuid}/archive/proposal", opt=OFFICIAL, status_code=201)
async def propose(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Answer[Package]:
    """提出归档."""
    form = await parse(request, forms.ProposalForm)
    package_id = await service.propose(session, actor, project_id=project_id, reason=form.reason)
    return Answer(await reads.package(session, package_id), status_code=201)


@post("/v1/archive/packages/{package_id:uuid}/approve", opt=OFFICIAL, status_code=200)
async def approve(session: Session, actor: CurrentActor, package_id: FromPath[UUID]) -> Answer[Package]:
    """批准归档."""
    await service.approve(session, actor, package_id=package_id)
    return Answer(await reads.package(session, package_id))


@post("/v1/archive/packages/{package_id:uuid}/decline", opt=OFFICIAL, status_code=200)
async def decline(
    request: WebRequest, session: Session, actor: CurrentActor, package_id: FromPath[UUID]
) -> Answer[Package]:
    """退回."""
    form = await parse(request, forms.DeclineForm)
    await service.decline(session, actor, package_id=package_id, words=form.words)
    return Answer(await reads.package(session, package_id))


@get("/v1/archive/packages/{package_id:uuid}", opt=READERS)
async def package_detail(session: Session, actor: CurrentActor, package_id: FromPath[UUID]) -> Answer[PackageDetail]:
    """A package, its files by path, and its readings."""
    package, _ = await readable_package(session, actor, package_id)
    files = await reads.files_of(session, package_id)
    return Answer(PackageDetail(package, files, await reads.readings_of(session, package_id)))


@get("/archive/packages/{package_id:uuid}/bag", opt=READERS)
async def bag(session: Session, actor: CurrentActor, *, objects: Objects, package_id: FromPath[UUID]) -> Stream:
    """The sealed bag as it lies in the store, the same address for people and programs."""
    package, project = await readable_package(session, actor, package_id)
    if package.object_key is None or package.object_version is None:
        raise NotSealed
    headers = {
        "content-disposition": f'attachment; filename="archive-{project.code}.tar"',
        "content-length": str(package.size),
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    blocks = objects.vault.stream(package.object_key, package.object_version)
    return Stream(blocks, media_type="application/x-tar", headers=headers)


@get("/v1/archive/packages/{package_id:uuid}/proof", opt=READERS)
async def proof(
    session: Session, actor: CurrentActor, *, settings: CurrentSettings, package_id: FromPath[UUID]
) -> Answer[dict[str, Any]]:
    """The journal's entry that names the bag's digest, and its place in the log (C2SP tlog-proof)."""
    package, _ = await readable_package(session, actor, package_id)
    if package.entry_id is None:
        raise NotSealed
    checkpoint = await journal.latest_checkpoint(session, quorum=settings.journal.quorum)
    shown = await journal.inclusion(session, package.entry_id, checkpoint) if checkpoint else None
    if shown is None:
        raise ProofPending
    entry = await journal.entry(session, package.entry_id)
    return Answer({"digest": package.digest, "entry": entry.entry.body.decode(), "proof": shown})


@get("/v1/archive/sweeps", opt=STAFF)
async def sweeps(session: Session) -> Answer[tuple[Sweep, ...]]:
    """固化检查, the last first."""
    return Answer(await reads.sweeps(session))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    project_catalogue,
    propose,
    approve,
    decline,
    package_detail,
    bag,
    proof,
    sweeps,
)
