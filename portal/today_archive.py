"""What the archive waits for from whom: records owed, projects to close, proposals to decide, damaged packages."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from archive import reads
from archive.catalogue_reads import catalogue
from archive.types import Catalogue
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.types import LotView, ProjectView

_MOST = 20
KEYS = (
    "portal.due.record_owed",
    "portal.due.close_project",
    "portal.due.decide_package",
    "portal.due.damaged_package",
)


class ArchiveDue(NamedTuple):
    """One thing to do: its sentence, what it is about, where, the button, until when."""

    key: str
    subject: str
    url: str
    action: str
    at: datetime | None


async def archive_due(session: AsyncSession, actor: Actor, ended: Iterable[LotView]) -> AsyncIterator[ArchiveDue]:
    """Everything about records and packages that is this person's turn; `ended` are the lots that are over."""
    if actor.has("official"):
        async for due in _officials(session, actor, ended):
            yield due
    if actor.has("tenderer", "agency") and actor.org_id is not None:
        for project in (await projects.projects(session, org_id=actor.org_id))[:_MOST]:
            if project.state == "registered":
                continue
            for due in _owed(project, await catalogue(session, project.id), actor):
                yield due


async def _officials(session: AsyncSession, actor: Actor, ended: Iterable[LotView]) -> AsyncIterator[ArchiveDue]:
    for package in await reads.packages(session, ("proposed",)):
        if package.proposed_by != actor.person_id:
            project = await projects.project(session, package.project_id)
            url = f"/projects/{project.id}/archive"
            yield ArchiveDue("portal.due.decide_package", project.name, url, "portal.do.archive", None)
    for package in await reads.damaged(session):
        project = await projects.project(session, package.project_id)
        url = f"/archive/packages/{package.id}"
        yield ArchiveDue("portal.due.damaged_package", project.name, url, "portal.do.archive", None)
    for project_id in sorted({lot.project_id for lot in ended}):
        found = await catalogue(session, project_id)
        if found.package is not None and found.package.state != "declined":
            continue
        project = await projects.project(session, project_id)
        for due in _owed(project, found, actor):
            yield due
        if not found.unfinished and found.retention is not None:
            url = f"/projects/{project_id}/archive"
            yield ArchiveDue("portal.due.close_project", project.name, url, "portal.do.archive", None)


def _owed(project: ProjectView, found: Catalogue, actor: Actor) -> list[ArchiveDue]:
    """One line a project, due when its first missing record was."""
    missing = [item for item in found.items if item.state == "missing" and actor.has(item.role)]
    if not missing:
        return []
    first = min((item.due_at for item in missing if item.due_at), default=None)
    url = f"/projects/{project.id}/archive"
    return [ArchiveDue("portal.due.record_owed", project.name, url, "portal.do.archive", first)]
