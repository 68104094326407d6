"""Supervision for programs: the same reads and verbs as the pages, problem+json for every refusal."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler

from supervision import reads, rulebook, services
from supervision.clocks import Line
from supervision.forms import AnswerForm, AskForm, AssignForm, CloseForm
from supervision.lines import ProjectLine, console, lines, project_line
from supervision.pages.console import SUPERVISOR
from supervision.pages.questions import PARTY
from supervision.reads import Proved
from supervision.types import Alert, RuleView
from trading.kernel.identity import PUBLIC
from trading.projects import reads as projects
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.injected import CurrentActor, CurrentSettings, Session, WebRequest

_BASE = "/v1/supervision"
_ALERT = f"{_BASE}/alerts/{{alert_id:uuid}}"


class Lines(msgspec.Struct, frozen=True):
    """A page of lots with their clocks."""

    items: tuple[Line, ...]
    next: str | None


class Alerts(msgspec.Struct, frozen=True):
    """A page of alerts."""

    items: tuple[Alert, ...]
    next: str | None


@get(f"{_BASE}/console", opt=SUPERVISOR)
async def numbers(session: Session) -> Answer[dict[str, Any]]:
    """The console's numbers."""
    found = await console(session)
    alerts = [{"rule": rule, "severity": name, "count": count} for (rule, name), count in found.pop("open").items()]
    return Answer({**found, "open": alerts})


@get(f"{_BASE}/lots", opt=SUPERVISOR)
async def lots(
    request: WebRequest,
    session: Session,
    *,
    q: FromQuery[str] = "",
    clock: FromQuery[str] = "",
) -> Answer[Lines]:
    """Lots with state, present step and clocks."""
    order, state = projects.LOTS.asked(request), request.query_params.get("state", "")
    found = await lines(session, state=state, clock=clock, search=q, order=order)
    shown = projects.LOTS.page([item.lot for item in found], order)
    return Answer(Lines(tuple(found[: len(shown.items)]), shown.next))


@get(f"{_BASE}/projects/{{project_id:uuid}}", opt=SUPERVISOR)
async def project(session: Session, actor: CurrentActor, project_id: FromPath[UUID]) -> Answer[ProjectLine]:
    """One project's whole line."""
    return Answer(await project_line(session, actor, project_id))


@get(f"{_BASE}/rules", opt=SUPERVISOR, sync_to_thread=False)
def rules() -> Answer[tuple[RuleView, ...]]:
    """The rules and their rows."""
    return Answer(rulebook.rules())


@get(f"{_BASE}/alerts", opt=SUPERVISOR)
async def alerts(
    request: WebRequest,
    session: Session,
    *,
    severity: FromQuery[str] = "",
    rule: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Answer[Alerts]:
    """Alerts, newest first unless told otherwise."""
    order, state = reads.ALERTS.asked(request), request.query_params.get("state", "")
    found = await reads.alerts(session, state=state, severity=severity, rule=rule, search=q, order=order)
    shown = reads.ALERTS.page(found, order)
    return Answer(Alerts(shown.items, shown.next))


@get(_ALERT, opt=SUPERVISOR)
async def alert(session: Session, alert_id: FromPath[UUID]) -> Answer[Alert]:
    """One alert with its history."""
    return Answer(await reads.alert(session, alert_id))


@post(f"{_ALERT}/assign", opt=SUPERVISOR, status_code=200)
async def assign(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Answer[Alert]:
    """交办."""
    form = await parse(request, AssignForm)
    await services.assign(session, actor, alert_id=alert_id, membership_id=form.membership_id)
    return Answer(await reads.alert(session, alert_id))


@post(f"{_ALERT}/ask", opt=SUPERVISOR, status_code=200)
async def ask(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Answer[Alert]:
    """询问."""
    form = await parse(request, AskForm)
    await services.ask(session, actor, alert_id=alert_id, party=form.party, words=form.text)
    return Answer(await reads.alert(session, alert_id))


@post(f"{_ALERT}/close", opt=SUPERVISOR, status_code=200)
async def close(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Answer[Alert]:
    """办结."""
    form = await parse(request, CloseForm)
    await services.close(session, actor, alert_id=alert_id, outcome=form.outcome, words=form.reason)
    return Answer(await reads.alert(session, alert_id))


@get(f"{_BASE}/questions", opt=PARTY)
async def questions(session: Session, actor: CurrentActor) -> Answer[dict[str, list[Alert]]]:
    """What one's own side was asked."""
    return Answer({"items": await reads.questions(session, actor)})


@get(f"{_BASE}/questions/{{alert_id:uuid}}", opt=PARTY)
async def question(session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Answer[Alert]:
    """One question with its alert."""
    return Answer(await reads.question(session, actor, alert_id))


@post(f"{_BASE}/questions/{{alert_id:uuid}}/answer", opt=PARTY, status_code=200)
async def answer(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Answer[Alert]:
    """答复."""
    form = await parse(request, AnswerForm)
    await services.answer(session, actor, alert_id=alert_id, words=form.text)
    return Answer(await reads.question(session, actor, alert_id))


@get("/v1/journal/entries/{entry_id:uuid}", opt=PUBLIC)
async def entry(session: Session, settings: CurrentSettings, entry_id: FromPath[UUID]) -> Answer[Proved]:
    """A journal entry with its proof, as soon as witnesses have cosigned."""
    return Answer(await reads.proved(session, entry_id, settings.journal.quorum))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    numbers,
    lots,
    project,
    rules,
    alerts,
    alert,
    assign,
    ask,
    close,
    questions,
    question,
    answer,
    entry,
)
