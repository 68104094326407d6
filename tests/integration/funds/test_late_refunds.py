"""The rule on late refunds over real payments: one in time, one late, one not made; the bank's word decides."""

from datetime import datetime, timedelta

import pytest

from supervision import reads, services
from supervision.types import Alert
from tests.integration.funds.conftest import Desk
from trading.kernel.identity import system_actor

WORKER = system_actor("supervision")


async def pay(desk: Desk) -> None:
    """Everything still owed, by two people and the bank."""
    batch = await desk.prepare([item for item in await desk.refunds() if item.state == "due"])
    await desk.decide(batch.id, by=desk.two)
    await desk.tell(*(desk.paid(order) for order in desk.orders(await desk.collect())))


async def alerts(desk: Desk) -> list[Alert]:
    """What supervision says now."""
    async with desk.session() as session:
        await services.check_lot(session, WORKER, lot_id=desk.lot_id)
        return await reads.alerts(session, lot_ids=(desk.lot_id,), rule="late_refund")


async def due_at(desk: Desk) -> datetime:
    """When the lawful time is over."""
    [at] = {item.due_at for item in await desk.refunds()}
    assert at is not None
    return at


@pytest.mark.parametrize("late", [False, True])
async def test_a_refund_in_time_is_no_alert_and_a_late_one_is_one(desk: Desk, *, late: bool) -> None:
    await desk.paid_and_failed(2)
    assert await alerts(desk) == []
    over = await due_at(desk) + timedelta(seconds=1)
    if late:
        await desk.box.move_to(over)
        [unpaid] = await alerts(desk)
        assert (unpaid.severity, unpaid.party, unpaid.happened_at) == ("yellow", "finance", None)
        assert unpaid.facts["count"] == 2
        assert unpaid.facts["why"] == "ended"
    await pay(desk)
    await desk.box.move_to(over + timedelta(days=1))
    found = await alerts(desk)
    assert len(found) == late  # paid late is the same matter as not paid
