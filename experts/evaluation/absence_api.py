"""Replacing a committee member, for programs: declared, decided by another person, and the replacement seated."""

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from sqlalchemy.ext.asyncio import AsyncSession

from experts import reads as experts
from experts.evaluation import services
from experts.evaluation.absences import Absences, absences
from experts.evaluation.forms import DecideAbsence, DeclareAbsence
from experts.services.absence import reject_absence
from trading.kernel.identity import Actor, allow
from trading.kernel.signing import PersonalSeal
from trading.web.answers import Answer
from trading.web.forms import NoInput, parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest

OFFICIAL, KEEPERS = allow("official"), allow("official", "supervisor")
_BASE = "/v1/lots/{lot_id:uuid}/evaluation"


class Made(msgspec.Struct, frozen=True):
    """A declaration by its id."""

    id: UUID


async def decide(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    absence_id: UUID,
    command: DecideAbsence,
    personal: PersonalSeal,
) -> None:
    """The second person's word."""
    if command.decision == "confirm":
        await services.confirm_absence(session, actor, lot_id=lot_id, absence_id=absence_id, personal=personal)
    else:
        await reject_absence(session, actor, lot_id=lot_id, absence_id=absence_id)


@get(f"{_BASE}/absences", opt=KEEPERS)
async def show(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Absences]:
    """Who sits, and what is declared."""
    return Answer(await absences(session, actor, lot_id))


@post(f"{_BASE}/absences", opt=OFFICIAL, status_code=HTTP_201_CREATED)
async def declare(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Made]:
    """申明成员缺席."""
    command = await parse(request, DeclareAbsence)
    made = await services.declare_absence(
        session, actor, lot_id=lot_id, seat=command.seat, code=command.code, reason=command.reason
    )
    return Answer(Made(made))


@post(_BASE + "/absences/{absence_id:uuid}/decision", opt=KEEPERS, status_code=HTTP_200_OK)
async def decision(
    request: WebRequest,
    *,
    session: Session,
    actor: CurrentActor,
    keys: Keys,
    lot_id: FromPath[UUID],
    absence_id: FromPath[UUID],
) -> Answer[Absences]:
    """Confirmed by another person than who declared it, or rejected."""
    command = await parse(request, DecideAbsence)
    await decide(session, actor, lot_id=lot_id, absence_id=absence_id, command=command, personal=keys.personal)
    return Answer(await absences(session, actor, lot_id))


@post(f"{_BASE}/seats", opt=OFFICIAL, status_code=HTTP_200_OK)
async def seat(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Absences]:
    """Whoever was unlocked since takes the empty seat."""
    await parse(request, NoInput)
    committee = await experts.committee_of(session, lot_id)
    await services.seat_replacement(session, actor, lot_id=lot_id, committee=committee)
    return Answer(await absences(session, actor, lot_id))


ROUTES = (show, declare, decision, seat)
