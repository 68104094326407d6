"""A lot open for bids with the demonstration clock, its bidders and a bank."""

import csv
import io
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories import bidding as make
from tests.factories.funds import make_bank, payment, statement
from tests.factories.parties import make_actor
from tests.integration.bidding.conftest import Box, box, set_lot
from trading.funds import services
from trading.funds.payment_file import Outcome
from trading.funds.proof.refunds import request_message
from trading.funds.reads import refunds as refund_reads
from trading.funds.types import BatchView, PayoutView, RefundView, StatementTaken
from trading.kernel.clock import platform_now, system_now
from trading.kernel.identity import Actor, system_actor
from trading.kernel.money import parse_yuan
from trading.parties import reads as parties
from trading.parties.certificates import possession_message
from trading.parties.services import issue_certificate
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import local_day

__all__ = ["box", "set_lot"]

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


def stepped_up(actor: Actor) -> Actor:
    """The person, having just shown the second factor."""
    return replace(actor, step_up_at=system_now())


@dataclass
class Desk:
    """Two finance people and the bank, over the money of a lot."""

    money: Money
    one: Actor
    two: Actor
    worker: Actor = WORKER

    @property
    def box(self) -> Box:
        return self.money.box

    @property
    def lot_id(self) -> UUID:
        return self.money.box.lot.id

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self.box.database.transaction()

    async def now(self) -> datetime:
        async with self.session() as session:
            return await platform_now(session)

    async def today(self) -> date:
        return local_day(await self.now())

    async def paid_and_failed(self, count: int) -> None:
        """So many pay in full; nobody bids, so the tender fails and everything goes back."""
        await self.money.send(*(self.money.pay(who) for who in range(count)))
        await self.money.close()
        await self.money.post()

    async def closed(self) -> None:
        """Closed, and not failed."""
        await self.box.past_deadline()
        async with self.session() as session:
            await project_service.advance_lot(session, WORKER, lot_id=self.lot_id, verb="close")
            await project_service.publish_participants(session, WORKER, lot_id=self.lot_id)
        await self.money.post()

    async def codes(self, *bidders: int) -> frozenset[str]:
        """统一社会信用代码 of these bidders."""
        async with self.session() as session:
            found = [await parties.organisation(session, self.money.bidders[who].org_id) for who in bidders]  # type: ignore[arg-type]
        return frozenset(item.uscc for item in found)

    async def tenderer(self) -> Actor:
        """Somebody of the lot's tenderer."""
        async with self.session() as session:
            lot = await projects.lot(session, self.lot_id)
            org = await parties.organisation(session, lot.tenderer_org_id)
            return stepped_up(await make_actor(session, "tenderer", org=org))

    async def refunds(self) -> tuple[RefundView, ...]:
        async with self.session() as session:
            return await refund_reads.refunds_of_lot(session, self.lot_id)

    async def refund(self, refund_id: UUID) -> RefundView:
        async with self.session() as session:
            return await refund_reads.refund(session, refund_id)

    async def prepare(
        self, items: Iterable[RefundView], *, by: Actor | None = None, value_on: date | None = None
    ) -> BatchView:
        """Dated tomorrow, so that no midnight comes between one step and the next."""
        later = await self.today() + timedelta(days=1)
        async with self.session() as session:
            ids = [item.id for item in items]
            return await services.prepare_batch(
                session, by or self.one, lot_id=self.lot_id, refunds=ids, value_on=value_on or later
            )

    async def decide(self, batch_id: UUID, *, by: Actor, approved: bool = True, reason: str = "") -> BatchView:
        async with self.session() as session:
            return await services.decide_batch(session, by, batch_id=batch_id, approved=approved, reason=reason)

    async def collect(self) -> bytes:
        async with self.session() as session:
            return await services.collect_orders(session, self.money.bank)

    async def tell(self, *answers: dict[str, Any]) -> None:
        outcomes = msgspec.convert(answers, list[Outcome])
        async with self.session() as session:
            await services.take_outcomes(session, self.money.bank, outcomes=outcomes)

    async def ask(self, refund_id: UUID) -> None:
        async with self.session() as session:
            await services.ask_bank(session, self.one, refund_id=refund_id)

    async def propose(self, refund_id: UUID, account: str, *, by: Actor) -> PayoutView:
        async with self.session() as session:
            return await services.propose_account(session, by, refund_id=refund_id, account=account, reason="银行退回")

    async def confirm(self, refund_id: UUID, payout_id: UUID, *, by: Actor) -> PayoutView:
        async with self.session() as session:
            return await services.confirm_account(session, by, refund_id=refund_id, payout_id=payout_id)

    async def certify(self, who: Actor) -> tuple[Ed25519PrivateKey, str]:
        """A key of this person, and its certificate's fingerprint."""
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        proof = key.sign(possession_message(str(who.membership_id), public))
        async with self.session() as session:
            made = await issue_certificate(session, who, public_key=public, possession=proof, ca=make.KEYS.ca)
        return key, made.fingerprint

    async def request(self, who: int, fingerprint: str, key: Ed25519PrivateKey) -> None:
        bidder = self.money.bidders[who]
        async with self.session() as session:
            lot = await projects.lot(session, self.lot_id)
            asked = await refund_reads.own_request(session, bidder, lot, self.money.numbers[who])
            signature = key.sign(request_message(asked.digest)).hex()
            await services.request_refund(
                session, bidder, lot_id=self.lot_id, fingerprint=fingerprint, signature=signature
            )

    async def counts(self) -> dict[str, int]:
        """What anyone with a view of the journal, the outbox or the live stream could count."""
        tables = ("journal_entries", "outbox", "live_events", "ledger_postings")
        return {table: await self.box.count(table) for table in tables}

    @staticmethod
    def orders(file: bytes) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(file.decode().rstrip("\n") + "\n")))

    @staticmethod
    def paid(order: dict[str, str], outcome: str = "paid", reason: str = "") -> dict[str, Any]:
        """The bank's answer to an order."""
        reference = f"TX{order['number'][:8]}" if outcome == "paid" else ""
        fen = parse_yuan(order["amount"])
        return {
            "number": order["number"],
            "outcome": outcome,
            "amount_fen": fen,
            "reference": reference,
            "reason": reason,
        }


@pytest_asyncio.fixture
async def desk(money: Money) -> Desk:
    async with money.box.database.transaction() as session:
        one, two = stepped_up(money.finance), stepped_up(await make_actor(session, "finance"))
        return Desk(money, one, two)
