"""Routes that exist only on a demonstration platform: moving its clock."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.types import ControllerRouterHandler

from portal.demo.clock import move_to
from portal.platform_clock import PlatformClock
from trading.kernel.clock import parse_rfc3339, platform_now, rfc3339
from trading.kernel.db import Database
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import PUBLIC
from trading.web.forms import parse
from trading.web.responses import redirect, safe_path


class MoveClock(msgspec.Struct, frozen=True):
    """Either an instant (`to`, RFC 3339 UTC with milliseconds) or a span (`minutes`)."""

    to: str | None = None
    minutes: int | None = None
    back: str = "/"


@post("/demo/clock", opt=PUBLIC, status_code=200)
async def move_clock(request: Request[Any, Any, Any]) -> Response[Any]:
    """Move the demonstration clock forward and wait until all that fell due on the way is done."""
    command = await parse(request, MoveClock)
    database: Database = request.app.state.database
    clock: PlatformClock = request.app.state.clock
    try:
        if command.to is not None:
            target = parse_rfc3339(command.to)
        else:
            async with database.transaction() as session:
                target = await platform_now(session) + timedelta(minutes=command.minutes or 0)
    except ValueError as error:
        raise Invalid(fields={"to": FieldProblem("portal.bad_instant")}) from error
    now = await move_to(database, target)
    await clock.refresh()
    if request.headers.get("content-type", "").startswith("application/json"):
        return Response({"now": rfc3339(now)})
    return redirect(safe_path(command.back), flash="portal.clock_moved")


ROUTES: tuple[ControllerRouterHandler, ...] = (move_clock,)
