"""What witnesses do on pages: type the beacon, unlock the committee, compare faces with names."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from experts.forms import TypeBeacon
from experts.pages.draws import PAGE, context
from experts.services import beacons
from experts.services.unlocking import names, unlock
from experts.views import draw_view
from trading.kernel.errors import Refused
from trading.kernel.identity import allow
from trading.projects import reads as projects
from trading.web.errors import handle
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

_WITNESS = allow("witness")


@post("/draws/{draw_id:uuid}/beacons", opt=_WITNESS)
async def type_beacon(
    request: WebRequest, session: Session, actor: CurrentActor, keys: Keys, draw_id: FromPath[UUID]
) -> Response[Any]:
    """A witness's word."""
    command = await parse(request, TypeBeacon, PAGE, **await context(session, actor, draw_id))
    value = None if command.missing else command.value
    done = await beacons.type_beacon(
        session, actor, draw_id=draw_id, beacon=command.beacon, value=value, personal=keys.personal
    )
    if isinstance(done, Refused):
        return handle(request, done)
    return redirect(f"/draws/{draw_id}", flash="draws.beacon.typed")


@get("/draws/{draw_id:uuid}/unlock", opt=_WITNESS)
async def ask_unlock(request: WebRequest, session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """The question before the committee is known."""
    shown = await draw_view(session, draw_id)
    question = Question(
        title="draws.unlock",
        text="draws.unlock.text",
        yes="draws.unlock",
        action=f"/draws/{draw_id}/unlock",
        back=f"/draws/{draw_id}",
        params={"seats": shown.seats},
    )
    return confirm(request, question)


@post("/draws/{draw_id:uuid}/unlock", opt=_WITNESS)
async def do_unlock(session: Session, actor: CurrentActor, keys: Keys, draw_id: FromPath[UUID]) -> Response[Any]:
    """Unlocked; the members get their logins."""
    await unlock(session, actor, draw_id=draw_id, personal=keys.personal)
    return redirect(f"/draws/{draw_id}", flash="draws.unlocked")


@post("/draws/{draw_id:uuid}/names", opt=_WITNESS)
async def show_names(
    request: WebRequest, session: Session, actor: CurrentActor, keys: Keys, draw_id: FromPath[UUID]
) -> Response[bytes]:
    """Who they are, for the door; journalled each time, so no link leads here."""
    shown = await draw_view(session, draw_id)
    members = await names(session, actor, draw_id=draw_id, personal=keys.personal)
    lot = await projects.lot(session, shown.lot_id)
    return page(request, "experts/draw_names.html", draw=shown, lot=lot, members=members)


ROUTES = (type_beacon, ask_unlock, do_unlock, show_names)
