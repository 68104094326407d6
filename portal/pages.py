"""The front page for everyone, and 今日 for whoever has signed in."""

from litestar import Response, get

from notices import reads as notices
from portal.today import today
from trading.kernel.identity import PUBLIC, SIGNED_IN
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page

_LATEST = 8


@get("/", opt=PUBLIC)
async def home(request: WebRequest, session: Session) -> Response[bytes]:
    """What is open for bids now, and how anyone can check it."""
    latest = await notices.published_notices(session, limit=_LATEST)
    return page(request, "portal/home.html", notices=latest)


@get("/today", opt=SIGNED_IN)
async def due(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """今日."""
    return page(request, "portal/today.html", items=await today(session, actor))


@get("/about/verify", opt=PUBLIC, sync_to_thread=False)
def verifying(request: WebRequest) -> Response[bytes]:
    """How to check a receipt or a whole lot without us."""
    return page(request, "portal/verify.html")


ROUTES = (home, due, verifying)
