"""Keeping a deposit (不予退还投标保证金): the tenderer's decision on a ground of law, with reasons, never by itself.

招标投标法实施条例 35 (a bid revoked after the deadline) and 74 (a winner that does not contract). What is kept is owed
to the tenderer and leaves the depositor's account at once; a deposit already going back cannot be kept.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import DepositDisposed, GroundUnknown, NotTheTenderer
from trading.funds.models import RefundDisclosureRow, RefundRow
from trading.funds.proof import commitment
from trading.funds.proof.refunds import Planned, plain
from trading.funds.reads import closed_lot, see_own_only
from trading.funds.services.accounts import account_of, post
from trading.funds.services.planning import mark_if_paid, rules_of
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties.services import demand_step_up
from trading.projects.calendar import local_day

_HELD = text(
    "SELECT l.id, l.bank_org_id, l.amount_fen, l.paid_at, l.salt, l.facts FROM bank_lines l "
    "WHERE l.lot_id = :lot AND l.org_id = :org AND l.outcome = 'matched' "
    "AND EXISTS (SELECT 1 FROM ledger_postings p WHERE p.line_id = l.id) "
    "AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.line_id = l.id)"
)


async def withhold_deposit(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, org_id: UUID, ground: str, reason: str
) -> UUID:
    """The depositor's deposit is kept; returns the decision's id."""
    lot = await closed_lot(session, lot_id)
    if actor.person_id is None or actor.org_id != lot.tenderer_org_id or not actor.has("tenderer"):
        raise NotTheTenderer
    demand_step_up(actor)
    if ground not in {item.id for item in (await rules_of(session, lot)).withholding}:
        raise GroundUnknown({"ground": FieldProblem("funds.ground_unknown")})
    if not reason.strip():
        raise GroundUnknown({"reason": FieldProblem("web.required")})
    await lock(session, f"ledger:lot:{lot_id}")
    await see_own_only(session)
    now = await platform_now(session)
    line = (await session.execute(_HELD, {"lot": lot_id, "org": org_id})).one_or_none()
    if line is None:
        raise DepositDisposed
    kept = RefundRow(
        id=new_id(),
        line_id=line.id,
        lot_id=lot_id,
        org_id=org_id,
        bank_org_id=line.bank_org_id,
        cause="withheld",
        principal_fen=line.amount_fen,
        paid_on=local_day(line.paid_at),
        basis_at=now,
        ground=ground,
        reason=reason.strip(),
        decided_by=actor.person_id,
    )
    session.add(kept)
    await session.flush()
    shown = Planned(
        refund=str(kept.id),
        line=commitment(bytes(line.salt), bytes(line.facts)),
        cause="withheld",
        principal_fen=line.amount_fen,
        paid_on=kept.paid_on,
        basis_at=rfc3339(now),
        ground=ground,
    )
    secret = {"reason": reason.strip()}
    entry = await append(
        session, actor, entries.DEPOSIT_WITHHELD, subject=f"lot:{lot_id}", payload=plain(shown), secret=secret, at=now
    )
    session.add(RefundDisclosureRow(refund_id=kept.id, entry_id=entry))
    mine = await account_of(session, "deposit", lot_id, org_id)
    theirs = await account_of(session, "withheld", lot_id, lot.tenderer_org_id)
    halves = {mine: line.amount_fen, theirs: -line.amount_fen}
    await post(session, {"withheld": kept.id}, halves=halves, entry_id=entry)
    await mark_if_paid(session, actor, lot_id=lot_id)
    return kept.id
