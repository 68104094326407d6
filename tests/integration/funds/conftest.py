"""A lot open for bids with the demonstration clock, its bidders and a bank."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest_asyncio

from tests.factories.funds import make_bank, payment, statement
from tests.factories.parties import make_actor
from tests.integration.bidding.conftest import Box, box
from trading.funds import services
from trading.funds.types import StatementTaken
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, system_actor

__all__ = ["box"]

WORKER = system_actor("worker")


@dataclass
class Money:
    """Who pays what to whom."""

    box: Box
    bank: Actor
    finance: Actor
    bidders: list[Actor]
    numbers: list[str]
    at: datetime

    async def send(self, *lines: str) -> StatementTaken:
        async with self.box.database.transaction() as session:
            return await services.receive_statement(session, self.bank, data=statement(lines))

    def pay(self, who: int, **how: object) -> str:
        """Bidder `who`'s full deposit in time, but for what is said otherwise."""
        given = {"payer": self.bidders[who].org_name, "at": self.at, **how}
        return payment(self.numbers[who], **given)  # type: ignore[arg-type]

    async def close(self) -> None:
        """Past the deadline, the box closed as the worker closes it."""
        from bidding.opening.closing import close_box  # noqa: PLC0415

        await self.box.past_deadline()
        async with self.box.database.transaction() as session:
            await close_box(session, WORKER, subject=self.box.lot.subject, objects=self.box.objects)

    async def post(self) -> int:
        async with self.box.database.transaction() as session:
            return await services.post_deposits(session, WORKER, lot_id=self.box.lot.id)


@pytest_asyncio.fixture
async def money(box: Box) -> Money:
    async with box.database.transaction() as session:
        bank, finance = await make_bank(session), await make_actor(session, "finance")
        bidders = [await make_actor(session, "bidder") for _ in range(5)]
        numbers = []
        for bidder in bidders:
            view = await services.draw_sub_account(session, bidder, lot_id=box.lot.id)
            assert view.number is not None
            numbers.append(view.number)
        at = await platform_now(session) - timedelta(minutes=1)
    return Money(box, bank, finance, bidders, numbers, at)
