"""What is declared of a committee's members: for the officials and the supervisor who decide about it, nobody else."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from experts import reads as experts
from experts.evaluation.errors import EvaluationUnknown
from experts.evaluation.models import EvaluationTable
from experts.evaluation.store import members_of
from experts.services.absence import absences_of
from experts.services.absence import members_of as panel_of
from trading.kernel.identity import Actor

KEEPERS = ("official", "supervisor")


class Chair(msgspec.Struct, frozen=True):
    """A seat of the committee with its pseudonym."""

    seat: int
    pseudonym: str


class Declared(msgspec.Struct, frozen=True):
    """A declaration; `own` if the reader made it and so cannot confirm it."""

    id: UUID
    seat: int
    pseudonym: str
    code: str
    reason: str
    state: str
    declared_at: dt.datetime
    decided_at: dt.datetime | None
    own: bool


class Absences(msgspec.Struct, frozen=True):
    """Who sits, what is declared, and whether a replacement waits to take a seat."""

    lot_id: UUID
    seats: tuple[Chair, ...]
    declared: tuple[Declared, ...]
    empty: int
    """Seats of the evaluation that nobody has taken since."""
    replacement_ready: bool
    may_declare: bool

    @property
    def waiting(self) -> tuple[Declared, ...]:
        """Those that nobody has decided about."""
        return tuple(item for item in self.declared if item.state == "declared")


async def absences(session: AsyncSession, actor: Actor, lot_id: UUID) -> Absences:
    """For who decides about them."""
    if not actor.has(*KEEPERS):
        raise EvaluationUnknown
    everybody = await panel_of(session, lot_id, replaced=True)
    if not everybody:
        raise EvaluationUnknown
    names = {member.seat: member.pseudonym for member in everybody}
    sitting = await panel_of(session, lot_id)
    row = await session.get(EvaluationTable, lot_id, populate_existing=True)
    taken = {member.membership_id for member in await members_of(session, lot_id)}
    committee = await experts.committee_of(session, lot_id)
    empty = row.members - len(taken) if row is not None else 0
    return Absences(
        lot_id=lot_id,
        seats=tuple(Chair(member.seat, member.pseudonym) for member in sitting),
        declared=tuple(
            Declared(
                id=item.id,
                seat=item.seat,
                pseudonym=names[item.seat],
                code=item.code,
                reason=item.reason,
                state=item.state,
                declared_at=item.declared_at,
                decided_at=item.decided_at,
                own=item.declared_by == actor.person_id,
            )
            for item in await absences_of(session, lot_id)
        ),
        empty=empty,
        replacement_ready=bool(empty and committee and {m.membership_id for m in committee.members} - taken),
        may_declare=actor.has("official") and (row is None or row.stage not in {"signing", "done"}),
    )
