"""Objections at the opening in pages: a bidder writes one, the official answers it, and ends the opening."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.closing import refused_early
from bidding.opening.ending import end_opening
from bidding.opening.errors import BoxNotClosed
from bidding.opening.objecting import answer_objection, raise_objection, withdraw_objection
from bidding.opening.objection_api import ANSWERERS, BIDDER, OFFICIAL
from bidding.opening.objection_forms import AnswerObjection, RaiseObjection
from bidding.opening.objections import stored_objection
from bidding.opening.state import box_row
from bidding.subjects import lot as lot_subject
from trading.projects import reads as projects
from trading.projects.errors import LotUnknown
from trading.projects.types import LotView
from trading.web.errors import handle
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

NEW = "opening/objection.html"
ANSWER = "opening/answer.html"


async def _closed_lot(session: AsyncSession, lot_id: UUID) -> LotView:
    """Before closing there is nothing to object to."""
    lot = await projects.lot(session, lot_id)
    if not lot.is_public:
        raise LotUnknown
    if await box_row(session, str(lot_subject(lot_id))) is None:
        raise BoxNotClosed(attempt="objection")
    return lot


@get("/lots/{lot_id:uuid}/objections/new", opt=BIDDER)
async def new(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The form of an objection."""
    return page(request, NEW, form=Form(RaiseObjection), lot=await _closed_lot(session, lot_id))


@post("/lots/{lot_id:uuid}/objections/new", opt=BIDDER)
async def object_(
    request: WebRequest, session: Session, actor: CurrentActor, *, keys: Keys, lot_id: FromPath[UUID]
) -> Response[Any]:
    """Raise it."""
    command = await parse(request, RaiseObjection, NEW, lot=await _closed_lot(session, lot_id))
    await raise_objection(session, actor, lot_id=lot_id, words=command.text, signer=keys.receipt)
    return redirect(f"/lots/{lot_id}/opening#objections", flash="opening.objection.raised")


@get("/lots/{lot_id:uuid}/objections/{objection_id:uuid}/withdraw", opt=BIDDER)
async def ask_withdraw(
    request: WebRequest, session: Session, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[bytes]:
    """Taking back is final, though another may be raised."""
    found = await stored_objection(session, lot_id, objection_id)
    question = Question(
        title="opening.objection.withdraw",
        text="opening.objection.withdraw.ask",
        yes="opening.objection.withdraw",
        action=f"/lots/{lot_id}/objections/{objection_id}/withdraw",
        back=f"/lots/{lot_id}/opening#objections",
        params={"text": found.shown.text},
    )
    return confirm(request, question)


@post("/lots/{lot_id:uuid}/objections/{objection_id:uuid}/withdraw", opt=BIDDER)
async def withdraw(
    session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[Any]:
    """Take one's own back."""
    await withdraw_objection(session, actor, lot_id=lot_id, objection_id=objection_id)
    return redirect(f"/lots/{lot_id}/opening#objections", flash="opening.objection.withdrawn")


@get("/lots/{lot_id:uuid}/objections/{objection_id:uuid}/answer", opt=ANSWERERS)
async def ask_answer(
    request: WebRequest, session: Session, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[bytes]:
    """The objection, and the form of its answer."""
    found = await stored_objection(session, lot_id, objection_id)
    lot = await _closed_lot(session, lot_id)
    return page(request, ANSWER, form=Form(AnswerObjection), lot=lot, objection=found.shown)


@post("/lots/{lot_id:uuid}/objections/{objection_id:uuid}/answer", opt=ANSWERERS)
async def answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[Any]:
    """Answer it."""
    found = await stored_objection(session, lot_id, objection_id)
    lot = await _closed_lot(session, lot_id)
    command = await parse(request, AnswerObjection, ANSWER, lot=lot, objection=found.shown)
    await answer_objection(
        session, actor, lot_id=lot_id, objection_id=objection_id, outcome=command.outcome, words=command.text
    )
    return redirect(f"/lots/{lot_id}/opening#objections", flash="opening.objection.answered")


@get("/lots/{lot_id:uuid}/opening/end", opt=OFFICIAL)
async def ask_end(request: WebRequest, session: Session, lot_id: FromPath[UUID]) -> Response[bytes]:
    """After this nothing can be objected, and the record stands."""
    await _closed_lot(session, lot_id)
    question = Question(
        title="opening.end",
        text="opening.end.ask",
        yes="opening.end.yes",
        action=f"/lots/{lot_id}/opening/end",
        back=f"/lots/{lot_id}/opening",
    )
    return confirm(request, question)


@post("/lots/{lot_id:uuid}/opening/end", opt=OFFICIAL)
async def end(
    request: WebRequest, session: Session, actor: CurrentActor, *, keys: Keys, lot_id: FromPath[UUID]
) -> Response[Any]:
    """End it."""
    if early := await refused_early(session, actor, subject=str(lot_subject(lot_id)), attempt="end"):
        return handle(request, early)
    await end_opening(session, actor, lot_id=lot_id, keys=keys)
    return redirect(f"/lots/{lot_id}/opening", flash="opening.ended")


ROUTES = (new, object_, ask_withdraw, withdraw, ask_answer, answer, ask_end, end)
