"""Objections at the opening for programs: raised, answered, taken back, and the end of the opening."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from bidding.opening.closing import refused_early
from bidding.opening.ending import end_opening
from bidding.opening.errors import BoxNotClosed, ObjectionUnknown
from bidding.opening.objecting import answer_objection, raise_objection, withdraw_objection
from bidding.opening.objection_forms import AnswerObjection, RaiseObjection
from bidding.opening.objections import Objection, stored_objection, stored_objections
from bidding.opening.state import box_row
from bidding.subjects import lot as lot_subject
from trading.kernel.identity import PUBLIC, allow
from trading.web.answers import Answer
from trading.web.errors import handle
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.responses import download

BIDDER = allow("bidder")
ANSWERERS = allow("official", "tenderer", "agency")
OFFICIAL = allow("official")


class Raised(msgspec.Struct, frozen=True):
    """An objection as it stands, and the platform's receipt as exact signed text."""

    objection: Objection
    receipt: Annotated[str, msgspec.Meta(max_length=8192)]


@get("/v1/lots/{lot_id:uuid}/objections", opt=PUBLIC)
async def list_objections(session: Session, lot_id: FromPath[UUID]) -> Answer[list[Objection]]:
    """Every objection at this opening with its answer."""
    if await box_row(session, str(lot_subject(lot_id))) is None:
        raise BoxNotClosed(attempt="read")
    return Answer([item.shown for item in await stored_objections(session, lot_id)])


@post("/v1/lots/{lot_id:uuid}/objections", opt=BIDDER)
async def object_(
    request: WebRequest, session: Session, actor: CurrentActor, *, keys: Keys, lot_id: FromPath[UUID]
) -> Response[Any]:
    """A bidder present objects; the same words again give the same objection."""
    command = await parse(request, RaiseObjection)
    if early := await refused_early(session, actor, subject=str(lot_subject(lot_id)), attempt="objection"):
        return handle(request, early)
    made, fresh = await raise_objection(session, actor, lot_id=lot_id, words=command.text, signer=keys.receipt)
    return Answer(Raised(made.shown, made.receipt.decode()), status_code=201 if fresh else 200)


@get("/v1/lots/{lot_id:uuid}/objections/{objection_id:uuid}/receipt", opt=BIDDER)
async def receipt(
    session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[bytes]:
    """The signed receipt again, for the bidder whose it is."""
    found = await stored_objection(session, lot_id, objection_id)
    if found.org_id != actor.org_id:
        raise ObjectionUnknown
    return download(found.receipt, f"objection-{objection_id}.json", "application/json")


@post("/v1/lots/{lot_id:uuid}/objections/{objection_id:uuid}/withdraw", opt=BIDDER, status_code=200)
async def withdraw(
    session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Answer[Objection]:
    """Its own bidder takes it back."""
    return Answer((await withdraw_objection(session, actor, lot_id=lot_id, objection_id=objection_id)).shown)


@post("/v1/lots/{lot_id:uuid}/objections/{objection_id:uuid}/answer", opt=ANSWERERS, status_code=200)
async def answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Answer[Objection]:
    """The official, or the tenderer's side, answers on the spot."""
    command = await parse(request, AnswerObjection)
    answered = await answer_objection(
        session, actor, lot_id=lot_id, objection_id=objection_id, outcome=command.outcome, words=command.text
    )
    return Answer(answered.shown)


@post("/v1/lots/{lot_id:uuid}/opening/end", opt=OFFICIAL, status_code=200)
async def end(
    request: WebRequest, session: Session, actor: CurrentActor, *, keys: Keys, lot_id: FromPath[UUID]
) -> Response[Any]:
    """The opening is over; its record is made."""
    if early := await refused_early(session, actor, subject=str(lot_subject(lot_id)), attempt="end"):
        return handle(request, early)
    return Response({"record": await end_opening(session, actor, lot_id=lot_id, keys=keys)})


ROUTES = (list_objections, object_, receipt, withdraw, answer, end)
