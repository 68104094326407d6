"""The program as an ASGI application, and its one process."""

import asyncio
import secrets
import signal
from typing import Any

import structlog
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from bidding.trustee import api, pages
from bidding.trustee.errors import Defect, PageStale
from bidding.trustee.local import HostGuard
from bidding.trustee.program import Program
from bidding.trustee.site import STATE_KEY, Site, site_of, status_of
from trading.kernel.errors import NotFound, TradingError

HOST = "127.0.0.1"
API_TOKEN_FILE = "api-token"  # noqa: S105  # a file's name
_LARGEST_REQUEST = 64 * 1024
_LINGER = 0.3  # the server's own threads end after it returned; leaving under them makes a noise on stderr

log = structlog.get_logger(__name__)


def create_app(program: Program, port: int) -> tuple[HostGuard, str]:
    """The application, and the local API's token of this start (also in the folder, readable by its owner alone)."""
    token = secrets.token_urlsafe(32)
    program.folder.write(API_TOKEN_FILE, token.encode())
    app = Litestar(
        route_handlers=[*pages.ROUTES, *api.ROUTES],
        exception_handlers={Exception: _handle},
        state=State({STATE_KEY: Site(program, port, token)}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=_LARGEST_REQUEST,
    )
    return HostGuard(app, port), token


def _handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Every error in words; on the page a stale session leads back to the gate."""
    refusal = _refusal(request, error)
    site = site_of(request)
    if request.url.path.startswith("/api/"):
        return site.problem(request, refusal)
    if isinstance(refusal, PageStale) and request.method in {"GET", "HEAD"}:
        return pages.see_other("/")
    door = request.url.path.split("/")[1]
    session = site.sessions.find(request, door)
    back = f"{session.base}/" if session else "/"
    return site.page(
        request, "trustee/error.html", session=session, status=status_of(refusal), here=back, back=back, error=refusal
    )


def _refusal(request: Request[Any, Any, Any], error: Exception) -> TradingError:
    if isinstance(error, TradingError):
        return error
    if isinstance(error, HTTPException) and error.status_code in {404, 405}:
        return NotFound()
    if isinstance(error, HTTPException) and error.status_code < 500:
        return PageStale()
    log.error("trustee.defect", method=request.method, exc_info=error)
    return Defect()


def run(program: Program, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    app, _ = create_app(program, port)

    async def serve() -> None:
        server = Server(app, HOST, port, interface=Interfaces.ASGINL, log_enabled=False)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        await server.serve()
        await asyncio.sleep(_LINGER)

    asyncio.run(serve())
