"""The alerts inbox (预警收件箱) and one alert."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from supervision import reads, rulebook
from supervision.pages.console import SUPERVISOR
from supervision.states import ALERT, STATES
from supervision.types import SEVERITIES
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page
from trading.web.tables import Words, export

_COLUMNS = (
    ("supervision.severity", lambda row: Words(f"supervision.severity.{row.severity}")),
    ("supervision.rule", lambda row: Words(f"supervision.rule.{row.rule}")),
    ("projects.field.name", lambda row: row.project_name),
    ("projects.field.lot_name", lambda row: row.lot_name),
    ("supervision.article", lambda row: row.parameter.article.zh),
    ("supervision.due", lambda row: row.due_at),
    ("supervision.happened", lambda row: row.happened_at),
    ("supervision.raised", lambda row: row.raised_at),
    ("supervision.state", lambda row: Words(f"supervision.state.{row.state}")),
    ("supervision.assignee", lambda row: row.assignee_name),
)


@get("/supervision/alerts", opt=SUPERVISOR)
async def alerts(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    *,
    q: FromQuery[str] = "",
    severity: FromQuery[str] = "",
    rule: FromQuery[str] = "",
    whose: FromQuery[str] = "",
) -> Response[bytes]:
    """Open ones unless asked otherwise."""
    order, state = reads.ALERTS.asked(request), request.query_params.get("state", "open")
    found = await reads.alerts(
        session,
        state=state,
        severity=severity,
        rule=rule,
        search=q,
        assignee_id=actor.person_id if whose == "mine" else None,
        order=order,
    )
    if order.export:
        return export(request, "alerts", _COLUMNS, found)
    return page(
        request,
        "supervision/alerts.html",
        found=reads.ALERTS.page(found, order),
        order=order,
        q=q,
        state=state,
        severity=severity,
        rule=rule,
        whose=whose,
        states=("open", *STATES),
        severities=SEVERITIES,
        rules=rulebook.rules(),
    )


async def alert_context(session: AsyncSession, actor: Actor, alert_id: UUID) -> dict[str, Any]:
    """An alert, what it rests on, and which of the next steps are this reader's."""
    found = await reads.alert(session, alert_id)
    mine = found.assignee_id == actor.person_id
    waits = found.state == "asked" and found.reply_by is not None and await platform_now(session) <= found.reply_by
    closes = ALERT.allows(found.state, "close") and not waits and (mine if found.severity == "notice" else not mine)
    return {
        "alert": found,
        "evidence": await reads.evidence(session, found),
        "may_assign": ALERT.allows(found.state, "assign"),
        "may_ask": ALERT.allows(found.state, "ask") and mine,
        "may_close": closes,
        "second_needed": mine and found.severity != "notice" and found.state == "answered",
    }


@get("/supervision/alerts/{alert_id:uuid}", opt=SUPERVISOR)
async def alert(
    request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]
) -> Response[bytes]:
    """What was broken, by which act, under which row of law, and what was done about it."""
    return page(request, "supervision/alert.html", **await alert_context(session, actor, alert_id))


ROUTES = (alerts, alert)
