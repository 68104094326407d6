"""Objections in pages: raised by a bidder or another interested party, taken back, answered by the tenderer's side."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import service
from trading.awards.api import BIDDER, SIDE, visible
from trading.awards.errors import ObjectionUnknown
from trading.awards.forms import AnswerForm, ObjectionForm
from trading.awards.types import Objection
from trading.kernel.identity import Actor
from trading.projects.types import LotView
from trading.web.forms import Form, NoInput, parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

NEW, ANSWER = "awards/objection.html", "awards/answer.html"


async def _one(session: AsyncSession, actor: Actor, lot_id: UUID, objection_id: UUID) -> tuple[LotView, Objection]:
    lot, found = await visible(session, actor, lot_id)
    for item in found.objections:
        if item.id == objection_id:
            return lot, item
    raise ObjectionUnknown


@get("/lots/{lot_id:uuid}/result/objections/new", opt=BIDDER)
async def new(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The form of an objection."""
    lot, found = await visible(session, actor, lot_id)
    return page(request, NEW, form=Form(ObjectionForm), lot=lot, own=found.of(actor.org_id))


@post("/lots/{lot_id:uuid}/result/objections/new", opt=BIDDER)
async def object_(
    request: WebRequest, session: Session, actor: CurrentActor, *, keys: Keys, lot_id: FromPath[UUID]
) -> Response[Any]:
    """Raise it."""
    lot, found = await visible(session, actor, lot_id)
    form = await parse(request, ObjectionForm, NEW, lot=lot, own=found.of(actor.org_id))
    await service.raise_objection(
        session, actor, lot_id=lot_id, words=form.text, interest=form.interest, signer=keys.receipt
    )
    return redirect(f"/lots/{lot_id}/result#objections", flash="awards.objected")


def _withdrawal(lot_id: UUID, item: Objection) -> Question:
    return Question(
        title="awards.withdraw",
        text="awards.withdraw.ask",
        yes="awards.withdraw",
        action=f"/lots/{lot_id}/result/objections/{item.id}/withdraw",
        back=f"/lots/{lot_id}/result#objections",
        params={"text": item.text},
    )


@get("/lots/{lot_id:uuid}/result/objections/{objection_id:uuid}/withdraw", opt=BIDDER)
async def ask_withdraw(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[bytes]:
    """Whether to take it back."""
    _, item = await _one(session, actor, lot_id, objection_id)
    return confirm(request, _withdrawal(lot_id, item))


@post("/lots/{lot_id:uuid}/result/objections/{objection_id:uuid}/withdraw", opt=BIDDER)
async def withdraw(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[Any]:
    """Take one's own back."""
    _, item = await _one(session, actor, lot_id, objection_id)
    await parse(request, NoInput, "web/confirm.html", ask=_withdrawal(lot_id, item))
    await service.withdraw_objection(session, actor, lot_id=lot_id, objection_id=objection_id)
    return redirect(f"/lots/{lot_id}/result#objections", flash="awards.objection_withdrawn")


@get("/lots/{lot_id:uuid}/result/objections/{objection_id:uuid}/answer", opt=SIDE)
async def ask_answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[bytes]:
    """The objection with its clock, and the form of its answer."""
    lot, item = await _one(session, actor, lot_id, objection_id)
    return page(request, ANSWER, form=Form(AnswerForm), lot=lot, objection=item)


@post("/lots/{lot_id:uuid}/result/objections/{objection_id:uuid}/answer", opt=SIDE)
async def answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[Any]:
    """Answer it, once."""
    lot, item = await _one(session, actor, lot_id, objection_id)
    form = await parse(request, AnswerForm, ANSWER, lot=lot, objection=item)
    await service.answer_objection(
        session, actor, lot_id=lot_id, objection_id=objection_id, outcome=form.outcome, words=form.text
    )
    return redirect(f"/lots/{lot_id}/result#objections", flash="awards.answered")


ROUTES = (new, object_, ask_withdraw, withdraw, ask_answer, answer)
