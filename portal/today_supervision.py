"""What supervision waits for from whom: alerts to assign or to deal with, questions to answer."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from supervision import reads
from supervision.types import Alert
from trading.kernel.identity import Actor

KEYS = ("portal.due.assign_alert", "portal.due.alert", "portal.due.close_alert", "portal.due.answer_alert")


class AlertDue(NamedTuple):
    """One thing to do: its sentence, what it is about, where, the button, until when."""

    key: str
    subject: str
    url: str
    action: str
    at: datetime | None


async def alerts_due(session: AsyncSession, actor: Actor) -> AsyncIterator[AlertDue]:
    """Everything about alerts that is this person's turn."""
    if actor.has("supervisor"):
        for alert in await reads.alerts(session, state="open"):
            key = _supervisors(alert, mine=alert.assignee_id == actor.person_id)
            if key:
                yield AlertDue(key, _about(alert), f"/supervision/alerts/{alert.id}", "portal.do.alert", None)
    if actor.has("tenderer", "agency", "official", "finance"):
        for alert in await reads.questions(session, actor, open_only=True):
            url = f"/supervision/questions/{alert.id}"
            yield AlertDue("portal.due.answer_alert", _about(alert), url, "portal.do.answer_alert", alert.reply_by)


def _supervisors(alert: Alert, *, mine: bool) -> str | None:
    if alert.state == "raised":
        return "portal.due.assign_alert"
    if alert.state == "assigned" and mine:
        return "portal.due.alert"
    if alert.state == "answered" and mine == (alert.severity == "notice"):
        return "portal.due.close_alert"
    return None


def _about(alert: Alert) -> str:
    return f"{alert.project_name} · {alert.lot_name}"
