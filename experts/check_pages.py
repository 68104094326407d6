"""The page "check this draw yourself" (自己核验抽取): everything is computed again in the visitor's own browser."""

from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from experts.reads import draw_chain
from trading.kernel.identity import PUBLIC
from trading.projects import reads as projects
from trading.web.injected import Session, WebRequest
from trading.web.responses import page


@get("/draws/{draw_id:uuid}/check", opt=PUBLIC)
async def show(request: WebRequest, session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """The draw and, where its order goes on from an earlier one, that one too."""
    lot_id, chain = await draw_chain(session, draw_id)
    documents = [f"/v1/draws/{found}" for found in chain]
    return page(
        request,
        "experts/check.html",
        draw_id=draw_id,
        lot=await projects.lot(session, lot_id),
        documents=msgspec.json.encode(documents).decode(),
        addresses=documents,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (show,)
