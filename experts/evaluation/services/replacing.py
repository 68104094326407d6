"""Replacing a member while bids are evaluated (更换评标委员会成员).

What a replaced member concluded is void, and whoever comes reviews anew (评标委员会和评标方法暂行规定 13, 14): until
then no sheet is shown to anyone but its author. The others' sheets stand, unless the new review decides otherwise about
a bid: what they wrote on the ground of the former decision is void too, which the journal says with the report, for
until then it would tell of rejections.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation.entries import MEMBER_SEATED, SHEETS_VOIDED
from experts.evaluation.errors import NoReplacement, TooLateToReplace
from experts.evaluation.models import EvaluationMember, EvaluationSubmission, EvaluationTable
from experts.evaluation.states import EVALUATION
from experts.evaluation.store import all_members_of, members_of, row_of, stream_of, submissions_of
from experts.proof import facts
from experts.services import absence
from experts.types import Committee
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.signing import PersonalSeal

_REPORTED = ("signing", "done")


async def declare_absence(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, seat: int, code: absence.Code, reason: str
) -> UUID:
    """An official says that a member must be replaced; once there is a report, silence is agreement instead."""
    await _before_report(session, lot_id)
    return (await absence.declare_absence(session, actor, lot_id=lot_id, seat=seat, code=code, reason=reason)).id


async def confirm_absence(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, absence_id: UUID, personal: PersonalSeal
) -> None:
    """Another person agrees: the next in the order is called, and what the member wrote counts no more."""
    row = await _before_report(session, lot_id)
    emptied = await absence.confirm_absence(session, actor, lot_id=lot_id, absence_id=absence_id, personal=personal)
    if row is not None:
        await void_member(session, actor, lot_id=lot_id, emptied=emptied)


async def void_member(session: AsyncSession, actor: Actor, *, lot_id: UUID, emptied: absence.Emptied) -> None:
    """The seat's sheets are void, all others close again, and the committee waits for the replacement."""
    row = await row_of(session, lot_id, locked=True)
    if row.stage in _REPORTED:
        raise TooLateToReplace
    now = await platform_now(session)
    sheets = [item.commitment for item in await submissions_of(session, lot_id) if item.seat == emptied.seat]
    row.stage = EVALUATION.advance(row.stage, "replace")
    row.review_open_at = row.choice_open_at = row.score_open_at = None
    row.choice = None
    await session.flush()
    member = next(item for item in await members_of(session, lot_id) if item.seat == emptied.seat)
    member.replaced_at, member.replaced_entry = now, emptied.entry
    await _void(session, actor, lot_id, emptied.entry, sheets)
    await live.publish(session, stream_of(lot_id), "progress", {})


async def seat_replacement(session: AsyncSession, actor: Actor, *, lot_id: UUID, committee: Committee | None) -> int:
    """Whoever was unlocked since takes the empty seats; how many."""
    if not actor.has("official"):
        raise Forbidden
    row = await row_of(session, lot_id, locked=True)
    known = {member.membership_id for member in await members_of(session, lot_id)}
    fresh = [item for item in committee.members if item.membership_id not in known] if committee else []
    if not fresh or len(known) + len(fresh) != row.members:
        raise NoReplacement
    now = await platform_now(session)
    await append(session, actor, MEMBER_SEATED, subject=f"lot:{lot_id}", payload={"members": len(fresh)}, at=now)
    session.add_all(
        EvaluationMember(
            lot_id=lot_id,
            seat=item.seat,
            membership_id=item.membership_id,
            person_id=item.person_id,
            pseudonym=item.pseudonym,
        )
        for item in fresh
    )
    await session.flush()
    await live.publish(session, stream_of(lot_id), "progress", {})
    return len(fresh)


async def hold_to(session: AsyncSession, row: EvaluationTable, valid: Sequence[str]) -> None:
    """The reviews are all in; if they let other bids pass than before a member was replaced, a new round begins."""
    if row.valid is not None and row.valid != list(valid):
        row.round += 1
    row.valid = list(valid)
    await session.flush()


async def void_rounds(session: AsyncSession, actor: Actor, lot_id: UUID) -> None:
    """Before the report: what sitting members had written in earlier rounds, named in the journal as void."""
    entries = [item for item in await all_members_of(session, lot_id) if item.replaced_entry is not None]
    sitting = {item.seat for item in await members_of(session, lot_id)}
    counted = {item.commitment for item in await submissions_of(session, lot_id)}
    every = await session.scalars(select(EvaluationSubmission).where(EvaluationSubmission.lot_id == lot_id))
    stale = [item.commitment for item in every if item.seat in sitting and item.commitment not in counted]
    if stale:
        newest = max(entries, key=lambda item: (item.replaced_at, item.seat)).replaced_entry
        assert newest is not None  # rounds begin only after a replacement
        await _void(session, actor, lot_id, newest, stale)


async def _void(session: AsyncSession, actor: Actor, lot_id: UUID, entry: UUID, sheets: Sequence[str]) -> None:
    payload = facts.sheets_voided(str(entry), sheets)
    await append(session, actor, SHEETS_VOIDED, subject=f"lot:{lot_id}", payload=payload)
    await session.flush()


async def _before_report(session: AsyncSession, lot_id: UUID) -> EvaluationTable | None:
    """The evaluation, held; None where it has not begun."""
    row = await session.get(EvaluationTable, lot_id)
    if row is not None:
        row = await row_of(session, lot_id, locked=True)
        if row.stage in _REPORTED:
            raise TooLateToReplace
    return row
