"""Money on its way back, step by step on a lot whose tender has failed: every wrong turn, and 0 in every account."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.integration.funds.conftest import Desk
from trading.funds import reads, services
from trading.funds.errors import (
    AccountNotRefused,
    BatchDecided,
    BatchStale,
    DepositDisposed,
    FourEyes,
    NotTheTenderer,
    OutcomeDiffers,
    PaymentNotUnknown,
    RefundNotDue,
    RequestOver,
    RequestSignature,
    RequestStands,
)
from trading.funds.payment_file import Outcome
from trading.funds.proof.interest import interest_fen
from trading.funds.reads import refunds as refund_reads
from trading.funds.rules import rates_of
from trading.funds.types import BatchView, RefundView
from trading.kernel.errors import Busy
from trading.kernel.identity import Actor
from trading.projects.calendar import local_day
from trading.projects.profile import load_profile

SUMS = text("SELECT coalesce(sum(amount_fen), 0), count(*) FROM ledger_entries")
POSTINGS = text("SELECT count(*) FROM ledger_postings WHERE step = 'paid'")


async def test_from_due_to_paid(desk: Desk) -> None:
    """Prepared by one, approved by another, fetched once, answered twice; then every account but the bank's is even."""
    await desk.paid_and_failed(3)
    due = await desk.refunds()
    assert [(item.cause, item.state) for item in due] == [("ended", "due")] * 3
    await stale(desk, due[0])
    due = await desk.refunds()
    batch = await desk.prepare(due)
    assert [item.state for item in batch.refunds] == ["prepared"] * 3
    with pytest.raises(RefundNotDue):
        await desk.prepare(due)
    with pytest.raises(FourEyes):
        await desk.decide(batch.id, by=desk.one)
    assert desk.orders(await desk.collect()) == []
    await desk.decide(batch.id, by=desk.two)
    with pytest.raises(BatchDecided):
        await desk.decide(batch.id, by=desk.two)
    orders = desk.orders(await desk.collect())
    assert {(row["operation"], row["payee"]) for row in orders} == {("pay", item.payer_name) for item in due}
    again = desk.orders(await desk.collect())
    assert {row["operation"] for row in again} == {"ask"}
    assert {row["number"] for row in again} == {row["number"] for row in orders}
    answers = [desk.paid(row) for row in orders]
    await desk.tell(*answers)
    await desk.tell(*answers, answers[0])
    assert [item.state for item in await desk.refunds()] == ["paid"] * 3
    assert desk.orders(await desk.collect()) == []
    async with desk.session() as session:
        assert (await session.execute(SUMS)).scalar_one() == 0
        assert (await session.execute(POSTINGS)).scalar_one() == 3
        left = {item.kind: item.balance_fen for item in await reads.balances(session) if item.balance_fen}
        total = sum(item.payments[-1].interest_fen for item in batch.refunds)
        assert (left, total > 0) == ({"bank": -total, "interest": total}, True)
    with pytest.raises(OutcomeDiffers):
        await desk.tell({**answers[0], "outcome": "refused"})
    with pytest.raises(OutcomeDiffers):
        await desk.tell({**answers[0], "reference": "another"})


async def stale(desk: Desk, item: RefundView) -> None:
    """After its value date nobody approves a file; prepared anew, it has the interest of the days since."""
    today = await desk.today()
    batch = await desk.prepare([item], value_on=today + timedelta(days=1))
    [order] = batch.refunds[0].payments
    rates, basis = rates_of(load_profile("works_open_tender"))
    days = (today + timedelta(days=1) - item.paid_on).days
    # 80 000 000 fen × 0.0005 × days ÷ 360, half a fen upwards.
    by_hand = (80_000_000 * 5 * days * 2 + 3_600_000) // (2 * 3_600_000)
    assert order.interest_fen == by_hand == interest_fen(80_000_000, item.paid_on, order.value_on, rates, basis)
    await desk.box.move_to(await desk.now() + timedelta(days=4))
    with pytest.raises(BatchStale):
        await desk.decide(batch.id, by=desk.two)
    await desk.decide(batch.id, by=desk.one, approved=False, reason="过期")
    [item] = [each for each in await desk.refunds() if each.id == item.id]
    later = await desk.prepare([item])
    assert later.refunds[0].payments[-1].attempt == 2
    assert later.refunds[0].payments[-1].interest_fen > order.interest_fen
    await desk.decide(later.id, by=desk.two, approved=False, reason="与其他退款合并")


async def test_what_is_not_known_is_asked_and_goes_out_again_under_its_number(desk: Desk) -> None:
    await desk.paid_and_failed(2)
    item, other = await desk.refunds()
    with pytest.raises(PaymentNotUnknown):
        await desk.ask(item.id)
    await desk.decide((await desk.prepare([item])).id, by=desk.two)
    await cut(desk, services.collect_orders, desk.money.bank)  # killed before the commit: the order never left
    [order] = desk.orders(await desk.collect())
    assert order["operation"] == "pay"
    await desk.ask(item.id)
    assert (await desk.refund(item.id)).state == "unknown"
    with pytest.raises(RefundNotDue):
        await desk.prepare([item])
    await desk.tell(desk.paid(order, outcome="processing"))
    [asked] = desk.orders(await desk.collect())
    assert (asked["operation"], asked["number"]) == ("ask", order["number"])
    await desk.tell(desk.paid(order, outcome="unknown"))
    [again] = desk.orders(await desk.collect())
    assert again == order
    with pytest.raises(OutcomeDiffers):
        await desk.tell({**desk.paid(order), "amount_fen": 1})
    heard = msgspec.convert([desk.paid(order)], list[Outcome])
    await cut(desk, services.take_outcomes, desk.money.bank, outcomes=heard)  # killed while it listened: told again
    assert (await desk.refund(item.id)).state == "sent"
    await desk.tell(desk.paid(order))
    assert (await desk.refund(item.id)).state == "paid"
    await refused_account(desk, other)


async def cut(desk: Desk, verb: Callable[..., Awaitable[object]], actor: Actor, **how: object) -> None:
    """R16: the process ends after the work and before its commit."""

    async def work() -> None:
        async with desk.session() as session:
            await verb(session, actor, **how)
            raise Killed

    with pytest.raises(Killed):
        await work()


class Killed(Exception):
    """The process is gone."""


async def refused_account(desk: Desk, item: RefundView) -> None:
    """R25. The one who proposed cannot confirm, and for a day the old account stands."""
    with pytest.raises(AccountNotRefused):
        await desk.propose(item.id, "6222 9999", by=desk.one)
    await desk.decide((await desk.prepare([item])).id, by=desk.two)
    [order] = desk.orders(await desk.collect())
    await desk.tell(desk.paid(order, outcome="refused", reason="账户已销户"))
    payout = await desk.propose(item.id, "6222 9999", by=desk.one)
    with pytest.raises(FourEyes):
        await desk.confirm(item.id, payout.id, by=desk.one)
    await desk.confirm(item.id, payout.id, by=desk.two)
    item = await desk.refund(item.id)
    early = await desk.prepare([item])
    assert early.refunds[0].payments[-1].account == item.payer_account
    await desk.decide(early.id, by=desk.two, approved=False, reason="等待新账户")
    await desk.box.move_to(await desk.now() + timedelta(days=1, seconds=1))
    item = await desk.refund(item.id)
    batch = await desk.prepare([item])
    assert batch.refunds[0].payments[-1].account == "62229999"
    await desk.decide(batch.id, by=desk.two)
    [order] = desk.orders(await desk.collect())
    await desk.tell(desk.paid(order))
    async with desk.session() as session:
        assert (await session.execute(SUMS)).scalar_one() == 0
        kinds = {balance.kind: balance.balance_fen for balance in await reads.balances(session)}
    assert (kinds["deposit"], kinds["transit"]) == (0, 0)


async def test_fifty_at_once_and_ten_again_pay_once(desk: Desk) -> None:
    """R22: fifty prepare, fifty approve, fifty fetch, fifty answer; one payment, one posting."""
    await desk.paid_and_failed(1)
    [item] = await desk.refunds()
    prepared = await gather(*(desk.prepare([item], by=desk.one if n % 2 else desk.two) for n in range(50)))
    [batch] = prepared
    await the_database_refuses(desk, batch)
    other = desk.two if batch.prepared_by == desk.one.person_id else desk.one
    assert len(await gather(*(desk.decide(batch.id, by=other) for _ in range(50)))) == 1
    fetched = [desk.orders(file) for file in await gather(*(desk.collect() for _ in range(50)))]
    assert [rows[0]["operation"] for rows in fetched].count("pay") == 1
    answer = desk.paid(fetched[0][0])
    await gather(*(desk.tell(answer) for _ in range(50)))
    for _ in range(10):
        await desk.tell(answer)
    async with desk.session() as session:
        assert (await session.execute(POSTINGS)).scalar_one() == 1
        assert (await session.execute(text("SELECT count(*) FROM refund_payments"))).scalar_one() == 1
        assert (await session.execute(SUMS)).scalar_one() == 0


async def the_database_refuses(desk: Desk, batch: BatchView) -> None:
    """R23, R54: a second attempt beside a running one, a preparer's own approval, a posting that does not balance."""
    columns = (
        "lot_id, org_id, bank_org_id, number, value_on, principal_fen, interest_fen, payee, account, made_at, refund_id"
    )
    for attempt, previous in ((1, None), (2, 1)):
        with pytest.raises(IntegrityError):
            async with desk.session() as session:
                await session.execute(
                    text(
                        f"INSERT INTO refund_payments (id, attempt, previous, {columns}) SELECT gen_random_uuid(), "
                        ":attempt, :previous, lot_id, org_id, bank_org_id, md5(number), value_on, principal_fen, 0, "
                        "payee, account, made_at, refund_id FROM refund_payments"
                    ),
                    {"attempt": attempt, "previous": previous},
                )
    with pytest.raises(IntegrityError, match="four_eyes"):
        async with desk.session() as session:
            await session.execute(
                text(
                    "INSERT INTO refund_batch_decisions SELECT id, prepared_by, prepared_by, '', true, '', now() "
                    "FROM refund_batches WHERE id = :id"
                ),
                {"id": batch.id},
            )
    with pytest.raises(DBAPIError, match="does not balance"):
        async with desk.session() as session:
            await session.execute(
                text(
                    "WITH made AS (INSERT INTO ledger_postings (id, payment_id, step, at, entry_id) SELECT "
                    "gen_random_uuid(), p.id, 'sent', now(), j.id FROM refund_payments p, journal_entries j LIMIT 1 "
                    "RETURNING id) INSERT INTO ledger_entries SELECT made.id, a.id, 5 FROM made, ledger_accounts a "
                    "LIMIT 1"
                )
            )
    tables = ("refunds", "refund_payments", "refund_payment_ends", "refund_batch_decisions", "ledger_entries")
    for table in tables:
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {FIRST_COLUMN[table]} = NULL"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with desk.session() as session:
                    await session.execute(text(statement))
        with desk.box.as_owner() as owner, pytest.raises(Exception, match=r"never|refuse|fixed|kept|append"):
            owner.execute(f"DELETE FROM {table}")


FIRST_COLUMN = {
    "refunds": "reason",
    "refund_payments": "payee",
    "refund_payment_ends": "reason",
    "refund_batch_decisions": "reason",
    "ledger_entries": "amount_fen",
}


async def test_a_request_before_closing_is_seen_by_nobody_and_paid_in_silence(desk: Desk) -> None:
    money = desk.money
    await money.send(money.pay(0), money.pay(1))
    key, fingerprint = await desk.certify(money.bidders[0])
    before = await desk.counts()
    with pytest.raises(RequestSignature):
        await desk.request(0, fingerprint, Ed25519PrivateKey.generate())
    await desk.request(0, fingerprint, key)
    with pytest.raises(RequestStands):
        await desk.request(0, fingerprint, key)
    # Neither finance nor another bidder sees a row, the journal has grown by nothing; the bank has its order.
    assert await desk.counts() == before
    async with desk.session() as session:
        assert await refund_reads.open_refunds(session) == ()
        assert (await session.execute(text("SELECT count(*) FROM refunds"))).scalar_one() == 0
        assert await refund_reads.own_refunds(session, money.bidders[1], desk.lot_id) == ()
    file = await desk.collect()
    assert len(file) % 4096 == 0
    [order] = desk.orders(file)
    assert (order["payee"], order["operation"]) == (money.bidders[0].org_name, "pay")
    await desk.tell(desk.paid(order))
    assert await desk.counts() == before
    async with desk.session() as session:
        [mine] = await refund_reads.own_refunds(session, money.bidders[0], desk.lot_id)
        assert (mine.cause, mine.state) == ("withdrawn", "paid")
        assert (await reads.own_deposit(session, money.bidders[0], desk.lot_id)).state == "withdrawn"
    # Closing brings it to light, in journal and ledger at once; the deposit counts for nothing.
    await money.close()
    await money.post()
    shown = {item.org_id: item for item in await desk.refunds()}
    assert {item.cause for item in shown.values()} == {"withdrawn", "ended"}
    assert shown[mine.org_id].state == "paid"
    async with desk.session() as session:
        status = await reads.deposit_status(session, desk.lot_id, money.numbers[:2])
        assert [item.state for item in status.values()] == ["withdrawn", "matched"]
        left = {(item.kind, item.org_id): item.balance_fen for item in await reads.balances(session)}
        assert left["deposit", mine.org_id] == 0
        actions = await session.execute(text("SELECT action FROM journal_entries WHERE action LIKE 'lot:refund%'"))
        assert {"lot:refunds:planned", "lot:refunds:sent", "lot:refund:paid"} <= set(actions.scalars())
    key, fingerprint = await desk.certify(money.bidders[1])
    with pytest.raises(RequestOver):
        await desk.request(1, fingerprint, key)


async def test_what_a_bid_and_its_lack_make_of_a_deposit(desk: Desk) -> None:
    """Opened: without a live bid it is due from the opening; a bidder's waits for the contract, or is kept."""
    money = desk.money
    await money.send(money.pay(0), money.pay(1), money.pay(2), money.pay(2))
    await desk.closed()
    live = await desk.codes(0, 1)
    async with desk.session() as session:
        await services.plan_refunds(session, desk.worker, lot_id=desk.lot_id, cause="opened", live=live)
    found = {(item.org_id, item.cause) for item in await desk.refunds()}
    third = money.bidders[2].org_id
    assert found == {(third, "no_bid"), (third, "returned")}
    deadline = desk.box.lot.world.announcement.deadline
    assert {local_day(item.basis_at) for item in await desk.refunds()} == {local_day(deadline)}
    owner = await desk.tenderer()
    args: dict[str, Any] = {
        "lot_id": desk.lot_id,
        "org_id": money.bidders[1].org_id,
        "ground": "not_signed",
        "reason": "逾期未签订合同",
    }
    async with desk.session() as session:
        with pytest.raises(NotTheTenderer):
            await services.withhold_deposit(session, desk.one, **args)
    async with desk.session() as session:
        await services.withhold_deposit(session, owner, **args)
    async with desk.session() as session:
        with pytest.raises(DepositDisposed):
            await services.withhold_deposit(session, owner, **args)
    async with desk.session() as session:
        await services.plan_refunds(session, desk.worker, lot_id=desk.lot_id, cause="contract")
        balances = {item.kind: item.balance_fen for item in await reads.balances(session)}
    causes = {item.cause: item for item in await desk.refunds()}
    assert set(causes) == {"no_bid", "returned", "contract", "withheld"}
    assert (causes["withheld"].state, balances["withheld"]) == ("withheld", -80_000_000)
    with pytest.raises(RefundNotDue):
        await desk.prepare([causes["withheld"]])


async def gather(*calls: object) -> list:  # type: ignore[type-arg]
    """What those returned that were not refused; only refusals are expected."""
    results = await asyncio.gather(*calls, return_exceptions=True)  # type: ignore[call-overload]
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, (RefundNotDue, BatchDecided, Busy)):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
