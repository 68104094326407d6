"""Open data for programs: packages of a project, one release, the feed of all, the platform's own extension.

Everything is public and never changes but by being added to, so each answer has an ETag and may be kept for a minute.
"""

import datetime as dt
import hashlib
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.status_codes import HTTP_304_NOT_MODIFIED
from litestar.types import ControllerRouterHandler

from notices.errors import ReleaseUnknown
from notices.ocds import reads
from notices.ocds.extension import FILES, extension_file
from notices.ocds.packages import record_package, release_package
from notices.ocds.paths import FEED_PATH, package_path, record_path
from trading.kernel.identity import PUBLIC
from trading.web.injected import CurrentSettings, Session, WebRequest
from trading.web.paging import Page, after_of

JSON = "application/json"
_A_MINUTE = "public, max-age=60"
_FOR_GOOD = "public, max-age=31536000, immutable"


def cached(request: WebRequest, body: bytes, *, kept: str = _A_MINUTE, name: str = "") -> Response[bytes]:
    """The document, or 304 where the reader has it; with a name it is a file to keep."""
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {"etag": tag, "cache-control": kept, "content-security-policy": "default-src 'none'; sandbox"}
    asked = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    if asked & {tag, "*"}:
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers=headers, media_type=JSON)
    if name:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(body, media_type=JSON, headers=headers)


@get(FEED_PATH, opt=PUBLIC)
async def feed(request: WebRequest, session: Session, settings: CurrentSettings) -> Response[bytes]:
    """What was released of all projects, the newest first; `links.next` leads on."""
    key = after_of(request, dt.datetime, str)
    found = await reads.newest(session, after=(key[0], key[1]) if key else None)
    if not found:
        raise ReleaseUnknown
    page = Page.of(found, key=lambda item: (item.released_at, item.id), size=reads.FEED)
    base_url = settings.web.base_url
    cursor = request.query_params.get("after")
    body = release_package(
        page.items,
        await reads.publisher(session, base_url),
        base_url=base_url,
        path=f"{FEED_PATH}?after={cursor}" if cursor else FEED_PATH,
        more=f"{FEED_PATH}?after={page.next}" if page.next else None,
    )
    return cached(request, body)


@get("/v1/ocds/releases/{release_id:str}", opt=PUBLIC)
async def one_release(request: WebRequest, session: Session, release_id: FromPath[str]) -> Response[bytes]:
    """One release, exact text; its SHA-256 stands in the journal."""
    return cached(request, (await reads.release(session, release_id)).body, kept=_FOR_GOOD)


@get("/v1/ocds/projects/{project_id:uuid}/releases", opt=PUBLIC)
async def project_releases(
    request: WebRequest, session: Session, settings: CurrentSettings, project_id: FromPath[UUID]
) -> Response[bytes]:
    """The release package of a project."""
    body = await reads.project_package(session, project_id, base_url=settings.web.base_url)
    if body is None:
        raise ReleaseUnknown
    return cached(request, body, name=f"releases-{project_id}.json")


@get("/v1/ocds/projects/{project_id:uuid}/record", opt=PUBLIC)
async def project_record(
    request: WebRequest, session: Session, settings: CurrentSettings, project_id: FromPath[UUID]
) -> Response[bytes]:
    """Its record package: the same releases, and the process as it stands compiled from them."""
    found = await reads.releases_of(session, project_id)
    if not found:
        raise ReleaseUnknown
    base_url = settings.web.base_url
    body = record_package(
        found,
        await reads.publisher(session, base_url),
        base_url=base_url,
        path=record_path(project_id),
        source=package_path(project_id),
    )
    return cached(request, body, name=f"record-{project_id}.json")


@get("/v1/ocds/extension/{name:str}", opt=PUBLIC, sync_to_thread=False)
def extension(request: WebRequest, settings: CurrentSettings, name: FromPath[str]) -> Response[bytes]:
    """The platform's own extension: `extension.json` and `release-schema.json`."""
    if name not in FILES:
        raise ReleaseUnknown
    return cached(request, msgspec.json.encode(extension_file(name, settings.web.base_url)))


ROUTES: tuple[ControllerRouterHandler, ...] = (feed, one_release, project_releases, project_record, extension)
