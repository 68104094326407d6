"""Ending the opening (结束开标): by the official, once the table has stood long enough and no objection is open.

Only then is the record made: it minutes what was objected and answered (招标投标法实施条例 44).
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.entries import OPENING_ENDED
from bidding.opening.errors import ObjectionsOpen, OpeningOver, TableIncomplete, WindowOpen
from bidding.opening.objecting import objections_lock
from bidding.opening.objections import ends_at, recorded, stored_objections
from bidding.opening.recording import make_record
from bidding.opening.state import opening, stream_of
from bidding.opening.table import table
from bidding.subjects import lot as lot_subject
from trading.funds import services as funds
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.signing import PlatformKeys
from trading.projects import reads as projects
from trading.projects import service


async def end_opening(session: AsyncSession, actor: Actor, *, lot_id: UUID, keys: PlatformKeys) -> str:
    """The opening is over and its record made; returns the record's digest."""
    of = lot_subject(lot_id)
    subject = str(of)
    await lock(session, objections_lock(lot_id))
    lot = await projects.lot(session, lot_id)
    if lot.state != "opening":
        raise OpeningOver
    found = await opening(session, subject, locked=True)
    until = await ends_at(session, lot, found)
    if until is None:
        raise TableIncomplete
    objections = [item.shown for item in await stored_objections(session, lot_id)]
    waiting = sum(item.outcome == "open" for item in objections)
    if waiting:
        raise ObjectionsOpen(count=waiting)
    now = await platform_now(session)
    if now < until:
        raise WindowOpen(until=until)
    await append(session, actor, OPENING_ENDED, subject=subject, payload={"objections": len(objections)}, at=now)
    await service.advance_lot(session, actor, lot_id=lot_id, verb="finish_opening")
    await service.mark_milestone(session, actor, subject=subject, key="opening")
    digest = await make_record(
        session, actor, lot_id=lot_id, objections=tuple(recorded(item) for item in objections), keys=keys
    )
    live_codes = frozenset(row.uscc for row in (await table(session, lot_id)).rows if row.uscc is not None)
    await funds.plan_refunds(session, actor, lot_id=lot_id, cause="opened", live=live_codes)
    await live.publish(session, stream_of(of), "ended", {"record": digest})
    return digest
