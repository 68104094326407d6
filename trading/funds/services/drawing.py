"""Drawing a sub-account (领取子账号): a blind act, so there is no journal entry, no outbox row and no time."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import reads
from trading.funds.errors import DepositTooEarly, DepositTooLate, NoDepositAsked
from trading.funds.numbers import new_number
from trading.funds.types import DepositView
from trading.kernel.clock import platform_now
from trading.kernel.errors import NotFound
from trading.kernel.identity import Actor
from trading.kernel.journal import blind_streams
from trading.projects import reads as projects
from trading.projects import service as project_service

JOINED_BY = "sub_account"

_DRAW = text(
    "INSERT INTO deposit_accounts (lot_id, org_id, number) VALUES (:lot, :org, :number) ON CONFLICT DO NOTHING"
)


async def draw_sub_account(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> DepositView:
    """The number for the actor's organisation; asked again, the same one. It is the organisation's alone to know."""
    lot = await projects.lot(session, lot_id)
    if not lot.deposit_fen:
        raise NoDepositAsked
    try:
        await blind_streams.find_stream(session, f"lot:{lot_id}")
    except NotFound as error:
        raise DepositTooEarly from error
    if await platform_now(session) > lot.deadline_at:
        raise DepositTooLate(deadline=lot.deadline_at)
    await project_service.join_lot(session, actor, lot_id=lot_id, kind=JOINED_BY)  # row security for the actor's own
    await session.execute(_DRAW, {"lot": lot_id, "org": actor.org_id, "number": new_number()})
    return await reads.own_deposit(session, actor, lot_id)
