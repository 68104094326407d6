"""Download of a filed document, the same address for people and programs; no sign-up and no log of who came.

电子招标投标办法 20: tender documents are had without precondition.
"""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from trading.kernel.identity import PUBLIC
from trading.records.reads import readable_record
from trading.web.injected import CurrentActor, Objects, Session
from trading.web.responses import download


@get("/records/{record_id:uuid}", opt=PUBLIC)
async def read_record(
    session: Session, actor: CurrentActor, objects: Objects, record_id: FromPath[UUID]
) -> Response[bytes]:
    """The exact bytes, checked against their digest; the right is checked at every request."""
    record = await readable_record(session, actor, record_id)
    return download(await objects.get(record.digest), record.name, record.media_type)


ROUTES: tuple[ControllerRouterHandler, ...] = (read_record,)
