"""Objecting at the opening (开标异议): raised on the spot, answered at once, minuted (招标投标法实施条例 44).

A bidder that takes part may object while the opening is under way; it gets a signed receipt. The official, or the
tenderer's own side, answers. Every step is journalled and seen live, and the opening does not end over an open one.
"""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.entries import OBJECTION_ANSWERED, OBJECTION_RAISED, OBJECTION_WITHDRAWN
from bidding.opening.errors import (
    NotTakingPart,
    NotYourObjection,
    ObjectionEnded,
    OpeningOver,
    TooManyObjections,
)
from bidding.opening.objections import Stored, stored_objection, stored_objections
from bidding.opening.state import announcements, stream_of
from bidding.proof.objection import ObjectionReceipt, sign_objection, words_digest
from bidding.subjects import lot as lot_subject
from trading.kernel import live
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.signing import Signer
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.types import LotView

MOST = 20
"""Of one bidder at one opening."""

_INSERT = text(
    "INSERT INTO objections (id, lot_id, org_id, organisation, uscc, text, digest, receipt, raised_at, entry_id) "
    "VALUES (:id, :lot, :org, :organisation, :uscc, :text, :digest, :receipt, :at, :entry)"
)
_END = text(
    "INSERT INTO objection_ends (objection_id, outcome, text, ended_at, entry_id) "
    "VALUES (:id, :outcome, :text, :at, :entry)"
)


def objections_lock(lot_id: UUID) -> str:
    """Raising, answering, withdrawing and the end of the opening follow each other."""
    return f"objections:{lot_id}"


async def raise_objection(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, words: str, signer: Signer
) -> tuple[Stored, bool]:
    """The objection with its receipt, and whether it is new; the same words again, while open, give the same one."""
    await _under_way(session, lot_id)
    if actor.org_id is None or not await takes_part(session, actor, lot_id):
        raise NotTakingPart
    subject, digest = str(lot_subject(lot_id)), words_digest(words)
    mine = [item for item in await stored_objections(session, lot_id) if item.org_id == actor.org_id]
    for item in mine:
        if item.is_open and item.digest == digest:
            return item, False
    if len(mine) >= MOST:
        raise TooManyObjections(most=MOST)
    own = await parties.organisation(session, actor.org_id)
    announcement = (await announcements(session, subject))[-1]
    now, objection_id = await platform_now(session), new_id()
    receipt = ObjectionReceipt(
        v="LBQ1",
        subject=subject,
        ann=announcement.ann,
        objection=str(objection_id),
        uscc=own.uscc,
        digest=digest,
        raised_at=rfc3339(now),
    )
    shown = {"objection": receipt.objection, "organisation": own.name, "uscc": own.uscc, "digest": digest}
    entry = await append(session, actor, OBJECTION_RAISED, subject=subject, payload=shown, at=now)
    row = {
        "id": objection_id,
        "lot": lot_id,
        "org": own.id,
        "organisation": own.name,
        "uscc": own.uscc,
        "text": words,
        "digest": digest,
        "receipt": sign_objection(receipt, signer),
        "at": now,
        "entry": entry,
    }
    await session.execute(_INSERT, row)
    await _tell(session, lot_id, objection_id, "open")
    return await stored_objection(session, lot_id, objection_id), True


async def withdraw_objection(session: AsyncSession, actor: Actor, *, lot_id: UUID, objection_id: UUID) -> Stored:
    """Its own bidder takes it back before it is answered."""
    await _under_way(session, lot_id)
    found = await stored_objection(session, lot_id, objection_id)
    if found.org_id != actor.org_id:
        raise NotYourObjection
    return await _end(session, actor, lot_id, found, outcome="withdrawn", words="")


async def answer_objection(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    objection_id: UUID,
    outcome: Literal["upheld", "dismissed"],
    words: str,
) -> Stored:
    """答复: by the official who leads the opening, or the tenderer's side, once."""
    lot = await _under_way(session, lot_id, "failed")
    if not (actor.has("official") or actor.org_id in {lot.tenderer_org_id, lot.agency_org_id}):
        raise Forbidden
    found = await stored_objection(session, lot_id, objection_id)
    return await _end(session, actor, lot_id, found, outcome=outcome, words=words)


async def _end(session: AsyncSession, actor: Actor, lot_id: UUID, found: Stored, *, outcome: str, words: str) -> Stored:
    if not found.is_open:
        raise ObjectionEnded
    now, objection = await platform_now(session), found.shown.id
    shown: dict[str, Any] = {"objection": str(objection)}
    action = OBJECTION_WITHDRAWN
    if words:
        action = OBJECTION_ANSWERED
        shown |= {"outcome": outcome, "digest": words_digest(words)}
    entry = await append(session, actor, action, subject=str(lot_subject(lot_id)), payload=shown, at=now)
    row = {"id": objection, "outcome": outcome, "text": words, "at": now, "entry": entry}
    await session.execute(_END, row)
    await _tell(session, lot_id, objection, outcome)
    return await stored_objection(session, lot_id, objection)


async def _under_way(session: AsyncSession, lot_id: UUID, *also: str) -> LotView:
    """What was raised before an opening broke off is still answered."""
    await lock(session, objections_lock(lot_id))
    lot = await projects.lot(session, lot_id)
    if lot.state not in {"opening", *also}:
        raise OpeningOver
    return lot


async def takes_part(session: AsyncSession, actor: Actor, lot_id: UUID) -> bool:
    """Whether the actor's organisation does; public since the box was closed (截止后公开)."""
    return actor.org_id in {org for org, _ in await projects.participations(session, lot_id)}


async def _tell(session: AsyncSession, lot_id: UUID, objection_id: UUID, state: str) -> None:
    shown = {"objection": str(objection_id), "state": state}
    await live.publish(session, stream_of(lot_subject(lot_id)), "objection", shown)
