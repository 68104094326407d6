"""Payments into journal and ledger (退款记账): whatever the tables say happened and the books do not yet know.

What was paid before closing on a depositor's request stays out of both until the box is closed; then it is posted with
the time at which it happened. Each step of a payment is posted once, whoever notices it first.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.proof.refunds import Ended, Order, Sent, going, plain
from trading.funds.services.accounts import account_of, post
from trading.kernel.clock import rfc3339
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append

_SENT = text(
    "SELECT p.id, p.refund_id, p.attempt, p.number, p.principal_fen, p.interest_fen, p.value_on, p.batch_id, p.lot_id, "
    "p.org_id, p.bank_org_id, l.outcome AS line_outcome, min(s.at) AS at FROM refund_payments p "
    "JOIN refund_payment_steps s ON s.payment_id = p.id JOIN refunds r ON r.id = p.refund_id "
    "JOIN bank_lines l ON l.id = r.line_id WHERE p.lot_id = :lot AND NOT EXISTS (SELECT 1 FROM ledger_postings g "
    "WHERE g.payment_id = p.id AND g.step = 'sent') GROUP BY p.id, l.outcome ORDER BY at, p.id"
)
_ENDED = text(
    "SELECT p.id, p.refund_id, p.attempt, p.number, p.principal_fen, p.interest_fen, p.value_on, p.batch_id, p.lot_id, "
    "p.org_id, p.bank_org_id, l.outcome AS line_outcome, e.at, e.outcome, e.reference, e.reason FROM refund_payments p "
    "JOIN refund_payment_ends e ON e.payment_id = p.id JOIN refunds r ON r.id = p.refund_id "
    "JOIN bank_lines l ON l.id = r.line_id WHERE p.lot_id = :lot AND e.outcome <> 'dropped' AND NOT EXISTS "
    "(SELECT 1 FROM ledger_postings g WHERE g.payment_id = p.id AND g.step <> 'sent') ORDER BY e.at, p.id"
)


async def post_payments(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """All that happened to the payments of a closed lot; the caller holds its ledger's lock."""
    subject = f"lot:{lot_id}"
    sent = (await session.execute(_SENT, {"lot": lot_id})).all()
    if sent:
        payload = {"payments": [plain(_sent(row)) for row in sent]}
        entry = await append(session, actor, entries.PAYMENTS_SENT, subject=subject, payload=payload)
        for row in sent:
            await _post(session, row, "sent", _going(row), entry)
    for row in (await session.execute(_ENDED, {"lot": lot_id})).all():
        action = entries.REFUND_PAID if row.outcome == "paid" else entries.REFUND_REFUSED
        secret = {"reference": row.reference, "reason": row.reason}
        entry = await append(session, actor, action, subject=subject, payload=plain(_ended(row)), secret=secret)
        whole = row.principal_fen + row.interest_fen
        back = {name: -fen for name, fen in _going(row).items()}
        halves = {"transit": whole, "bank": -whole} if row.outcome == "paid" else back
        await _post(session, row, row.outcome, halves, entry)


def order_of(row: Row[Any]) -> Order:
    """The order as the journal shows it."""
    return Order(
        payment=str(row.id),
        refund=str(row.refund_id),
        attempt=row.attempt,
        number=row.number,
        principal_fen=row.principal_fen,
        interest_fen=row.interest_fen,
        value_on=row.value_on,
    )


def _sent(row: Row[Any]) -> Sent:
    return Sent(str(row.id), rfc3339(row.at), order_of(row) if row.batch_id is None else None)


def _ended(row: Row[Any]) -> Ended:
    return Ended(
        payment=str(row.id),
        refund=str(row.refund_id),
        outcome=row.outcome,
        principal_fen=row.principal_fen,
        interest_fen=row.interest_fen,
        at=rfc3339(row.at),
    )


def _going(row: Row[Any]) -> dict[str, int]:
    return going(order_of(row), "deposit" if row.line_outcome == "matched" else "return")


async def _post(session: AsyncSession, row: Row[Any], step: str, halves: Mapping[str, int], entry_id: UUID) -> None:
    found = {}
    for kind, fen in halves.items():
        ours = kind in {"deposit", "return"}
        account = await account_of(session, kind, row.lot_id if ours else None, row.org_id if ours else row.bank_org_id)
        found[account] = fen
    await post(session, {"payment": row.id, "step": step}, halves=found, entry_id=entry_id)
