"""Planning and confirming a draw: two people, one page each."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from experts.forms import CancelDraw, PlanDraw
from experts.roster.records import specialties
from experts.services import drawing
from experts.services.cancelling import cancel_draw
from experts.views import draw_view
from trading.kernel.clock import platform_now
from trading.kernel.identity import allow
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.types import LotView
from trading.web.formats import local
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

PLAN = "experts/draw_plan.html"
CANCEL = "experts/draw_cancel.html"
_OFFICIAL = allow("official")
_SECOND = allow("official", "supervisor")
_ROWS = 2


async def _context(session: AsyncSession, lot_id: UUID) -> dict[str, Any]:
    lot = await projects.lot(session, lot_id)
    choices = {}
    for party, role in (("centre", "official"), ("supervisor", "supervisor"), ("tenderer", "tenderer")):
        org_id = lot.tenderer_org_id if party == "tenderer" else None
        members = await parties.people_of_role(session, role, org_id=org_id)
        choices[party] = [(member.id, f"{member.org_name} · {member.person_name}") for member in members]
    return {"lot": lot, "choices": choices, "specialties": list(specialties().values()), "rows": _ROWS}


def _proposal(now: dt.datetime, lot: LotView) -> dict[str, list[str]]:
    """What a new plan starts with: two hours to commit, the rest as short as is lawful, review after opening."""
    begins = now + dt.timedelta(hours=2)
    times = {
        "commit_until": begins,
        "reveal_until": begins + dt.timedelta(minutes=10),
        "settled_by": begins + dt.timedelta(minutes=30),
        "beacon_at": begins + dt.timedelta(minutes=45),
        "meets_at": max(lot.deadline_at + dt.timedelta(hours=3), begins + dt.timedelta(hours=2)),
    }
    typed = {name: [f"{local(at):%Y-%m-%dT%H:%M}"] for name, at in times.items()}
    defaults = {"meets_minutes": "240", "call_minutes": "30", "declines": "10"}
    return typed | {name: [value] for name, value in defaults.items()}


@get("/lots/{lot_id:uuid}/draw/new", opt=_OFFICIAL)
async def ask_plan(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The form of a plan."""
    context = await _context(session, lot_id)
    return page(request, PLAN, form=Form(PlanDraw, _proposal(await platform_now(session), context["lot"])), **context)


@post("/lots/{lot_id:uuid}/draw/new", opt=_OFFICIAL)
async def plan(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Propose it."""
    command = await parse(request, PlanDraw, PLAN, **await _context(session, lot_id))
    draw_id = await drawing.propose_draw(session, actor, lot_id=lot_id, plan=command)
    return redirect(f"/draws/{draw_id}", flash="draws.proposed")


@get("/draws/{draw_id:uuid}/confirm", opt=_SECOND)
async def ask_confirm(request: WebRequest, session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """The question before the announcement: nothing of it changes afterwards."""
    shown = await draw_view(session, draw_id, proposed=True)
    question = Question(
        title="draws.confirm",
        text="draws.confirm.text",
        yes="draws.confirm",
        action=f"/draws/{draw_id}/confirm",
        back=f"/draws/{draw_id}",
        params={"seats": shown.seats},
    )
    return confirm(request, question)


@post("/draws/{draw_id:uuid}/confirm", opt=_SECOND)
async def do_confirm(
    session: Session, actor: CurrentActor, settings: CurrentSettings, keys: Keys, draw_id: FromPath[UUID]
) -> Response[Any]:
    """Announced."""
    await drawing.confirm_draw(session, actor, draw_id=draw_id, gateway=settings.gateway, personal=keys.personal)
    return redirect(f"/draws/{draw_id}", flash="draws.announced")


@get("/draws/{draw_id:uuid}/cancel", opt=_OFFICIAL)
async def ask_cancel(request: WebRequest, session: Session, draw_id: FromPath[UUID]) -> Response[bytes]:
    """The question, with the reason."""
    shown = await draw_view(session, draw_id, proposed=True)
    lot = await projects.lot(session, shown.lot_id)
    return page(request, CANCEL, form=Form(CancelDraw), draw=shown, lot=lot)


@post("/draws/{draw_id:uuid}/cancel", opt=_OFFICIAL)
async def do_cancel(
    request: WebRequest, session: Session, actor: CurrentActor, draw_id: FromPath[UUID]
) -> Response[Any]:
    """Cancelled."""
    shown = await draw_view(session, draw_id, proposed=True)
    lot = await projects.lot(session, shown.lot_id)
    command = await parse(request, CancelDraw, CANCEL, draw=shown, lot=lot)
    await cancel_draw(session, actor, draw_id=draw_id, reason=command.reason)
    return redirect(f"/lots/{shown.lot_id}", flash="draws.cancelled")


ROUTES = (ask_plan, plan, ask_confirm, do_confirm, ask_cancel, do_cancel)
