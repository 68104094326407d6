"""Posting to the ledger (记账): after closing only, each line once, each posting balanced in itself.

A good line is the bidder's deposit; every other one is money to be returned to whoever paid it, no part of a deposit.
What named nobody is suspense from the first moment: it belongs to no lot and tells of none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import DepositsSecret
from trading.funds.proof import commitment
from trading.funds.proof.refunds import ShownLine, plain
from trading.funds.reads import look_at_suspense, see_own_only
from trading.funds.services.accounts import account_of, post
from trading.funds.services.booking import post_payments
from trading.funds.services.planning import disclose, plan_arrived
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.projects import reads as projects
from trading.projects.calendar import local_day

_AN_ENTRY_HOLDS = 200
_WAITING = (
    "SELECT l.id, l.bank_org_id, l.lot_id, l.org_id, l.outcome, l.amount_fen, l.paid_at, l.salt, l.facts "
    "FROM bank_lines l WHERE NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.line_id = l.id) AND "
)
_OF_LOT = text(_WAITING + "l.lot_id = :lot ORDER BY l.paid_at, l.id")
_SUSPENSE = text(_WAITING + "l.statement_id = :statement AND l.lot_id IS NULL ORDER BY l.paid_at, l.id")
_LOTS = text(
    "SELECT DISTINCT l.lot_id FROM bank_lines l JOIN lots t ON t.id = l.lot_id WHERE l.statement_id = :statement "
    "AND t.participants_public_at <= (SELECT platform_now()) ORDER BY l.lot_id"
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
    if lines:
        await _post_lines(session, actor, lot_id, lines, now)
    # What its depositor had back before closing comes to light now; what came after the opening is let go.
    await disclose(session, actor, lot_id=lot_id)
    await post_payments(session, actor, lot_id=lot_id)
    await plan_arrived(session, actor, lot)
    return len(lines)


async def _post_lines(
    session: AsyncSession, actor: Actor, lot_id: UUID, lines: Sequence[Row[Any]], now: datetime
) -> None:
    for start in range(0, len(lines), _AN_ENTRY_HOLDS):
        await _post_group(session, actor, lot_id, lines[start : start + _AN_ENTRY_HOLDS], now)


async def _post_group(
    session: AsyncSession, actor: Actor, lot_id: UUID, lines: Sequence[Row[Any]], now: datetime
) -> None:
    matched = sum(line.outcome == "matched" for line in lines)
    shown = [plain(shown_line(line)) for line in lines]
    payload = {"lines": len(lines), "matched": matched, "sum_fen": sum(line.amount_fen for line in lines), "of": shown}
    entry_id = await append(session, actor, entries.DEPOSITS_POSTED, subject=f"lot:{lot_id}", payload=payload, at=now)
    for line in lines:
        kind = "deposit" if line.outcome == "matched" else "return"
        other = await account_of(session, kind, lot_id, line.org_id)
        await _post(session, line.id, line.bank_org_id, other=other, amount=line.amount_fen, entry_id=entry_id)


async def post_arrived(session: AsyncSession, actor: Actor, *, bank: UUID, statement: UUID, entry_id: UUID) -> None:
    """What of a statement may be posted at once: suspense, and lines of lots already closed."""
    await look_at_suspense(session, looking=True)
    lines = (await session.execute(_SUSPENSE, {"statement": statement})).all()
    await look_at_suspense(session, looking=False)
    for line in lines:
        other = await account_of(session, "suspense", None, None)
        await _post(session, line.id, bank, other=other, amount=line.amount_fen, entry_id=entry_id)
    await see_own_only(session)
    for lot_id in (await session.execute(_LOTS, {"statement": statement})).scalars().all():
        await post_deposits(session, actor, lot_id=lot_id)


async def _post(session: AsyncSession, line_id: UUID, bank: UUID, *, other: UUID, amount: int, entry_id: UUID) -> None:
    account = await account_of(session, "bank", None, bank)
    await post(session, {"line": line_id}, halves={account: amount, other: -amount}, entry_id=entry_id)


def shown_line(line: Row[Any]) -> ShownLine:
    """A line as everyone may see it after closing: what it is known by, how it was judged, how much, which day."""
    seal = commitment(bytes(line.salt), bytes(line.facts))
    return ShownLine(seal, line.outcome, line.amount_fen, local_day(line.paid_at))
