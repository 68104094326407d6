"""Draws for programs: planned, confirmed, watched by everyone, ended."""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from bidding.services.ceremony import SeatChoice
from bidding.types import CeremonyView
from experts.errors import DrawUnknown
from experts.forms import CancelDraw, PlanDraw, StartEscrow
from experts.reads import draw_document, draw_of_lot
from experts.services import drawing, escrow
from experts.services.cancelling import cancel_draw
from experts.services.unlocking import Named, names, unlock
from experts.types import DrawView
from experts.views import draw_view
from trading.kernel.canonical import canonical
from trading.kernel.identity import PUBLIC, allow
from trading.web.forms import parse
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Session, WebRequest

_OFFICIAL = allow("official")


class Made(msgspec.Struct, frozen=True):
    """A draw by its id."""

    id: UUID


@get("/v1/draws/{draw_id:uuid}", opt=PUBLIC)
async def document(session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """Everything that is public of a draw, as `verify` and the page that replays it read it."""
    body = canonical(msgspec.to_builtins(await draw_document(session, draw_id)))
    return Response(body, media_type="application/json")


@get("/v1/draws/{draw_id:uuid}/progress", opt=PUBLIC)
async def progress(session: Session, draw_id: FromPath[UUID]) -> DrawView:
    """Times and counts."""
    return await draw_view(session, draw_id)


@get("/v1/lots/{lot_id:uuid}/draw", opt=PUBLIC)
async def of_lot(session: Session, lot_id: FromPath[UUID]) -> Made:
    """The lot's newest announced draw."""
    found = await draw_of_lot(session, lot_id)
    if found is None:
        raise DrawUnknown
    return Made(found)


@post("/v1/lots/{lot_id:uuid}/draws", opt=_OFFICIAL)
async def propose(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Made:
    """Plan a draw."""
    plan = await parse(request, PlanDraw)
    return Made(await drawing.propose_draw(session, actor, lot_id=lot_id, plan=plan))


@post("/v1/draws/{draw_id:uuid}/confirm", opt=allow("official", "supervisor"), status_code=HTTP_200_OK)
async def confirm(
    session: Session, actor: CurrentActor, settings: CurrentSettings, keys: Keys, draw_id: FromPath[UUID]
) -> DrawView:
    """The second person's yes: announced."""
    await drawing.confirm_draw(session, actor, draw_id=draw_id, gateway=settings.gateway, personal=keys.personal)
    return await draw_view(session, draw_id)


@post("/v1/draws/{draw_id:uuid}/ceremony", opt=_OFFICIAL)
async def begin_escrow(
    request: WebRequest,
    *,
    session: Session,
    actor: CurrentActor,
    settings: CurrentSettings,
    keys: Keys,
    draw_id: FromPath[UUID],
) -> CeremonyView:
    """The trustees' ceremony for the escrow."""
    command = await parse(request, StartEscrow)
    return await escrow.begin_escrow(
        session,
        actor,
        draw_id=draw_id,
        seats=[SeatChoice(seat.seat, seat.membership_id) for seat in command.seats],
        t=command.t,
        journal_settings=settings.journal,
        keys=keys,
    )


@post("/v1/draws/{draw_id:uuid}/unlock", opt=allow("witness"), status_code=HTTP_200_OK)
async def open_committee(session: Session, actor: CurrentActor, keys: Keys, draw_id: FromPath[UUID]) -> DrawView:
    """The witness unlocks the committee."""
    await unlock(session, actor, draw_id=draw_id, personal=keys.personal)
    return await draw_view(session, draw_id)


@post("/v1/draws/{draw_id:uuid}/names", opt=allow("witness"), status_code=HTTP_200_OK)
async def show_names(session: Session, actor: CurrentActor, keys: Keys, draw_id: FromPath[UUID]) -> list[Named]:
    """Who they are, for the witness at the door; each look is journalled, so it is no GET."""
    return await names(session, actor, draw_id=draw_id, personal=keys.personal)


@post("/v1/draws/{draw_id:uuid}/cancel", opt=_OFFICIAL, status_code=HTTP_200_OK)
async def cancel(request: WebRequest, session: Session, actor: CurrentActor, draw_id: FromPath[UUID]) -> Response[None]:
    """End a draw."""
    command = await parse(request, CancelDraw)
    await cancel_draw(session, actor, draw_id=draw_id, reason=command.reason)
    return Response(None, status_code=HTTP_200_OK)


ROUTES = (document, progress, of_lot, propose, confirm, begin_escrow, open_committee, show_names, cancel)
