"""Replacing a member of the committee (更换评标委员会成员): absence, health, a tie that shows late.

One official declares it, another official or the supervisor confirms it; then the seat is empty, and the next in the
same order are called (招标投标法实施条例 46, 48; 评标委员会和评标方法暂行规定 13, 14). Whoever chooses this moment does
not choose who comes.
"""

from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.errors import AbsenceDecided, AbsenceUnknown, DrawUnknown, SeatEmpty, SecondPersonNeeded
from experts.models import CommitteeMember, Draw, DrawCall, MemberAbsence
from experts.proof import facts
from experts.proof.documents import Noted, Replaced
from experts.services.calling import go_on
from experts.states import DRAW
from experts.store import locked, seated_members
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.signing import PersonalSeal
from trading.parties.services import demand_step_up

Code = Literal["absent", "health", "recusal"]
CODES: tuple[Code, ...] = ("absent", "health", "recusal")


class Emptied(NamedTuple):
    """A seat that is empty now, and the entry of the journal by which it is."""

    seat: int
    entry: UUID


async def declare_absence(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, seat: int, code: Code, reason: str
) -> MemberAbsence:
    """An official says that a member must be replaced, and why; nothing happens until another agrees."""
    if not actor.has("official") or actor.person_id is None:
        raise Forbidden
    draw = await _unlocked(session, lot_id)
    await _call_of(session, draw, seat)
    open_ones = await absences_of(session, lot_id)
    if any(item.seat == seat and item.state != "rejected" for item in open_ones):
        raise AbsenceDecided
    now = await platform_now(session)
    entry = await append(
        session,
        actor,
        entries.ABSENCE_DECLARED,
        subject=f"draw:{draw.id}",
        payload={"code": code, "seat": seat, "reason": reason},
        at=now,
    )
    row = MemberAbsence(
        id=new_id(),
        draw_id=draw.id,
        seat=seat,
        code=code,
        reason=reason,
        declared_by=actor.person_id,
        declared_at=now,
        declared_entry=entry,
        state="declared",
    )
    session.add(row)
    await session.flush()
    return row


async def confirm_absence(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, absence_id: UUID, personal: PersonalSeal
) -> Emptied:
    """The second person's yes: the member is out of the panel, and the next in the order are called."""
    draw, row = await _declared(session, actor, lot_id, absence_id)
    demand_step_up(actor)
    if row.declared_by == actor.person_id:
        raise SecondPersonNeeded
    call = await _call_of(session, draw, row.seat)
    now = await platform_now(session)
    told = Replaced(call.specialty, call.position, "absent", row.code, Noted("", ""))
    entry = await append(
        session, actor, entries.REPLACED, subject=f"draw:{draw.id}", payload=facts.replaced(told), at=now
    )
    call.state, call.recusal, call.recused_at, call.recusal_entry = "absent", row.code, now, entry
    row.state, row.decided_by, row.decided_at, row.entry_id = "confirmed", actor.person_id, now, entry
    if draw.state != "calling":
        draw.state = DRAW.advance(draw.state, "replace")
    await session.flush()
    await go_on(session, actor, draw, personal=personal)
    await live.publish(session, f"draw:{draw.id}", "changed", {"state": draw.state})
    return Emptied(row.seat, entry)


async def reject_absence(session: AsyncSession, actor: Actor, *, lot_id: UUID, absence_id: UUID) -> None:
    """The member stays: the declaration is withdrawn, or the second person does not agree."""
    draw, row = await _declared(session, actor, lot_id, absence_id)
    now = await platform_now(session)
    shown = {"code": row.code}
    entry = await append(session, actor, entries.ABSENCE_REJECTED, subject=f"draw:{draw.id}", payload=shown, at=now)
    row.state, row.decided_by, row.decided_at, row.entry_id = "rejected", actor.person_id, now, entry
    await session.flush()


async def absences_of(session: AsyncSession, lot_id: UUID) -> list[MemberAbsence]:
    """Everything that was declared of the lot's committee, the oldest first."""
    rows = await session.scalars(
        select(MemberAbsence)
        .join(Draw, Draw.id == MemberAbsence.draw_id)
        .where(Draw.lot_id == lot_id)
        .order_by(MemberAbsence.declared_at, MemberAbsence.id)
    )
    return list(rows)


async def members_of(session: AsyncSession, lot_id: UUID, *, replaced: bool = False) -> list[CommitteeMember]:
    """Who sits in the lot's unlocked committee, by seat; with `replaced` also who has left it."""
    draw_id = await session.scalar(select(Draw.id).where(Draw.lot_id == lot_id, Draw.unlocked_at.is_not(None)))
    if draw_id is None:
        return []
    if not replaced:
        return await seated_members(session, draw_id)
    query = select(CommitteeMember).where(CommitteeMember.draw_id == draw_id).order_by(CommitteeMember.seat)
    return list(await session.scalars(query))


async def _declared(session: AsyncSession, actor: Actor, lot_id: UUID, absence_id: UUID) -> tuple[Draw, MemberAbsence]:
    if not actor.has("official", "supervisor") or actor.person_id is None:
        raise Forbidden
    draw = await _unlocked(session, lot_id)
    row = await session.get(MemberAbsence, absence_id, populate_existing=True)
    if row is None or row.draw_id != draw.id:
        raise AbsenceUnknown
    if row.state != "declared":
        raise AbsenceDecided
    return draw, row


async def _unlocked(session: AsyncSession, lot_id: UUID) -> Draw:
    """The lot's draw, held; its committee was unlocked once."""
    found = await session.scalar(select(Draw.id).where(Draw.lot_id == lot_id, Draw.unlocked_at.is_not(None)))
    if found is None:
        raise DrawUnknown
    return await locked(session, found)


async def _call_of(session: AsyncSession, draw: Draw, seat: int) -> DrawCall:
    """The call that the member on this seat accepted."""
    for member in await seated_members(session, draw.id):
        if member.seat == seat:
            query = select(DrawCall).where(DrawCall.draw_id == draw.id, DrawCall.version_id == member.version_id)
            return (await session.scalars(query.execution_options(populate_existing=True))).one()
    raise SeatEmpty
