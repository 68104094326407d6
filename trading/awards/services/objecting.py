"""Objections to the result (对评标结果的异议): within the publicity, answered within three days, all else waits.

招标投标法实施条例 54: by bidders and other interested parties; the tenderer answers, and before that 暂停招标投标活动.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries
from trading.awards.errors import (
    InterestMissing,
    NoInterest,
    NotPublicised,
    ObjectionEnded,
    ObjectionTooLate,
    ObjectionUnknown,
    TooManyObjections,
)
from trading.awards.models import ObjectionEndRow, ObjectionRow
from trading.awards.proof import ObjectionReceipt, sign_receipt, words_digest
from trading.awards.rules import due
from trading.awards.store import begun_publicity, bidders_of, demand_side, locked_lot, objections_of, rules_of
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.signing import Signer
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.rights import is_staff, manages

MOST = 10
"""Of one organisation in one lot."""


async def raise_objection(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, words: str, interest: str, signer: Signer
) -> tuple[ObjectionRow, bool]:
    """The objection with its receipt, and whether it is new; the same words again, while open, give the same one."""
    lot = await locked_lot(session, lot_id)
    publicity = await begun_publicity(session, lot_id)
    if publicity is None:
        raise NotPublicised
    if actor.org_id is None or is_staff(actor) or manages(actor, lot.tenderer_org_id, lot.agency_org_id):
        raise NoInterest
    if actor.org_id in {lot.tenderer_org_id, lot.agency_org_id}:
        raise NoInterest
    now = await platform_now(session)
    if now >= publicity.ends_at:
        raise ObjectionTooLate(ended=publicity.ends_at)
    took_part = any(row.org_id == actor.org_id for row in await bidders_of(session, lot_id))
    if not took_part and not interest.strip():
        raise InterestMissing({"interest": FieldProblem("awards.interest_needed")})
    digest = words_digest(words)
    mine = [(row, end) for row, end in await objections_of(session, lot_id) if row.org_id == actor.org_id]
    for row, end in mine:
        if end is None and row.digest == digest:
            return row, False
    if len(mine) >= MOST:
        raise TooManyObjections(most=MOST)
    own = await parties.organisation(session, actor.org_id)
    objection_id, subject = new_id(), f"lot:{lot_id}"
    reply_by = due(await rules_of(session, lot), await projects.calendar(session), "result_reply", now)
    receipt = ObjectionReceipt(
        v="LAO1",
        subject=subject,
        objection=str(objection_id),
        uscc=own.uscc,
        digest=digest,
        raised_at=rfc3339(now),
        reply_by=rfc3339(reply_by),
    )
    standing = "bidder" if took_part else "interested"
    shown = {"objection": str(objection_id), "standing": standing, "digest": digest, "reply_by": rfc3339(reply_by)}
    entry = await append(
        session,
        actor,
        entries.RESULT_OBJECTED,
        subject=subject,
        payload={**shown, "organisation": own.name, "uscc": own.uscc},
        at=now,
    )
    made = ObjectionRow(
        id=objection_id,
        lot_id=lot_id,
        org_id=own.id,
        organisation=own.name,
        uscc=own.uscc,
        standing=standing,
        interest="" if took_part else interest.strip(),
        text=words,
        digest=digest,
        receipt=sign_receipt(receipt, signer),
        raised_at=now,
        reply_by=reply_by,
        entry_id=entry,
    )
    session.add(made)
    await session.flush()
    return made, True


async def withdraw_objection(session: AsyncSession, actor: Actor, *, lot_id: UUID, objection_id: UUID) -> None:
    """Its own side takes it back before it is answered."""
    await locked_lot(session, lot_id)
    row = await _open(session, lot_id, objection_id)
    if row.org_id != actor.org_id:
        raise ObjectionUnknown
    now = await platform_now(session)
    shown = {"objection": str(row.id)}
    entry = await append(
        session, actor, entries.RESULT_OBJECTION_WITHDRAWN, subject=f"lot:{lot_id}", payload=shown, at=now
    )
    ended = ObjectionEndRow(objection_id=row.id, outcome="withdrawn", text="", late=False, ended_at=now, entry_id=entry)
    session.add(ended)
    await session.flush()


async def answer_objection(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    objection_id: UUID,
    outcome: Literal["upheld", "dismissed"],
    words: str,
) -> None:
    """答复 by the tenderer's side, once; a late one is taken, and is marked late for ever."""
    lot = await locked_lot(session, lot_id)
    demand_side(actor, lot)
    row = await _open(session, lot_id, objection_id)
    now = await platform_now(session)
    late = now >= row.reply_by
    shown = {"objection": str(row.id), "outcome": outcome, "digest": words_digest(words), "late": late}
    entry = await append(session, actor, entries.RESULT_ANSWERED, subject=f"lot:{lot_id}", payload=shown, at=now)
    session.add(
        ObjectionEndRow(objection_id=row.id, outcome=outcome, text=words, late=late, ended_at=now, entry_id=entry)
    )
    await session.flush()


async def _open(session: AsyncSession, lot_id: UUID, objection_id: UUID) -> ObjectionRow:
    for row, end in await objections_of(session, lot_id):
        if row.id == objection_id:
            if end is not None:
                raise ObjectionEnded
            return row
    raise ObjectionUnknown
