"""Questions about refunds. Before closing row security shows a depositor its own alone, and its bank those it holds."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds.errors import BatchUnknown, RefundUnknown
from trading.funds.numbers import plain
from trading.funds.proof import commitment
from trading.funds.proof.refunds import REQUEST_LABEL, request_text
from trading.funds.rules import payment_state, refund_state
from trading.funds.types import BatchView, PaymentView, PayoutView, RefundView, RequestView
from trading.kernel.identity import Actor
from trading.parties import reads as parties
from trading.projects.reads import see_participations_of
from trading.projects.types import LotView

_REFUNDS = (
    "SELECT r.id, r.line_id, r.lot_id, r.org_id, r.bank_org_id, o.name AS org_name, r.cause, r.principal_fen, "
    "r.paid_on, r.basis_at, r.due_at, r.ground, r.reason, l.payer_name, l.payer_account, l.outcome, l.salt, "
    "l.facts FROM refunds r JOIN bank_lines l ON l.id = r.line_id JOIN organisations o ON o.id = r.org_id "
)
_ORDER = " ORDER BY r.due_at, o.name, l.paid_at, r.id"
_OF_LOT = text(_REFUNDS + "WHERE r.lot_id = :lot" + _ORDER)
_OWN = text(_REFUNDS + "WHERE r.lot_id = :lot AND r.org_id = :org" + _ORDER)
_BY_ID = text(_REFUNDS + "WHERE r.id = ANY(:ids)" + _ORDER)
_UNPAID = "NOT EXISTS (SELECT 1 FROM refund_payment_ends e WHERE e.refund_id = r.id AND e.outcome = 'paid')"
_OPEN = text(_REFUNDS + "WHERE r.payable AND " + _UNPAID + _ORDER)
_PAYMENTS = text(
    "SELECT p.*, e.outcome AS ended, e.at AS ended_at, coalesce(e.reference, '') AS reference, "
    "coalesce(e.reason, '') AS why, p.batch_id IS NULL OR coalesce(d.approved, false) AS approved, "
    "(SELECT s.kind FROM refund_payment_steps s WHERE s.payment_id = p.id ORDER BY s.at DESC, s.id DESC LIMIT 1) "
    "AS step, (SELECT min(s.at) FROM refund_payment_steps s WHERE s.payment_id = p.id AND s.kind = 'sent') AS sent_at "
    "FROM refund_payments p LEFT JOIN refund_payment_ends e ON e.payment_id = p.id "
    "LEFT JOIN refund_batch_decisions d ON d.batch_id = p.batch_id WHERE p.refund_id = ANY(:refunds) "
    "ORDER BY p.refund_id, p.attempt"
)
_BATCHES = (
    "SELECT b.id, b.lot_id, b.prepared_by, b.prepared_name, b.prepared_at, b.value_on, b.count AS size, b.total_fen, "
    "b.digest, d.approved, coalesce(d.decided_name, '') AS decided_name, d.decided_at, "
    "coalesce(d.reason, '') AS reason FROM refund_batches b LEFT JOIN refund_batch_decisions d ON d.batch_id = b.id "
)
_BATCH = text(_BATCHES + "WHERE b.id = :id")
_LATEST = text(_BATCHES + "ORDER BY b.id DESC LIMIT :most")
_WAITING = text(_BATCHES + "WHERE d.batch_id IS NULL ORDER BY b.id")
_IN_BATCH = text("SELECT refund_id FROM refund_payments WHERE batch_id = :id")
_PAYOUTS = text(
    "SELECT a.id, a.refund_id, a.account, a.reason, a.proposed_by, a.proposed_name, a.proposed_at, c.confirmed_name, "
    "c.confirmed_at, c.usable_at FROM payout_accounts a LEFT JOIN payout_confirmations c ON c.payout_id = a.id "
    "WHERE a.refund_id = ANY(:refunds) ORDER BY a.id"
)
_REQUESTED = text("SELECT requested_at FROM refund_requests WHERE lot_id = :lot AND org_id = :org")


async def refunds_of_lot(session: AsyncSession, lot_id: UUID) -> tuple[RefundView, ...]:
    """What becomes of every payment of a closed lot, as far as it is decided, the most urgent first."""
    await see_participations_of(session, None)
    return await _views(session, (await session.execute(_OF_LOT, {"lot": lot_id})).all())


async def open_refunds(session: AsyncSession) -> tuple[RefundView, ...]:
    """Everything that closed lots still owe, the most urgent first."""
    await see_participations_of(session, None)
    return await _views(session, (await session.execute(_OPEN)).all())


async def refund(session: AsyncSession, refund_id: UUID) -> RefundView:
    """One of a closed lot."""
    await see_participations_of(session, None)
    found = await refunds_by_id(session, [refund_id])
    if not found:
        raise RefundUnknown
    return found[0]


async def refunds_by_id(session: AsyncSession, ids: Collection[UUID]) -> tuple[RefundView, ...]:
    """Those of these that row security shows here."""
    return await _views(session, (await session.execute(_BY_ID, {"ids": list(ids)})).all())


async def own_refunds(session: AsyncSession, actor: Actor, lot_id: UUID) -> tuple[RefundView, ...]:
    """The actor's organisation's own, before closing too; nobody else's."""
    if actor.org_id is None:
        return ()
    await see_participations_of(session, actor.org_id)
    return await _views(session, (await session.execute(_OWN, {"lot": lot_id, "org": actor.org_id})).all())


async def own_request(session: AsyncSession, actor: Actor, lot: LotView, number: str) -> RequestView:
    """The words that take the actor's organisation's deposit back, and whether it has signed them."""
    assert actor.org_id is not None  # whoever has a number has an organisation
    own = await parties.organisation(session, actor.org_id)
    await see_participations_of(session, actor.org_id)
    statement = request_text(subject=f"lot:{lot.id}", uscc=own.uscc, number=plain(number))
    at = (await session.execute(_REQUESTED, {"lot": lot.id, "org": actor.org_id})).scalar_one_or_none()
    return RequestView(lot.id, sha256(statement).hexdigest(), REQUEST_LABEL, at)


async def batch(session: AsyncSession, batch_id: UUID) -> BatchView:
    """A payment file with its refunds."""
    row = (await session.execute(_BATCH, {"id": batch_id})).one_or_none()
    if row is None:
        raise BatchUnknown
    await see_participations_of(session, None)
    ids = (await session.execute(_IN_BATCH, {"id": batch_id})).scalars().all()
    return _batch(row, await refunds_by_id(session, ids))


async def batches(session: AsyncSession, most: int = 50) -> tuple[BatchView, ...]:
    """The newest payment files, without their refunds."""
    return tuple(_batch(row) for row in await session.execute(_LATEST, {"most": most}))


async def waiting_batches(session: AsyncSession) -> tuple[BatchView, ...]:
    """Those that wait for another person's word."""
    return tuple(_batch(row) for row in await session.execute(_WAITING))


async def payouts(session: AsyncSession, refund_ids: Sequence[UUID]) -> tuple[PayoutView, ...]:
    """Other accounts proposed for these refunds, the first first."""
    rows = await session.execute(_PAYOUTS, {"refunds": list(refund_ids)})
    return tuple(PayoutView(**row) for row in rows.mappings())


async def _views(session: AsyncSession, rows: Sequence[Row[Any]]) -> tuple[RefundView, ...]:
    attempts: dict[UUID, list[PaymentView]] = {}
    for row in await session.execute(_PAYMENTS, {"refunds": [item.id for item in rows]}):
        attempts.setdefault(row.refund_id, []).append(_payment(row))
    return tuple(_refund(row, attempts) for row in rows)


def _refund(row: Row[Any], attempts: Mapping[UUID, list[PaymentView]]) -> RefundView:
    own = tuple(attempts.get(row.id, ()))
    return RefundView(
        id=row.id,
        lot_id=row.lot_id,
        org_id=row.org_id,
        bank_org_id=row.bank_org_id,
        org_name=row.org_name,
        cause=row.cause,
        principal_fen=row.principal_fen,
        paid_on=row.paid_on,
        basis_at=row.basis_at,
        due_at=row.due_at,
        state=refund_state(row.cause, own[-1].state if own else None),
        payer_name=row.payer_name,
        payer_account=row.payer_account,
        outcome=row.outcome,
        line=commitment(bytes(row.salt), bytes(row.facts)),
        ground=row.ground,
        reason=row.reason,
        payments=own,
    )


def _payment(row: Row[Any]) -> PaymentView:
    return PaymentView(
        id=row.id,
        refund_id=row.refund_id,
        attempt=row.attempt,
        batch_id=row.batch_id,
        number=row.number,
        value_on=row.value_on,
        principal_fen=row.principal_fen,
        interest_fen=row.interest_fen,
        payee=row.payee,
        account=row.account,
        made_at=row.made_at,
        state=payment_state(end=row.ended, last_step=row.step, approved=row.approved),
        sent_at=row.sent_at,
        ended_at=row.ended_at,
        reference=row.reference,
        reason=row.why,
    )


def _batch(row: Row[Any], refunds: tuple[RefundView, ...] = ()) -> BatchView:
    return BatchView(
        id=row.id,
        lot_id=row.lot_id,
        prepared_by=row.prepared_by,
        prepared_name=row.prepared_name,
        prepared_at=row.prepared_at,
        value_on=row.value_on,
        count=row.size,
        total_fen=row.total_fen,
        digest=row.digest,
        state="prepared" if row.approved is None else "approved" if row.approved else "declined",
        decided_name=row.decided_name,
        decided_at=row.decided_at,
        reason=row.reason,
        refunds=refunds,
    )
