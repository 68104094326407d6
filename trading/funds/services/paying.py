"""Orders to the bank and its answers (付款指令、回单): each order goes out once; what is unclear is asked, not paid.

The bank's program fetches its orders and hands in outcomes. An order is marked sent in the transaction that commits
before the bank has it; from then on the bank is only asked what became of it, until it answers. If it never had the
order, the same order goes out again under the same number, which the bank executes at most once.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import NotABank, OutcomeDiffers, PaymentNotUnknown
from trading.funds.models import PaymentEndRow, PaymentStepRow
from trading.funds.payment_file import FileLine, Outcome, write_file
from trading.funds.proof.interest import interest_fen
from trading.funds.reads import see_own_only
from trading.funds.reads.refunds import refund, refunds_by_id
from trading.funds.rules import payment_state, rates_of
from trading.funds.services.batching import payment_of
from trading.funds.services.booking import post_payments
from trading.funds.services.planning import mark_if_paid
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.projects.profile import load_profile

_AS_BANK = text("SELECT set_config('trading.bank', :bank, true)")
_QUIET = text(  # asked for before closing, not yet ordered: an empty list once the box of the lot is closed
    "SELECT r.id FROM refunds r JOIN lots t ON t.id = r.lot_id WHERE r.bank_org_id = :bank AND r.cause = 'withdrawn' "
    "AND NOT EXISTS (SELECT 1 FROM refund_payments p WHERE p.refund_id = r.id) "
    "AND coalesce(t.participants_public_at > platform_now(), true) ORDER BY r.basis_at, r.id"
)
_OPEN = text(
    "SELECT p.id, p.refund_id, p.attempt, p.number, p.principal_fen, p.interest_fen, p.payee, p.account, p.value_on, "
    "p.lot_id, p.org_id, p.bank_org_id, (SELECT s.kind FROM refund_payment_steps s WHERE s.payment_id = p.id "
    "ORDER BY s.at DESC, s.id DESC LIMIT 1) AS step, p.batch_id IS NULL OR coalesce(d.approved, false) AS approved "
    "FROM refund_payments p LEFT JOIN refund_batch_decisions d ON d.batch_id = p.batch_id "
    "LEFT JOIN refund_payment_ends e ON e.payment_id = p.id "
    "WHERE p.bank_org_id = :bank AND e.payment_id IS NULL ORDER BY p.made_at, p.id"
)
_NUMBERS = text(
    "SELECT p.id, p.refund_id, p.attempt, p.number, p.principal_fen + p.interest_fen AS amount_fen, p.lot_id, "
    "p.org_id, p.bank_org_id, e.outcome, e.reference, (SELECT s.kind FROM refund_payment_steps s "
    "WHERE s.payment_id = p.id ORDER BY s.at DESC, s.id DESC LIMIT 1) AS step FROM refund_payments p "
    "LEFT JOIN refund_payment_ends e ON e.payment_id = p.id WHERE p.bank_org_id = :bank AND p.number = ANY(:numbers)"
)
_PUBLIC = text("SELECT id FROM lots WHERE id = ANY(:lots) AND participants_public_at <= platform_now() ORDER BY id")


async def collect_orders(session: AsyncSession, actor: Actor) -> bytes:
    """The bank's file of now: new orders to pay, and what it is asked of those it was given before."""
    bank = await _bank(session, actor)
    await _order_quietly(session, bank)
    now = await platform_now(session)
    lines, lots = [], set()
    for row in (await session.execute(_OPEN, {"bank": bank})).all():
        state = payment_state(end=None, last_step=row.step, approved=row.approved)
        if state == "prepared":
            continue
        going = state == "approved"
        amount = row.principal_fen + row.interest_fen
        lines.append(FileLine("pay" if going else "ask", row.number, amount, row.payee, row.account, row.value_on))
        if going:
            session.add(_step(row, "sent", now))
        elif row.step == "sent":
            session.add(_step(row, "asked", now))
        lots.add(row.lot_id)
    await session.flush()
    await _book(session, actor, lots)
    return write_file(lines, padded=True)


async def take_outcomes(session: AsyncSession, actor: Actor, *, outcomes: Sequence[Outcome]) -> None:
    """What the bank says of its orders; told twice it is heard once, told otherwise than before it is refused whole."""
    bank = await _bank(session, actor)
    known = {
        row.number: row
        for row in await session.execute(_NUMBERS, {"bank": bank, "numbers": [item.number for item in outcomes]})
    }
    now = await platform_now(session)
    lots = set()
    for item in {(each.number, each.outcome): each for each in outcomes}.values():
        row = known.get(item.number)
        if row is None or (row.step is None and row.outcome is None):
            raise OutcomeDiffers(number=item.number)
        if item.outcome in {"processing", "unknown"}:
            if row.outcome is None and row.step != item.outcome:
                session.add(_step(row, item.outcome, now))
            continue
        if item.amount_fen != row.amount_fen:
            raise OutcomeDiffers(number=item.number)
        if row.outcome is not None:
            if (row.outcome, row.reference) != (item.outcome, item.reference):
                raise OutcomeDiffers(number=item.number)
            continue
        session.add(
            PaymentEndRow(
                payment_id=row.id,
                refund_id=row.refund_id,
                attempt=row.attempt,
                lot_id=row.lot_id,
                org_id=row.org_id,
                bank_org_id=bank,
                outcome=item.outcome,
                reference=item.reference,
                reason=item.reason,
                at=now,
            )
        )
        lots.add(row.lot_id)
    await session.flush()
    await _book(session, actor, lots)


async def ask_bank(session: AsyncSession, actor: Actor, *, refund_id: UUID) -> None:
    """Finance has the bank asked after a payment that was sent and is not answered; nothing is paid by this."""
    if not actor.has("finance"):
        raise Forbidden
    found = await refund(session, refund_id)
    await lock(session, f"ledger:lot:{found.lot_id}")
    found = await refund(session, refund_id)
    last = found.last
    if last is None or last.state not in {"sent", "unknown"}:
        raise PaymentNotUnknown
    now = await platform_now(session)
    session.add(
        PaymentStepRow(
            id=new_id(),
            payment_id=last.id,
            lot_id=found.lot_id,
            org_id=found.org_id,
            bank_org_id=found.bank_org_id,
            kind="asked",
            at=now,
        )
    )
    payload = {"payment": str(last.id), "refund": str(refund_id)}
    await append(session, actor, entries.PAYMENTS_ASKED, subject=f"lot:{found.lot_id}", payload=payload, at=now)
    await session.flush()


async def _bank(session: AsyncSession, actor: Actor) -> UUID:
    """From here on row security shows what this bank holds, besides what is public; one at a time, file by file."""
    if actor.org_id is None or not actor.has("bank"):
        raise NotABank
    await lock(session, "funds:statements", timeout_ms=20_000)
    await see_own_only(session)
    await session.execute(_AS_BANK, {"bank": str(actor.org_id)})
    return actor.org_id


async def _order_quietly(session: AsyncSession, bank: UUID) -> None:
    """Refunds of running lots, by their depositors' signatures alone: nobody here may see them, so the rule decides."""
    ids = (await session.execute(_QUIET, {"bank": bank})).scalars().all()
    now = await platform_now(session)
    today = local_day(now)
    for item in await refunds_by_id(session, ids):
        rates, basis = rates_of(load_profile((await projects.lot(session, item.lot_id)).profile))
        fen = interest_fen(item.principal_fen, item.paid_on, today, rates, basis)
        session.add(payment_of(item, batch_id=None, value_on=today, interest=fen, account=item.payer_account, at=now))
    await session.flush()


async def _book(session: AsyncSession, actor: Actor, lots: set[UUID]) -> None:
    """Into journal and ledger what belongs to closed lots; the rest waits for its closing and leaves no trace here."""
    for lot_id in (await session.execute(_PUBLIC, {"lots": sorted(lots)})).scalars().all():
        await lock(session, f"ledger:lot:{lot_id}")
        await post_payments(session, actor, lot_id=lot_id)
        await mark_if_paid(session, actor, lot_id=lot_id)


def _step(row: Row[Any], kind: str, at: Any) -> PaymentStepRow:
    return PaymentStepRow(
        id=new_id(),
        payment_id=row.id,
        lot_id=row.lot_id,
        org_id=row.org_id,
        bank_org_id=row.bank_org_id,
        kind=kind,
        at=at,
    )
