"""Questions of supervisors (监督询问) as the party asked sees and answers them."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from supervision import reads, services
from supervision.forms import AnswerForm
from trading.kernel.identity import allow
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect

PARTY = allow("tenderer", "agency", "official", "finance")
ONE = "supervision/question.html"


@get("/supervision/questions", opt=PARTY)
async def questions(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """Everything asked of one's own side, answered or not."""
    return page(request, "supervision/questions.html", found=await reads.questions(session, actor))


async def _context(session: Session, actor: CurrentActor, alert_id: UUID) -> dict[str, Any]:
    found = await reads.question(session, actor, alert_id)
    return {"alert": found, "evidence": await reads.evidence(session, found)}


@get("/supervision/questions/{alert_id:uuid}", opt=PARTY)
async def question(
    request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]
) -> Response[bytes]:
    """The alert it is about, the question, and the answer once given."""
    return page(request, ONE, form=Form(AnswerForm), **await _context(session, actor, alert_id))


@post("/supervision/questions/{alert_id:uuid}", opt=PARTY)
async def answer(request: WebRequest, session: Session, actor: CurrentActor, alert_id: FromPath[UUID]) -> Response[Any]:
    """答复."""
    form = await parse(request, AnswerForm, ONE, **await _context(session, actor, alert_id))
    await services.answer(session, actor, alert_id=alert_id, words=form.text)
    return redirect(f"/supervision/questions/{alert_id}", flash="supervision.answered")


ROUTES = (questions, question, answer)
