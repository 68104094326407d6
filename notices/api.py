"""Notices for programs: the public list and its entries, drafting, publishing."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from notices import reads, service
from notices.pages import LONGEST_QUERY, OPEN
from notices.types import NoticeTexts, NoticeView
from trading.kernel.identity import PUBLIC, allow
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.paging import Page


class Drafted(Struct, frozen=True):
    """A draft, not yet before the public."""

    id: UUID
    state: str = "draft"


@get("/v1/notices", opt=PUBLIC)
async def notices(
    request: WebRequest,
    session: Session,
    region: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Answer[Page[NoticeView]]:
    """What is published, newest first or by `sort`.

    `state` is `open`, `closed` or nothing, `region` leading digits of its code, `q` words that all must be said, in
    title, texts or facts.
    """
    order, state = reads.NOTICES.asked(request), request.query_params.get("state", "")
    found = await reads.published_notices(
        session, open_only=OPEN.get(state), region=region, search=q[:LONGEST_QUERY], order=order
    )
    return Answer(reads.NOTICES.page(found, order))


@get("/v1/notices/{notice_id:uuid}", opt=PUBLIC)
async def notice(session: Session, actor: CurrentActor, notice_id: FromPath[UUID]) -> Answer[NoticeView]:
    """One notice; its PDF is `/records/{pdf_record_id}` once it is made."""
    return Answer(await reads.notice(session, actor, notice_id))


@post(
    "/v1/projects/{project_id:uuid}/notices", opt=allow("tenderer", "agency", "official"), status_code=HTTP_201_CREATED
)
async def draft(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Answer[Drafted]:
    """Write, or write again, the tender notice of a project."""
    texts = await parse(request, NoticeTexts)
    return Answer(Drafted(await service.draft_notice(session, actor, project_id=project_id, texts=texts)))


@post("/v1/notices/{notice_id:uuid}/publish", opt=allow("official"), status_code=HTTP_200_OK)
async def publish(session: Session, actor: CurrentActor, notice_id: FromPath[UUID]) -> Answer[NoticeView]:
    """Put it before the public, as an official other than who wrote it."""
    return Answer(await service.publish_notice(session, actor, notice_id=notice_id))


ROUTES: tuple[ControllerRouterHandler, ...] = (notices, notice, draft, publish)
