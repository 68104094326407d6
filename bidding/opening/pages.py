"""开标大厅: one live page for everyone; the official settles, those present sign the record."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import reads as lockbox
from bidding.opening import reads
from bidding.opening.closing import refused_early, stream_of
from bidding.opening.errors import NoRecordYet
from bidding.opening.recording import record
from bidding.opening.settling import settle_phase
from trading.kernel.identity import PUBLIC, SIGNED_IN, Actor, allow
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.errors import LotUnknown
from trading.web.errors import handle
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect
from trading.web.sse import last_event_id, live_response


async def _context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    lot = await projects.lot(session, lot_id)
    if not lot.is_public:
        raise LotUnknown
    announced = await lockbox.published(session, lot_id)
    view = await reads.opening_view(session, lot_id)
    try:
        signatures = (await record(session, lot_id)).signatures
    except NoRecordYet:
        signatures = ()
    body = lockbox.verified(announced.file).body if announced else None
    mine = await parties.certificates_of(session, actor.person_id) if actor.person_id and signatures else ()
    return {
        "lot": lot,
        "view": view,
        "seats": body.trustees if body else (),
        "reduced": {"t": body.t, "n": body.n} if body and announced and announced.reduced else None,
        "signatures": signatures,
        "signed": {item.fingerprint for item in mine} & {item.fingerprint for item in signatures},
        "live_after": await reads.last_event(session, stream_of(lot_id)),
        "may_settle": actor.has("official"),
    }


@get("/lots/{lot_id:uuid}/opening", opt=PUBLIC)
async def show(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The opening as it goes on; before the deadline only how long it is until then."""
    context = await _context(session, actor, lot_id)
    return page(request, "opening/opening.html", part="opening/_opening.html", **context)


@get("/lots/{lot_id:uuid}/opening/events", opt=PUBLIC)
async def events(request: WebRequest, lot_id: FromPath[UUID]) -> ServerSentEvent:
    """What happens, numbered, for as long as one listens."""
    return live_response(request.app.state.hub, stream_of(lot_id), after=last_event_id(request))


@get("/lots/{lot_id:uuid}/phases/{phase:int}/settle", opt=allow("official"))
async def ask_settle(request: WebRequest, lot_id: FromPath[UUID], phase: FromPath[int]) -> Response[bytes]:
    """Settling cannot be undone."""
    return confirm(
        request,
        Question(
            title="opening.settle.title",
            text="opening.settle.text",
            yes="opening.settle.yes",
            action=f"/lots/{lot_id}/phases/{phase}/settle",
            back=f"/lots/{lot_id}/opening",
            params={"phase": phase},
        ),
    )


@post("/lots/{lot_id:uuid}/phases/{phase:int}/settle", opt=allow("official"))
async def settle(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], phase: FromPath[int]
) -> Response[Any]:
    """Fix what opens and what is void."""
    if early := await refused_early(session, actor, lot_id=lot_id, attempt="settle"):
        return handle(request, early)
    await settle_phase(session, actor, lot_id=lot_id, phase=phase)
    return redirect(f"/lots/{lot_id}/opening", flash="opening.settled", phase=phase)


@get("/lots/{lot_id:uuid}/record", opt=SIGNED_IN)
async def ask_sign(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """Somebody present signs the record with a key that stays in the browser."""
    mine = await parties.certificates_of(session, actor.person_id) if actor.person_id else ()
    return page(
        request,
        "opening/sign.html",
        lot=await projects.lot(session, lot_id),
        record=await record(session, lot_id),
        certificates=[item for item in mine if item.revoked_at is None],
    )


ROUTES = (show, events, ask_settle, settle, ask_sign)
