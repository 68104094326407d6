"""The payment file (付款文件) of a lot: prepared by one finance person, approved by another on its value date.

Interest is computed when the file is prepared, to the day before its value date, and the file is approved no later than
that day, so that nobody is paid a day short. One who prepared does not approve: the database refuses it as well.
"""

import datetime as dt
import os
import secrets
from collections.abc import Collection
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import (
    BatchDecided,
    BatchEmpty,
    BatchStale,
    FourEyes,
    RefundNotDue,
    ValueDate,
)
from trading.funds.models import BatchDecisionRow, BatchRow, PaymentEndRow, PaymentRow
from trading.funds.payment_file import FileLine, write_file
from trading.funds.proof.interest import interest_fen
from trading.funds.proof.refunds import Batch, Decided, Order, plain, pseudonym
from trading.funds.reads.refunds import batch, payouts, refunds_of_lot
from trading.funds.rules import rates_of
from trading.funds.types import BatchView, RefundView
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.projects.profile import load_profile

PAYABLE = frozenset({"due", "refused"})
LATEST_VALUE = dt.timedelta(days=5)


async def prepare_batch(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    refunds: Collection[UUID],
    value_on: dt.date | None = None,
) -> BatchView:
    """A file of these refunds, with interest to its value date (today unless said otherwise)."""
    person = _finance(actor)
    if not refunds:
        raise BatchEmpty({"refunds": FieldProblem("funds.batch_empty")})
    await lock(session, f"ledger:lot:{lot_id}")
    now = await platform_now(session)
    today = local_day(now)
    value = value_on or today
    if not today <= value <= today + LATEST_VALUE:
        raise ValueDate({"value_on": FieldProblem("funds.value_date")})
    found = {item.id: item for item in await refunds_of_lot(session, lot_id)}
    if any(item not in found or found[item].state not in PAYABLE for item in refunds):
        raise RefundNotDue
    chosen = [item for item in found.values() if item.id in set(refunds)]
    accounts = await usable_accounts(session, [item.id for item in chosen], now)
    lot = await projects.lot(session, lot_id)
    rates, basis = rates_of(load_profile(lot.profile))  # a bank's rates are of the day, not of the day of registration
    rows, orders, lines = [], [], []
    batch_id, salt = new_id(), os.urandom(32)
    for item in chosen:
        fen = interest_fen(item.principal_fen, item.paid_on, value, rates, basis)
        account = accounts.get(item.id, item.payer_account)
        row = payment_of(item, batch_id=batch_id, value_on=value, interest=fen, account=account, at=now)
        rows.append(row)
        orders.append(order_of_row(row))
        lines.append(FileLine("pay", row.number, row.principal_fen + fen, row.payee, account, value))
    file = write_file(lines)
    digest = sha256(file).hexdigest()
    total = sum(order.principal_fen + order.interest_fen for order in orders)
    session.add(
        BatchRow(
            id=batch_id,
            lot_id=lot_id,
            prepared_by=person,
            prepared_name=actor.name,
            prepared_at=now,
            value_on=value,
            count=len(rows),
            total_fen=total,
            salt=salt,
            digest=digest,
        )
    )
    await session.flush()
    session.add_all(rows)
    shown = Batch(
        batch=str(batch_id),
        digest=digest,
        value_on=value,
        total_fen=total,
        preparer=pseudonym(salt, person),
        payments=tuple(orders),
        basis=basis,
        rates=rates,
    )
    await append(session, actor, entries.BATCH_PREPARED, subject=f"lot:{lot_id}", payload=plain(shown), at=now)
    await session.flush()
    return await batch(session, batch_id)


async def decide_batch(
    session: AsyncSession, actor: Actor, *, batch_id: UUID, approved: bool, reason: str = ""
) -> BatchView:
    """Another person approves the file, or anybody sends it back with a reason; then its refunds wait again."""
    person = _finance(actor)
    if approved:
        demand_step_up(actor)
    found = await batch(session, batch_id)
    await lock(session, f"ledger:lot:{found.lot_id}")
    found = await batch(session, batch_id)
    if found.state != "prepared":
        raise BatchDecided
    if approved and person == found.prepared_by:
        raise FourEyes
    now = await platform_now(session)
    if approved and local_day(now) > found.value_on:
        raise BatchStale(value_on=found.value_on)
    if not approved and not reason.strip():
        raise BatchEmpty({"reason": FieldProblem("web.required")})
    salt = (await session.get_one(BatchRow, batch_id)).salt
    session.add(
        BatchDecisionRow(
            batch_id=batch_id,
            prepared_by=found.prepared_by,
            decided_by=person,
            decided_name=actor.name,
            approved=approved,
            reason=reason.strip(),
            decided_at=now,
        )
    )
    if not approved:
        for item in found.refunds:
            payment = next(each for each in item.payments if each.batch_id == batch_id)
            session.add(
                PaymentEndRow(
                    payment_id=payment.id,
                    refund_id=item.id,
                    attempt=payment.attempt,
                    lot_id=item.lot_id,
                    org_id=item.org_id,
                    bank_org_id=item.bank_org_id,
                    outcome="dropped",
                    reference="",
                    reason=reason.strip(),
                    at=now,
                )
            )
    shown = Decided(str(batch_id), found.digest, pseudonym(salt, person))
    action = entries.BATCH_APPROVED if approved else entries.BATCH_DECLINED
    secret = {"reason": reason.strip()} if reason.strip() else None
    await append(session, actor, action, subject=f"lot:{found.lot_id}", payload=plain(shown), secret=secret, at=now)
    await session.flush()
    return await batch(session, batch_id)


def file_of(found: BatchView) -> bytes:
    """The file as it was prepared, the bytes its digest is of: the same for everyone and every time."""
    own = [(item, payment) for item in found.refunds for payment in item.payments if payment.batch_id == found.id]
    return write_file(
        [
            FileLine("pay", payment.number, payment.amount_fen, payment.payee, payment.account, payment.value_on)
            for _, payment in own
        ]
    )


async def usable_accounts(session: AsyncSession, refunds: Collection[UUID], now: dt.datetime) -> dict[UUID, str]:
    """Accounts that two people have put in place of one the bank refused, cooled off."""
    return {
        item.refund_id: item.account
        for item in await payouts(session, list(refunds))
        if item.usable_at is not None and item.usable_at <= now
    }


def payment_of(
    item: RefundView, *, batch_id: UUID | None, value_on: dt.date, interest: int, account: str, at: dt.datetime
) -> PaymentRow:
    """The next attempt; its number names it to the bank for ever."""
    attempt = len(item.payments) + 1
    return PaymentRow(
        id=new_id(),
        refund_id=item.id,
        attempt=attempt,
        previous=attempt - 1 or None,
        lot_id=item.lot_id,
        org_id=item.org_id,
        bank_org_id=item.bank_org_id,
        batch_id=batch_id,
        number=secrets.token_hex(16),
        value_on=value_on,
        principal_fen=item.principal_fen,
        interest_fen=interest,
        payee=item.payer_name,
        account=account,
        made_at=at,
    )


def order_of_row(row: PaymentRow) -> Order:
    """As the journal shows it."""
    return Order(
        payment=str(row.id),
        refund=str(row.refund_id),
        attempt=row.attempt,
        number=row.number,
        principal_fen=row.principal_fen,
        interest_fen=row.interest_fen,
        value_on=row.value_on,
    )


def _finance(actor: Actor) -> UUID:
    if actor.person_id is None or not actor.has("finance"):
        raise Forbidden
    return actor.person_id
