"""What a supervisor does about an alert, a page for each step: assign, ask, close."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from supervision import services
from supervision.forms import AskForm, AssignForm, CloseForm
from supervision.pages.console import SUPERVISOR
from supervision.pages.inbox import alert_context
from supervision.types import OUTCOMES, PARTIES
from trading.parties import reads as parties
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect

ASSIGN, ASK, CLOSE = "supervision/assign.html", "supervision/ask.html", "supervision/close.html"
_ALERT = "/supervision/alerts/{alert_id:uuid}"


async def _assign_context(session: Session, actor: CurrentActor, alert_id: UUID) -> dict[str, Any]:
    context = await alert_context(session, actor, alert_id)
    return context | {"supervisors": await parties.people_of_role(session, "supervisor")}


@get(f"{_ALERT}/assign", opt=SUPERVISOR)
async def assigning(
    request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]
) -> Response[bytes]:
    """To whom; oneself first."""
    form = Form(AssignForm, {"membership_id": [str(actor.membership_id)]})
    return page(request, ASSIGN, form=form, **await _assign_context(session, actor, alert_id))


@post(f"{_ALERT}/assign", opt=SUPERVISOR)
async def assign(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Response[Any]:
    """交办."""
    form = await parse(request, AssignForm, ASSIGN, **await _assign_context(session, actor, alert_id))
    await services.assign(session, actor, alert_id=alert_id, membership_id=form.membership_id)
    return redirect(f"/supervision/alerts/{alert_id}", flash="supervision.assigned")


@get(f"{_ALERT}/ask", opt=SUPERVISOR)
async def asking(
    request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]
) -> Response[bytes]:
    """The party whose step it was is proposed."""
    context = await alert_context(session, actor, alert_id)
    form = Form(AskForm, {"party": [context["alert"].party]})
    return page(request, ASK, form=form, parties=PARTIES, **context)


@post(f"{_ALERT}/ask", opt=SUPERVISOR)
async def ask(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Response[Any]:
    """询问."""
    context = await alert_context(session, actor, alert_id)
    form = await parse(request, AskForm, ASK, parties=PARTIES, **context)
    await services.ask(session, actor, alert_id=alert_id, party=form.party, words=form.text)
    return redirect(f"/supervision/alerts/{alert_id}", flash="supervision.asked")


@get(f"{_ALERT}/close", opt=SUPERVISOR)
async def closing(
    request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]
) -> Response[bytes]:
    """With an outcome and a reason; it is not opened again."""
    context = await alert_context(session, actor, alert_id)
    return page(request, CLOSE, form=Form(CloseForm), outcomes=OUTCOMES, **context)


@post(f"{_ALERT}/close", opt=SUPERVISOR)
async def close(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Response[Any]:
    """办结."""
    context = await alert_context(session, actor, alert_id)
    form = await parse(request, CloseForm, CLOSE, outcomes=OUTCOMES, **context)
    await services.close(session, actor, alert_id=alert_id, outcome=form.outcome, words=form.reason)
    return redirect(f"/supervision/alerts/{alert_id}", flash="supervision.closed")


ROUTES = (assigning, assign, asking, ask, closing, close)
