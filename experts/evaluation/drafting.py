"""Saving what a member types (暂存): as often as the page likes, complete or not, journalled only when handed in."""

import secrets
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation.errors import AlreadySubmitted, StageOver
from experts.evaluation.forms import Sheet
from experts.evaluation.models import EvaluationMember, EvaluationSheet
from experts.evaluation.states import KINDS
from experts.evaluation.store import member_of, own_sheet, round_of, row_of, submissions_of
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor


async def demand_writing(session: AsyncSession, actor: Actor, lot_id: UUID, kind: str) -> EvaluationMember:
    """The actor's seat, while this kind of sheet is asked for and the actor's is not in; its steps locked."""
    row = await row_of(session, lot_id, locked=True)
    member = await member_of(session, actor, lot_id)
    if any(item.seat == member.seat for item in await submissions_of(session, lot_id, kind)):
        raise AlreadySubmitted
    if KINDS.get(row.stage) != kind:
        raise StageOver(stage=row.stage)
    return member


async def save_draft(session: AsyncSession, actor: Actor, *, lot_id: UUID, kind: str, sheet: Sheet) -> None:
    """Keep what is typed so far, instead of what was kept before."""
    member = await demand_writing(session, actor, lot_id, kind)
    await keep(session, actor, member, kind, msgspec.to_builtins(sheet))


async def keep(
    session: AsyncSession, actor: Actor, member: EvaluationMember, kind: str, body: dict[str, Any]
) -> EvaluationSheet:
    """The member's row of this kind, written."""
    row = await own_sheet(session, actor, member.lot_id, kind)
    now = await platform_now(session)
    if row is None:
        row = EvaluationSheet(
            lot_id=member.lot_id,
            seat=member.seat,
            kind=kind,
            round=round_of(await row_of(session, member.lot_id), kind),
            membership_id=member.membership_id,
            body=body,
            salt=secrets.token_bytes(32),
            changed_at=now,
        )
        session.add(row)
    else:
        row.body, row.changed_at = body, now
    await session.flush()
    return row
