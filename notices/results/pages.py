"""Result notices in public: the list, one of them, and the same for programs."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from notices.errors import NoticeUnknown
from notices.results import reads
from notices.results.types import KINDS, ResultNotice
from trading.kernel.identity import PUBLIC
from trading.web.answers import Answer
from trading.web.injected import CurrentSettings, Objects, Session, WebRequest
from trading.web.paging import PAGE_SIZE, Page, after_of
from trading.web.responses import download, page


async def _list(request: WebRequest, session: Session) -> tuple[Page[ResultNotice], str]:
    after = after_of(request, dt.datetime, UUID)
    kind = request.query_params.get("kind", "")
    found = await reads.result_notices(
        session,
        kind=kind if kind in KINDS else "",
        after=(after[0], after[1]) if after else None,
        limit=PAGE_SIZE + 1,
    )
    return Page.of(found, key=lambda row: (row.published_at, row.id)), kind


@get("/notices/results", opt=PUBLIC)
async def results(request: WebRequest, session: Session) -> Response[bytes]:
    """中标候选人公示, 中标结果公告, 合同订立公告; the newest first."""
    found, kind = await _list(request, session)
    return page(request, "notices/results.html", found=found, kind=kind, kinds=KINDS)


@get("/notices/results/{notice_id:uuid}", opt=PUBLIC)
async def result(
    request: WebRequest, session: Session, settings: CurrentSettings, notice_id: FromPath[UUID]
) -> Response[bytes]:
    """One of them."""
    found = await reads.result_notice(session, notice_id)
    return page(request, "notices/result.html", notice=found, url=f"{settings.web.base_url}/proof/{found.code}")


@get("/notices/results/{notice_id:uuid}/file", opt=PUBLIC)
async def file(session: Session, objects: Objects, notice_id: FromPath[UUID]) -> Response[bytes]:
    """Its sealed PDF."""
    found = await reads.result_notice(session, notice_id)
    if found.pdf_digest is None:
        raise NoticeUnknown
    return download(await objects.get(found.pdf_digest), f"{found.title}.pdf", "application/pdf")


@get("/v1/results", opt=PUBLIC)
async def list_results(request: WebRequest, session: Session) -> Answer[Page[ResultNotice]]:
    """The same list; `kind` is `candidates`, `award`, `contract` or nothing."""
    return Answer((await _list(request, session))[0])


@get("/v1/results/{notice_id:uuid}", opt=PUBLIC)
async def get_result(session: Session, notice_id: FromPath[UUID]) -> Answer[ResultNotice]:
    """One result notice."""
    return Answer(await reads.result_notice(session, notice_id))


ROUTES: tuple[Any, ...] = (results, result, file, list_results, get_result)
