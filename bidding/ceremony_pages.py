"""The ceremony's page (密钥仪式): seats, keys, signatures, fingerprints, the official's next step."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import ceremony_reads
from bidding.errors import NoSuchAnnouncement
from bidding.forms import CancelCeremony, StartCeremony
from bidding.services import ceremony, lots, publishing
from bidding.subjects import lot as lot_subject
from bidding.types import CeremonyView
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.identity import allow
from trading.parties.listening import listen
from trading.projects import reads as projects
from trading.projects.types import LotView
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Objects, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

PAGE = "bidding/ceremony.html"
CANCEL = "bidding/ceremony_cancel.html"
_SEEN_BY = allow("official", "trustee", "supervisor")
_OFFICIAL = allow("official")


async def _context(session: AsyncSession, lot: LotView, shown: CeremonyView | None) -> dict[str, Any]:
    context: dict[str, Any] = {"lot": lot, "ceremony": shown, "at": await platform_now(session), "seats": ()}
    if shown is None:
        rules = (await projects.profile(session, lot.profile_digest)).trustees
        context["seats"] = await ceremony_reads.who_may_sit(session, lot, rules.seats)
        context["threshold"] = rules.threshold
    return context


@get("/lots/{lot_id:uuid}/ceremony", opt=_SEEN_BY)
async def show(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The seats and how far they are; without a ceremony, the form that begins one."""
    lot = await projects.lot(session, lot_id)
    shown = await ceremony_reads.ceremony_of(session, str(lot_subject(lot_id)))
    context = await _context(session, lot, shown)
    if shown is None:
        context["form"] = Form(StartCeremony, {"t": [str(context["threshold"])]})
    events = await live.read(session, f"ceremony:{lot_id}", 0, 1000)
    after = events[-1].seq if events else 0
    return page(request, PAGE, part="bidding/_ceremony.html", after=after, **context)


@get("/lots/{lot_id:uuid}/ceremony/events", opt=_SEEN_BY)
async def events(request: WebRequest, lot_id: FromPath[UUID]) -> ServerSentEvent:
    """Tells open pages that something changed."""
    return listen(request, f"ceremony:{lot_id}")


@post("/lots/{lot_id:uuid}/ceremony", opt=_OFFICIAL)
async def start(
    request: WebRequest,
    *,
    session: Session,
    actor: CurrentActor,
    lot_id: FromPath[UUID],
    settings: CurrentSettings,
    keys: Keys,
) -> Response[Any]:
    """Begin."""
    lot = await projects.lot(session, lot_id)
    command = await parse(request, StartCeremony, PAGE, after=0, **await _context(session, lot, None))
    await lots.start_ceremony(
        session,
        actor,
        lot_id=lot_id,
        seats=[ceremony.SeatChoice(seat.seat, seat.membership_id) for seat in command.seats],
        t=command.t,
        journal_settings=settings.journal,
        keys=keys,
    )
    return redirect(f"/lots/{lot_id}/ceremony", flash="bidding.ceremony.started")


async def _running(session: AsyncSession, lot_id: UUID) -> CeremonyView:
    found = await ceremony_reads.ceremony_of(session, str(lot_subject(lot_id)))
    if found is None:
        raise NoSuchAnnouncement
    return found


@get("/lots/{lot_id:uuid}/ceremony/publish", opt=_OFFICIAL)
async def ask_publish(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The question before publication: it cannot be taken back."""
    shown = await _running(session, lot_id)
    question = Question(
        title="bidding.publish",
        text="bidding.publish.ask",
        yes="bidding.publish",
        action=f"/lots/{lot_id}/ceremony/publish",
        back=f"/lots/{lot_id}/ceremony",
        params={"t": shown.t, "n": shown.n, "deadline": shown.deadline_at},
    )
    return confirm(request, question)


@post("/lots/{lot_id:uuid}/ceremony/publish", opt=_OFFICIAL)
async def publish(session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objects: Objects) -> Response[Any]:
    """Publish."""
    shown = await _running(session, lot_id)
    await publishing.publish(session, actor, ceremony_id=shown.id, objects=objects)
    return redirect(f"/lots/{lot_id}/ceremony", flash="bidding.announcement.published")


@get("/lots/{lot_id:uuid}/ceremony/cancel", opt=_OFFICIAL)
async def ask_cancel(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The question before cancelling, with the reason."""
    await _running(session, lot_id)
    return page(request, CANCEL, form=Form(CancelCeremony), lot=await projects.lot(session, lot_id))


@post("/lots/{lot_id:uuid}/ceremony/cancel", opt=_OFFICIAL)
async def cancel(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Cancel."""
    shown = await _running(session, lot_id)
    command = await parse(request, CancelCeremony, CANCEL, lot=await projects.lot(session, lot_id))
    await ceremony.cancel(session, actor, ceremony_id=shown.id, reason=command.reason)
    return redirect(f"/lots/{lot_id}/ceremony", flash="bidding.ceremony.cancelled")


ROUTES = (show, events, start, ask_publish, publish, ask_cancel, cancel)
