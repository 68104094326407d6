"""Another account for a refund whose account the bank refused (变更退款账户): two people, and a day to think it over.

Money goes back to where it came from; so this is open only after a refusal, for the same payee, and neither the one who
proposes nor the one who confirms can do it alone. The account itself is not in the journal, only committed to.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import AccountNotRefused, FourEyes, PayoutUnknown
from trading.funds.models import PayoutAccountRow, PayoutConfirmationRow
from trading.funds.numbers import plain
from trading.funds.reads.refunds import payouts, refund
from trading.funds.services.planning import rules_of
from trading.funds.types import PayoutView
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.projects.calendar import local_day


async def propose_account(
    session: AsyncSession, actor: Actor, *, refund_id: UUID, account: str, reason: str
) -> PayoutView:
    """One person names the account, and why it is the payee's."""
    person = _finance(actor)
    given = {"account": plain(account), "reason": reason.strip()}
    missing = {name: FieldProblem("web.required") for name, value in given.items() if not value}
    if missing:
        raise Invalid(missing)
    found = await refund(session, refund_id)
    await lock(session, f"ledger:lot:{found.lot_id}")
    found = await refund(session, refund_id)
    if found.state != "refused":
        raise AccountNotRefused
    now = await platform_now(session)
    row = PayoutAccountRow(
        id=new_id(),
        refund_id=refund_id,
        account=plain(account),
        reason=reason.strip(),
        proposed_by=person,
        proposed_name=actor.name,
        proposed_at=now,
    )
    session.add(row)
    shown = {"payout": str(row.id), "refund": str(refund_id)}
    secret = {"account": plain(account), "reason": reason.strip()}
    subject = f"lot:{found.lot_id}"
    await append(session, actor, entries.PAYOUT_PROPOSED, subject=subject, payload=shown, secret=secret, at=now)
    await session.flush()
    return await _payout(session, refund_id, row.id)


async def confirm_account(session: AsyncSession, actor: Actor, *, refund_id: UUID, payout_id: UUID) -> PayoutView:
    """Another person confirms it; usable after the cooling-off."""
    person = _finance(actor)
    demand_step_up(actor)
    found = await refund(session, refund_id)
    await lock(session, f"ledger:lot:{found.lot_id}")
    payout = await _payout(session, refund_id, payout_id)
    if payout.confirmed_at is not None:
        raise PayoutUnknown
    if payout.proposed_by == person:
        raise FourEyes
    now = await platform_now(session)
    lot = await projects.lot(session, found.lot_id)
    days = (await rules_of(session, lot)).parameter("account_cooling", local_day(now)).value
    usable = now + timedelta(days=days)
    session.add(
        PayoutConfirmationRow(
            payout_id=payout_id,
            proposed_by=payout.proposed_by,
            confirmed_by=person,
            confirmed_name=actor.name,
            confirmed_at=now,
            usable_at=usable,
        )
    )
    shown = {"payout": str(payout_id), "refund": str(refund_id), "usable_at": rfc3339(usable)}
    await append(session, actor, entries.PAYOUT_CONFIRMED, subject=f"lot:{found.lot_id}", payload=shown, at=now)
    await session.flush()
    return await _payout(session, refund_id, payout_id)


async def _payout(session: AsyncSession, refund_id: UUID, payout_id: UUID) -> PayoutView:
    found = next((item for item in await payouts(session, [refund_id]) if item.id == payout_id), None)
    if found is None:
        raise PayoutUnknown
    return found


def _finance(actor: Actor) -> UUID:
    if actor.person_id is None or not actor.has("finance"):
        raise Forbidden
    return actor.person_id
