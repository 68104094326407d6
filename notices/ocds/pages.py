"""Open data for people: what it is, what may be downloaded, and every release of a project."""

import datetime as dt
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from notices.errors import ReleaseUnknown
from notices.ocds import reads
from notices.ocds.paths import FEED_PATH, package_path, record_path
from notices.ocds.types import TAGS
from trading.kernel.identity import PUBLIC
from trading.projects import reads as projects
from trading.web.injected import Session, WebRequest
from trading.web.paging import PAGE_SIZE, Page, after_of
from trading.web.responses import page


@get("/open-data", opt=PUBLIC)
async def open_data(request: WebRequest, session: Session) -> Response[bytes]:
    """The explanation, and what was released last."""
    key = after_of(request, dt.datetime, str)
    found = await reads.newest(session, after=(key[0], key[1]) if key else None, limit=PAGE_SIZE + 1)
    return page(
        request,
        "notices/open_data.html",
        found=Page.of(found, key=lambda item: (item.released_at, item.id)),
        names=await reads.titles(session, {item.project_id for item in found}),
        feed=FEED_PATH,
    )


@get("/projects/{project_id:uuid}/open-data", opt=PUBLIC)
async def of_project(request: WebRequest, session: Session, project_id: FromPath[UUID]) -> Response[bytes]:
    """The downloads of one project, and each of its releases with its digest."""
    found = await reads.releases_of(session, project_id)
    if not found:
        raise ReleaseUnknown
    return page(
        request,
        "notices/open_data_of_project.html",
        project=await projects.project(session, project_id),
        releases=found,
        ocid=found[0].ocid,
        package=package_path(project_id),
        record=record_path(project_id),
        tags=TAGS,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (open_data, of_project)
