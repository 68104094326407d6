"""Objections at the opening (开标异议) as stored: what was raised, how each ended, until when one may be raised."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.errors import ObjectionUnknown
from bidding.opening.state import Opening
from bidding.proof.objection import RecordedObjection
from trading.kernel.clock import rfc3339
from trading.projects import reads as projects
from trading.projects.types import LotView

WINDOW = "opening_objection"
"""The profile's parameter: minutes that the opening stays open after its table is complete."""

_ALL = text(
    "SELECT o.id, o.org_id, o.organisation, o.uscc, o.text, o.digest, o.receipt, o.raised_at, e.outcome, "
    "e.text AS answer, e.ended_at FROM objections o LEFT JOIN objection_ends e ON e.objection_id = o.id "
    "WHERE o.lot_id = :lot ORDER BY o.raised_at, o.id"
)


class Objection(msgspec.Struct, frozen=True):
    """One objection, for everyone to see."""

    id: UUID
    organisation: str
    uscc: str
    text: str
    raised_at: datetime
    outcome: Literal["open", "upheld", "dismissed", "withdrawn"]
    answer: str | None
    ended_at: datetime | None


class Stored(msgspec.Struct, frozen=True):
    """One objection with what only its own side is given."""

    shown: Objection
    org_id: UUID
    digest: str
    receipt: bytes

    @property
    def is_open(self) -> bool:
        """Waiting for its answer."""
        return self.shown.outcome == "open"


async def stored_objections(session: AsyncSession, lot_id: UUID) -> tuple[Stored, ...]:
    """Every objection of a lot in the order in which they were raised."""
    return tuple(
        Stored(
            shown=Objection(
                id=row.id,
                organisation=row.organisation,
                uscc=row.uscc,
                text=row.text,
                raised_at=row.raised_at,
                outcome=row.outcome or "open",
                answer=row.answer or None,
                ended_at=row.ended_at,
            ),
            org_id=row.org_id,
            digest=row.digest,
            receipt=bytes(row.receipt),
        )
        for row in await session.execute(_ALL, {"lot": lot_id})
    )


async def stored_objection(session: AsyncSession, lot_id: UUID, objection_id: UUID) -> Stored:
    """One of them."""
    for item in await stored_objections(session, lot_id):
        if item.shown.id == objection_id:
            return item
    raise ObjectionUnknown


def recorded(item: Objection) -> RecordedObjection:
    """As the opening record has it, once it has ended."""
    if item.outcome == "open" or item.ended_at is None:
        raise ValueError("an open objection is not recorded")
    return RecordedObjection(
        id=str(item.id),
        organisation=item.organisation,
        uscc=item.uscc,
        text=item.text,
        raised_at=rfc3339(item.raised_at),
        outcome=item.outcome,
        answer=item.answer or "",
        ended_at=rfc3339(item.ended_at),
    )


def complete_at(found: Opening) -> datetime | None:
    """When the last phase was revealed and so the table complete."""
    times = [row.revealed_at for row in found.settled if row.revealed_at]
    return max(times) if times and found.current is None else None


async def ends_at(session: AsyncSession, lot: LotView, found: Opening) -> datetime | None:
    """From when the opening may be ended; None while something is still to be revealed."""
    complete = complete_at(found)
    if complete is None:
        return None
    profile = await projects.profile(session, lot.profile_digest)
    known = {row.key for row in profile.parameters}  # a profile stored earlier has no such row: then there is no wait
    minutes = profile.parameter(WINDOW, lot.deadline_at.date()).value if WINDOW in known else 0
    return complete + timedelta(minutes=minutes)
