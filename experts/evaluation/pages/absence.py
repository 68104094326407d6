"""Replacing a committee member (更换评标委员会成员): what is declared, what is decided, who is to take the seat."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from experts import reads as experts
from experts.evaluation import services
from experts.evaluation.absence_api import KEEPERS, OFFICIAL, decide
from experts.evaluation.absences import absences
from experts.evaluation.errors import EvaluationUnknown
from experts.evaluation.forms import DecideAbsence, DeclareAbsence
from experts.services.absence import CODES
from trading.kernel.identity import Actor
from trading.parties.services import stepped_up
from trading.projects import reads as projects
from trading.web.forms import Form, NoInput, parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

PAGE = "evaluation/absence.html"
_HERE = "/lots/{lot_id:uuid}/evaluation/absence"
_ONE = _HERE + "/{absence_id:uuid}"


async def _context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    found = await absences(session, actor, lot_id)
    return {"lot": await projects.lot(session, lot_id), "found": found, "codes": CODES}


@get(_HERE, opt=KEEPERS)
async def show(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """Who sits, what is declared, what is to be done."""
    return page(request, PAGE, form=Form(DeclareAbsence), **await _context(session, actor, lot_id))


@post(_HERE, opt=OFFICIAL)
async def declare(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Declared."""
    command = await parse(request, DeclareAbsence, PAGE, **await _context(session, actor, lot_id))
    await services.declare_absence(
        session, actor, lot_id=lot_id, seat=command.seat, code=command.code, reason=command.reason
    )
    return redirect(f"/lots/{lot_id}/evaluation/absence", flash="evaluation.absence.declared")


@get(_ONE, opt=KEEPERS)
async def ask(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], absence_id: FromPath[UUID]
) -> Response[Any]:
    """What confirming it brings about, before it is confirmed."""
    found = await absences(session, actor, lot_id)
    one = next((item for item in found.waiting if item.id == absence_id), None)
    if one is None:
        raise EvaluationUnknown
    here = f"/lots/{lot_id}/evaluation/absence"
    if not stepped_up(actor):
        return redirect(f"/step-up?next={here}/{absence_id}")
    question = Question(
        title="evaluation.absence.confirm",
        text="evaluation.absence.confirm.text",
        yes="evaluation.absence.confirm",
        action=f"{here}/{absence_id}",
        back=here,
        danger=True,
        fields={"decision": "confirm"},
        params={"pseudonym": one.pseudonym, "reason": one.reason},
    )
    return confirm(request, question)


@post(_ONE, opt=KEEPERS)
async def decided(
    request: WebRequest,
    *,
    session: Session,
    actor: CurrentActor,
    keys: Keys,
    lot_id: FromPath[UUID],
    absence_id: FromPath[UUID],
) -> Response[Any]:
    """Confirmed or rejected."""
    command = await parse(request, DecideAbsence)
    await decide(session, actor, lot_id=lot_id, absence_id=absence_id, command=command, personal=keys.personal)
    return redirect(f"/lots/{lot_id}/evaluation/absence", flash=_TOLD[command.decision])


@post("/lots/{lot_id:uuid}/evaluation/seats", opt=OFFICIAL)
async def seat(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """The replacement takes the seat."""
    await parse(request, NoInput)
    committee = await experts.committee_of(session, lot_id)
    await services.seat_replacement(session, actor, lot_id=lot_id, committee=committee)
    return redirect(f"/lots/{lot_id}/evaluation", flash="evaluation.absence.seated")


_TOLD = {"confirm": "evaluation.absence.confirmed", "reject": "evaluation.absence.rejected"}
ROUTES = (show, declare, ask, decided, seat)
