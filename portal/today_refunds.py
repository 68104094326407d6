"""What money waits for from finance: files to prepare by their day, another's to approve, answers that are unclear."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds.reads import refunds as reads
from trading.funds.types import RefundView
from trading.kernel.identity import Actor

KEYS = ("portal.due.refund", "portal.due.approve_refunds", "portal.due.unclear_refund", "portal.due.refused_refund")
_WAITS = {"due": "portal.due.refund", "unknown": "portal.due.unclear_refund", "refused": "portal.due.refused_refund"}


class RefundDue(NamedTuple):
    """One thing to do for a lot: its sentence, where, the button, until when."""

    key: str
    lot_id: UUID
    url: str
    action: str
    at: datetime | None


async def refunds_due(session: AsyncSession, actor: Actor) -> AsyncIterator[RefundDue]:
    """Everything about refunds that is this finance person's turn, once a lot and kind."""
    first: dict[tuple[str, UUID], RefundView] = {}
    for item in await reads.open_refunds(session):  # the most urgent first
        if item.state in _WAITS:
            first.setdefault((item.state, item.lot_id), item)
    for (state, lot_id), item in first.items():
        url = "/finance/refunds" if state == "due" else f"/finance/refunds/{item.id}"
        yield RefundDue(_WAITS[state], lot_id, url, "portal.do.refund", item.due_at)
    for batch in await reads.waiting_batches(session):
        if batch.prepared_by != actor.person_id:
            url = f"/finance/batches/{batch.id}"
            yield RefundDue("portal.due.approve_refunds", batch.lot_id, url, "portal.do.approve_refunds", None)
