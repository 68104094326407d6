"""Accounts and postings of the ledger (记账凭证): each balanced in itself, which the database demands at commit."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.ids import new_id

_ACCOUNT = text(
    "INSERT INTO ledger_accounts (id, kind, lot_id, org_id) VALUES (:id, :kind, :lot, :org) "
    "ON CONFLICT ON CONSTRAINT uq_ledger_accounts_kind_lot_id_org_id DO NOTHING"
)
_FIND = text(
    "SELECT id FROM ledger_accounts WHERE kind = :kind AND lot_id IS NOT DISTINCT FROM :lot "
    "AND org_id IS NOT DISTINCT FROM :org"
)
_POST = text(
    "INSERT INTO ledger_postings (id, line_id, payment_id, step, withheld_id, at, entry_id) "
    "VALUES (:id, :line, :payment, :step, :withheld, :at, :entry)"
)
_HALF = text("INSERT INTO ledger_entries (posting_id, account_id, amount_fen) VALUES (:posting, :account, :amount)")


async def account_of(session: AsyncSession, kind: str, lot_id: UUID | None, org_id: UUID | None) -> UUID:
    """The account, opened at its first posting."""
    wanted = {"kind": kind, "lot": lot_id, "org": org_id}
    await session.execute(_ACCOUNT, {"id": new_id(), **wanted})
    found: UUID = (await session.execute(_FIND, wanted)).scalar_one()
    return found


async def post(
    session: AsyncSession, cause: Mapping[str, object], *, halves: Mapping[UUID, int], entry_id: UUID
) -> None:
    """One posting of its halves by account, 借 positive; an empty half is none. `cause` is what it rests on."""
    posting = new_id()
    rests = {"line": None, "payment": None, "step": None, "withheld": None, **cause}
    at = await platform_now(session)
    await session.execute(_POST, {"id": posting, "at": at, "entry": entry_id, **rests})
    shown = [{"posting": posting, "account": account, "amount": fen} for account, fen in halves.items() if fen]
    await session.execute(_HALF, shown)
