"""The live page of a draw, for everyone; what a signed-in person may do in it stands on top."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import ceremony_reads
from bidding.opening import reads as boxes
from bidding.opening.services import settle_phase
from bidding.services.ceremony import SeatChoice
from bidding.services.publishing import publish
from experts.forms import StartEscrow, TypeBeacon
from experts.reads import draw_of_lot
from experts.roster.records import specialties
from experts.services.escrow import begin_escrow
from experts.types import DrawView
from experts.views import draw_view, proposals_of
from trading.kernel.clock import platform_now
from trading.kernel.errors import NotFound
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.parties.listening import listen
from trading.projects import reads as projects
from trading.projects.errors import LotUnknown
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Objects, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

PAGE = "experts/draw.html"
PART = "experts/_draw.html"
ESCROW = "experts/draw_escrow.html"
_OFFICIAL = allow("official")


async def context(session: AsyncSession, actor: Actor, draw_id: UUID) -> dict[str, Any]:
    """Everything the page shows to this person."""
    shown = await draw_view(session, draw_id, proposed=actor.has("official", "supervisor"))
    subject = f"draw:{draw_id}"
    mine = next((item for item in shown.parties if item.membership_id == actor.membership_id), None)
    return {
        "draw": shown,
        "lot": await projects.lot(session, shown.lot_id),
        "at": await platform_now(session),
        "titles": specialties(),
        "mine": mine if shown.ann is not None else None,
        "ceremony": await ceremony_reads.ceremony_of(session, subject),
        "box": await boxes.box_view(session, subject) if shown.ann is not None else None,
        "is_second": actor.person_id is not None and actor.person_id != shown.proposed_by,
    }


@get("/draws/{draw_id:uuid}", opt=PUBLIC)
async def show(request: WebRequest, session: Session, actor: CurrentActor, draw_id: FromPath[UUID]) -> Response[bytes]:
    """The draw as it goes on."""
    return page(request, PAGE, part=PART, form=Form(TypeBeacon), **await context(session, actor, draw_id))


@get("/draws/{draw_id:uuid}/events", opt=PUBLIC)
async def events(request: WebRequest, draw_id: FromPath[UUID]) -> ServerSentEvent:
    """What happens, numbered: kinds and counts."""
    return listen(request, f"draw:{draw_id}")


@get("/lots/{lot_id:uuid}/draw", opt=PUBLIC)
async def of_lot(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """The lot's draw, or that there is none yet."""
    lot = await projects.lot(session, lot_id)
    if not lot.is_public:
        raise LotUnknown
    found = await draw_of_lot(session, lot_id)
    if found is None and actor.has("official", "supervisor"):
        found = await proposals_of(session, lot_id)
    if found is not None and (await draw_view(session, found, proposed=True)).state != "cancelled":
        return redirect(f"/draws/{found}")
    return page(request, "experts/draw_none.html", lot=lot, before=found)


@get("/draws/{draw_id:uuid}/escrow", opt=_OFFICIAL)
async def ask_escrow(request: WebRequest, session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """Who is to hold the escrow's keys."""
    shown = await draw_view(session, draw_id)
    choices = await _seats(session, shown)
    return page(request, ESCROW, form=Form(StartEscrow, {"t": [str(choices["threshold"])]}), draw=shown, **choices)


@post("/draws/{draw_id:uuid}/escrow", opt=_OFFICIAL)
async def start_escrow(
    request: WebRequest,
    *,
    session: Session,
    actor: CurrentActor,
    settings: CurrentSettings,
    keys: Keys,
    draw_id: FromPath[UUID],
) -> Response[Any]:
    """Begin the ceremony."""
    shown = await draw_view(session, draw_id)
    command = await parse(request, StartEscrow, ESCROW, draw=shown, **await _seats(session, shown))
    await begin_escrow(
        session,
        actor,
        draw_id=draw_id,
        seats=[SeatChoice(seat.seat, seat.membership_id) for seat in command.seats],
        t=command.t,
        journal_settings=settings.journal,
        keys=keys,
    )
    return redirect(f"/draws/{draw_id}", flash="draws.escrow.started")


@post("/draws/{draw_id:uuid}/escrow/publish", opt=_OFFICIAL)
async def publish_escrow(
    session: Session, actor: CurrentActor, objects: Objects, draw_id: FromPath[UUID]
) -> Response[Any]:
    """The escrow's keys are announced; from now on the parties can commit."""
    ceremony = await ceremony_reads.ceremony_of(session, f"draw:{draw_id}")
    if ceremony is None:
        raise NotFound
    await publish(session, actor, ceremony_id=ceremony.id, objects=objects)
    return redirect(f"/draws/{draw_id}", flash="draws.escrow.published")


@get("/draws/{draw_id:uuid}/settle", opt=_OFFICIAL)
async def ask_settle(request: WebRequest, session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """Settling cannot be undone."""
    await draw_view(session, draw_id)
    question = Question(
        title="draws.escrow.settle",
        text="draws.escrow.settle.text",
        yes="draws.escrow.settle",
        action=f"/draws/{draw_id}/settle",
        back=f"/draws/{draw_id}",
    )
    return confirm(request, question)


@post("/draws/{draw_id:uuid}/settle", opt=_OFFICIAL)
async def settle(session: Session, actor: CurrentActor, draw_id: FromPath[UUID]) -> Response[Any]:
    """Fix which numbers of the escrow open."""
    await settle_phase(session, actor, subject=f"draw:{draw_id}", phase=1)
    return redirect(f"/draws/{draw_id}", flash="draws.escrow.settled")


async def _seats(session: AsyncSession, shown: DrawView) -> dict[str, Any]:
    lot = await projects.lot(session, shown.lot_id)
    rules = (await projects.profile(session, lot.profile_digest)).trustees
    seats = await ceremony_reads.who_may_sit(session, lot, rules.seats)
    return {"lot": lot, "seats": seats, "threshold": rules.threshold}


ROUTES = (show, events, of_lot, ask_escrow, start_escrow, publish_escrow, ask_settle, settle)
