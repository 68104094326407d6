"""Posting to the ledger (记账): after closing only, each line once, each posting balanced in itself.

A good line is the bidder's deposit; every other one is money to be returned to whoever paid it, no part of a deposit.
What named nobody is suspense from the first moment: it belongs to no lot and tells of none.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import DepositsSecret
from trading.funds.reads import look_at_suspense, see_own_only
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects import reads as projects

_WAITING = (
    "SELECT l.id, l.bank_org_id, l.lot_id, l.org_id, l.outcome, l.amount_fen FROM bank_lines l "
    "WHERE NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.line_id = l.id) AND "
)
_OF_LOT = text(_WAITING + "l.lot_id = :lot ORDER BY l.paid_at, l.id")
_SUSPENSE = text(_WAITING + "l.statement_id = :statement AND l.lot_id IS NULL ORDER BY l.paid_at, l.id")
_LOTS = text(
    "SELECT DISTINCT l.lot_id FROM bank_lines l JOIN lots t ON t.id = l.lot_id WHERE l.statement_id = :statement "
    "AND t.participants_public_at <= (SELECT platform_now()) ORDER BY l.lot_id"
)
_ACCOUNT = text(
    "INSERT INTO ledger_accounts (id, kind, lot_id, org_id) VALUES (:id, :kind, :lot, :org) "
    "ON CONFLICT ON CONSTRAINT uq_ledger_accounts_kind_lot_id_org_id DO NOTHING"
)
_FIND = text(
    "SELECT id FROM ledger_accounts WHERE kind = :kind AND lot_id IS NOT DISTINCT FROM :lot "
    "AND org_id IS NOT DISTINCT FROM :org"
)
_POST = text("INSERT INTO ledger_postings (id, line_id, at, entry_id) VALUES (:id, :line, :at, :entry)")
_ENTRIES = text(
    "INSERT INTO ledger_entries (posting_id, account_id, amount_fen) "
    "VALUES (:posting, :bank, :amount), (:posting, :other, -CAST(:amount AS bigint))"
)


async def post_deposits(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> int:
    """Every line of a closed lot that is not posted yet; returns how many. Done again, it changes nothing."""
    lot = await projects.lot(session, lot_id)
    now = await platform_now(session)
    if lot.participants_public_at is None or lot.participants_public_at > now:
        raise DepositsSecret
    await lock(session, f"ledger:lot:{lot_id}")
    await see_own_only(session)
    lines = (await session.execute(_OF_LOT, {"lot": lot_id})).all()
    if not lines:
        return 0
    matched = sum(line.outcome == "matched" for line in lines)
    payload = {"lines": len(lines), "matched": matched, "sum_fen": sum(line.amount_fen for line in lines)}
    entry_id = await append(session, actor, entries.DEPOSITS_POSTED, subject=f"lot:{lot_id}", payload=payload, at=now)
    for line in lines:
        kind = "deposit" if line.outcome == "matched" else "return"
        other = await _account(session, kind, lot_id, line.org_id)
        await _post(session, line.id, line.bank_org_id, other=other, amount=line.amount_fen, entry_id=entry_id)
    return len(lines)


async def post_arrived(session: AsyncSession, actor: Actor, *, bank: UUID, statement: UUID, entry_id: UUID) -> None:
    """What of a statement may be posted at once: suspense, and lines of lots already closed."""
    await look_at_suspense(session, looking=True)
    lines = (await session.execute(_SUSPENSE, {"statement": statement})).all()
    await look_at_suspense(session, looking=False)
    for line in lines:
        other = await _account(session, "suspense", None, None)
        await _post(session, line.id, bank, other=other, amount=line.amount_fen, entry_id=entry_id)
    await see_own_only(session)
    for lot_id in (await session.execute(_LOTS, {"statement": statement})).scalars().all():
        await post_deposits(session, actor, lot_id=lot_id)


async def _account(session: AsyncSession, kind: str, lot_id: UUID | None, org_id: UUID | None) -> UUID:
    wanted = {"kind": kind, "lot": lot_id, "org": org_id}
    await session.execute(_ACCOUNT, {"id": new_id(), **wanted})
    found: UUID = (await session.execute(_FIND, wanted)).scalar_one()
    return found


async def _post(session: AsyncSession, line_id: UUID, bank: UUID, *, other: UUID, amount: int, entry_id: UUID) -> None:
    account = await _account(session, "bank", None, bank)
    posting = new_id()
    at = await platform_now(session)
    await session.execute(_POST, {"id": posting, "line": line_id, "at": at, "entry": entry_id})
    await session.execute(_ENTRIES, {"posting": posting, "bank": account, "other": other, "amount": amount})
