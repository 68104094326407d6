"""开标大厅: one live page for everyone; the official settles, those present sign the record."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import reads as lockbox
from bidding.opening import objection_pages, reads
from bidding.opening.closing import refused_early
from bidding.opening.errors import NoRecordYet
from bidding.opening.objecting import takes_part
from bidding.opening.objections import stored_objections
from bidding.opening.recording import record
from bidding.opening.settling import settle_phase
from bidding.opening.state import stream_of
from bidding.subjects import lot as lot_subject
from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, SIGNED_IN, Actor, allow
from trading.parties import reads as parties
from trading.parties.listening import listen
from trading.projects import reads as projects
from trading.projects.errors import LotUnknown
from trading.web.errors import handle
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect


async def _context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    lot = await projects.lot(session, lot_id)
    if not lot.is_public:
        raise LotUnknown
    announced = await lockbox.announced(session, str(lot_subject(lot_id)))
    view = await reads.opening_view(session, lot_id)
    try:
        signatures = (await record(session, lot_id)).signatures
    except NoRecordYet:
        signatures = ()
    stored = await stored_objections(session, lot_id) if view else ()
    body = lockbox.verified(announced.file).body if announced else None
    mine = await parties.certificates_of(session, actor.person_id) if actor.person_id and signatures else ()
    return {
        "lot": lot,
        "view": view,
        "seats": body.trustees if body else (),
        "reduced": {"t": body.t, "n": body.n} if body and announced and announced.reduced else None,
        "signatures": signatures,
        "signed": {item.fingerprint for item in mine} & {item.fingerprint for item in signatures},
        "live_after": await reads.last_event(session, stream_of(lot_subject(lot_id))),
        "may_settle": actor.has("official"),
        "window_over": bool(view and view.ends_at and view.ends_at <= await platform_now(session)),
        "may_object": bool(view and view.state == "opening" and actor.has("bidder"))
        and await takes_part(session, actor, lot_id),
        "may_answer": actor.has("official") or actor.org_id in {lot.tenderer_org_id, lot.agency_org_id} - {None},
        "own_objections": {item.shown.id for item in stored if actor.org_id and item.org_id == actor.org_id},
    }


@get("/lots/{lot_id:uuid}/opening", opt=PUBLIC)
async def show(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The opening as it goes on; before the deadline only how long it is until then."""
    context = await _context(session, actor, lot_id)
    return page(request, "opening/opening.html", part="opening/_opening.html", **context)


@get("/lots/{lot_id:uuid}/opening/events", opt=PUBLIC)
async def events(request: WebRequest, lot_id: FromPath[UUID]) -> ServerSentEvent:
    """What happens, numbered, for as long as one listens."""
    return listen(request, stream_of(lot_subject(lot_id)))


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
    subject = str(lot_subject(lot_id))
    if early := await refused_early(session, actor, subject=subject, attempt="settle"):
        return handle(request, early)
    await settle_phase(session, actor, subject=subject, phase=phase)
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


ROUTES = (show, events, ask_settle, settle, ask_sign, *objection_pages.ROUTES)
