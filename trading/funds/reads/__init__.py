"""Questions about deposits. Before closing the database itself answers each organisation about its own alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds.errors import DepositsSecret
from trading.funds.types import (
    AccountEntry,
    Balance,
    DepositState,
    DepositStatus,
    DepositView,
    HolderLines,
    LineView,
)
from trading.kernel.clock import platform_now
from trading.kernel.errors import NotFound
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.reads import see_participations_of
from trading.projects.types import LotView

_NUMBER = text("SELECT number FROM deposit_accounts WHERE lot_id = :lot AND org_id = :org")
_LINES = text("SELECT * FROM bank_lines WHERE lot_id = :lot ORDER BY paid_at, id")
_OWN_LINES = text("SELECT * FROM bank_lines WHERE lot_id = :lot AND org_id = :org ORDER BY paid_at, id")
_HOLDERS = text(
    "SELECT a.org_id, a.number, o.name, o.uscc FROM deposit_accounts a JOIN organisations o ON o.id = a.org_id "
    "WHERE a.lot_id = :lot ORDER BY o.name, a.org_id"
)
_WITHDRAWN = text("SELECT org_id FROM refund_requests WHERE lot_id = :lot")
_BALANCES = text(
    "SELECT a.id, a.kind, a.lot_id, p.name || ' · ' || t.name AS lot_name, a.org_id, o.name AS org_name, "
    "CAST(coalesce(sum(e.amount_fen) FILTER (WHERE e.amount_fen > 0), 0) AS bigint) AS debit_fen, "
    "CAST(coalesce(-sum(e.amount_fen) FILTER (WHERE e.amount_fen < 0), 0) AS bigint) AS credit_fen, "
    "count(e.amount_fen) AS entries FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id "
    "LEFT JOIN lots t ON t.id = a.lot_id LEFT JOIN projects p ON p.id = t.project_id "
    "LEFT JOIN organisations o ON o.id = a.org_id "
    "GROUP BY a.id, t.id, p.name, o.name ORDER BY "
    "array_position(ARRAY['bank', 'interest', 'transit', 'suspense', 'deposit', 'return', 'withheld'], a.kind), "
    "p.name, t.number, o.name, a.id"
)
_ENTRIES = text(
    "SELECT p.id AS posting_id, p.at AS posted_at, p.entry_id AS journal_entry, e.amount_fen, l.paid_at, l.payer_name, "
    "l.reference, coalesce(p.step, CASE WHEN p.line_id IS NULL THEN 'withheld' ELSE 'line' END) AS step "
    "FROM ledger_entries e JOIN ledger_postings p ON p.id = e.posting_id "
    "LEFT JOIN refund_payments y ON y.id = p.payment_id "
    "LEFT JOIN refunds r ON r.id = coalesce(y.refund_id, p.withheld_id) "
    "LEFT JOIN bank_lines l ON l.id = coalesce(p.line_id, r.line_id) WHERE e.account_id = :account ORDER BY p.at, p.id"
)


async def see_own_only(session: AsyncSession, org_id: UUID | None = None) -> None:
    """From here on row security shows this organisation's rows, and what closing has made public."""
    await see_participations_of(session, org_id)


async def look_at_suspense(session: AsyncSession, *, looking: bool) -> None:
    """Lets row security show the lines that named nobody; whoever looks for a person journals it first."""
    await session.execute(text("SELECT set_config('trading.suspense', :on, true)"), {"on": "on" if looking else ""})


def line_view(row: Row[Any]) -> LineView:
    """A row as others may hold it."""
    return LineView(
        id=row.id,
        paid_at=row.paid_at,
        amount_fen=row.amount_fen,
        payer_name=row.payer_name,
        payer_account=row.payer_account,
        sub_account=row.sub_account,
        reference=row.reference,
        outcome=row.outcome,
        entry=bytes(row.leaf).hex() if row.leaf else None,
        salt=bytes(row.salt).hex(),
    )


def state_of(lines: Sequence[LineView], *, withdrawn: bool) -> DepositState:
    """Taken back, or paid, if any line is good; else what the newest one lacks."""
    if withdrawn:
        return "withdrawn"
    if any(line.outcome == "matched" for line in lines):
        return "matched"
    newest = lines[-1].outcome if lines else "suspense"
    return "none" if newest == "suspense" else newest


async def own_deposit(session: AsyncSession, actor: Actor, lot_id: UUID) -> DepositView:
    """The actor's organisation's own deposit for a lot; nobody else's."""
    lot = await projects.lot(session, lot_id)
    number, lines, withdrawn = None, [], None
    if actor.org_id is not None:
        await see_own_only(session, actor.org_id)
        wanted = {"lot": lot_id, "org": actor.org_id}
        number = (await session.execute(_NUMBER, wanted)).scalar_one_or_none()
        lines = [line_view(row) for row in await session.execute(_OWN_LINES, wanted)]
        withdrawn = actor.org_id in (await session.execute(_WITHDRAWN, wanted)).scalars().all()
    return DepositView(
        lot_id=lot_id,
        amount_fen=lot.deposit_fen,
        due_at=lot.deadline_at,
        number=number,
        state=state_of(lines, withdrawn=bool(withdrawn)),
        lines=tuple(lines),
    )


async def closed_lot(session: AsyncSession, lot_id: UUID) -> LotView:
    """The lot, if its box is closed; until then its deposits are nobody's business."""
    lot = await projects.lot(session, lot_id)
    if lot.participants_public_at is None or lot.participants_public_at > await platform_now(session):
        raise DepositsSecret
    return lot


async def lot_deposits(session: AsyncSession, lot_id: UUID) -> tuple[HolderLines, ...]:
    """Every sub-account of a closed lot with what arrived on it."""
    await closed_lot(session, lot_id)
    await see_own_only(session)
    lines: dict[UUID, list[LineView]] = {}
    withdrawn = set((await session.execute(_WITHDRAWN, {"lot": lot_id})).scalars())
    for row in await session.execute(_LINES, {"lot": lot_id}):
        lines.setdefault(row.org_id, []).append(line_view(row))
    return tuple(
        HolderLines(
            org_id=row.org_id,
            org_name=row.name,
            uscc=row.uscc,
            number=row.number,
            state=state_of(lines.get(row.org_id, []), withdrawn=row.org_id in withdrawn),
            lines=tuple(lines.get(row.org_id, [])),
        )
        for row in await session.execute(_HOLDERS, {"lot": lot_id})
    )


async def deposit_status(session: AsyncSession, lot_id: UUID, references: Sequence[str]) -> dict[str, DepositStatus]:
    """What came of each reference; `DepositsSecret` before closing. A duplicate beside a good line is still paid."""
    held = {holder.number: holder for holder in await lot_deposits(session, lot_id)}
    found = {}
    for reference in references:
        holder = held.get("".join(reference.split()))
        if holder is None:
            found[reference] = DepositStatus(reference, "none")
            continue
        good = [line for line in holder.lines if line.outcome == "matched"]
        line = good[0] if good else holder.lines[-1] if holder.lines else None
        found[reference] = DepositStatus(
            reference=reference,
            state=holder.state,
            paid_fen=line.amount_fen if line else None,
            payer_name=line.payer_name if line else None,
            paid_at=line.paid_at if line else None,
            holder_org_id=holder.org_id,
            holder_uscc=holder.uscc,
        )
    return found


async def balances(session: AsyncSession) -> tuple[Balance, ...]:
    """The trial balance (试算平衡表): every account; debits and credits are equal."""
    return tuple(Balance(**row) for row in (await session.execute(_BALANCES)).mappings())


async def account(session: AsyncSession, account_id: UUID) -> Balance:
    """One account of the ledger."""
    found = next((item for item in await balances(session) if item.id == account_id), None)
    if found is None:
        raise NotFound
    return found


async def account_entries(session: AsyncSession, account_id: UUID) -> tuple[AccountEntry, ...]:
    """An account's entries, oldest first; whose line stands behind one of suspense, only its journalled view shows."""
    await see_own_only(session)
    rows = await session.execute(_ENTRIES, {"account": account_id})
    return tuple(AccountEntry(**row) for row in rows.mappings())
