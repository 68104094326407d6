"""The desk (评标工作台): what is done and what is left; for officials, supervisors and the tenderer counts only."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent, Stream
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.reads import last_event
from experts import reads as experts
from experts.evaluation import reads, services
from experts.evaluation.errors import EvaluationUnknown
from experts.evaluation.store import stream_of
from trading.kernel.identity import SIGNED_IN, Actor, allow
from trading.parties.listening import listen
from trading.projects import reads as projects
from trading.web.forms import NoInput, parse
from trading.web.injected import CurrentActor, Objects, Session, WebRequest
from trading.web.responses import Question, confirm, download, page, redirect

PAGE = "evaluation/desk.html"
PART = "evaluation/_desk.html"
_EXPERT = allow("expert")
# A bidder's file is shown in the page only where the browser's own viewer takes it and runs nothing of ours or his.
_SHOWN = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"


async def _context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    lot = await projects.lot(session, lot_id)
    begun = await reads.begun(session, lot_id)
    if not begun:
        if not reads.watches(actor, lot) or not lot.is_public:
            raise EvaluationUnknown
        committee = await experts.committee_of(session, lot_id)
        return {"lot": lot, "progress": None, "desk": None, "committee": committee, "live_after": 0}
    try:
        desk = await reads.desk(session, actor, lot_id)
    except EvaluationUnknown:
        desk = None
    return {
        "lot": lot,
        "progress": await reads.progress(session, actor, lot_id),
        "desk": desk,
        "committee": None,
        "live_after": await last_event(session, stream_of(lot_id)),
    }


@get("/lots/{lot_id:uuid}/evaluation", opt=SIGNED_IN)
async def show(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The desk as it stands."""
    return page(request, PAGE, part=PART, **await _context(session, actor, lot_id))


@get("/lots/{lot_id:uuid}/evaluation/events", opt=SIGNED_IN)
async def events(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> ServerSentEvent:
    """That a count has changed; the page asks for its own view of it."""
    await reads.progress(session, actor, lot_id)
    return listen(request, stream_of(lot_id))


@get("/lots/{lot_id:uuid}/evaluation/begin", opt=allow("official"))
async def ask_begin(request: WebRequest, lot_id: FromPath[UUID]) -> Response[bytes]:
    """Whether the committee is to begin."""
    question = Question(
        title="evaluation.begin.title",
        text="evaluation.begin.text",
        yes="evaluation.begin.yes",
        action=f"/lots/{lot_id}/evaluation/begin",
        back=f"/lots/{lot_id}/evaluation",
    )
    return confirm(request, question)


@post("/lots/{lot_id:uuid}/evaluation/begin", opt=allow("official"))
async def begin(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """The committee takes its seats."""
    await parse(request, NoInput)
    committee = await experts.committee_of(session, lot_id)
    await services.begin_evaluation(session, actor, lot_id=lot_id, committee=committee)
    return redirect(f"/lots/{lot_id}/evaluation", flash="evaluation.begun")


@get("/lots/{lot_id:uuid}/evaluation/discipline", opt=_EXPERT)
async def show_discipline(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """The statement in full, before it is accepted."""
    desk = await reads.desk(session, actor, lot_id)
    question = Question(
        title="evaluation.discipline.title",
        text="evaluation.discipline.text",
        yes="evaluation.discipline.yes",
        action=f"/lots/{lot_id}/evaluation/discipline",
        back=f"/lots/{lot_id}/evaluation",
    )
    return confirm(request, question, "evaluation/discipline.html", desk=desk)


@post("/lots/{lot_id:uuid}/evaluation/discipline", opt=_EXPERT)
async def accept(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Accepted."""
    await parse(request, NoInput)
    await services.accept_discipline(session, actor, lot_id=lot_id)
    return redirect(f"/lots/{lot_id}/evaluation", flash="evaluation.accepted")


@get("/lots/{lot_id:uuid}/evaluation/files/{env:str}/{digest:str}", opt=_EXPERT)
async def read_file(
    session: Session,
    actor: CurrentActor,
    objects: Objects,
    *,
    lot_id: FromPath[UUID],
    env: FromPath[str],
    digest: FromPath[str],
) -> Response[Any]:
    """A file of a bid, streamed from the store; that it was read is in the journal."""
    file = await services.note_view(session, actor, lot_id=lot_id, env=env, digest=digest)
    name = file.name.rsplit("/", 1)[-1]
    media_type = _SHOWN.get(f".{name.rsplit('.', 1)[-1].lower()}", "application/octet-stream")
    inline = media_type in _SHOWN.values()
    headers = {**download(b"", name, media_type, inline=inline).headers, "content-length": str(file.size)}
    if inline:
        headers["content-security-policy"] = _VIEWER
    return Stream(objects.stream(digest), media_type=media_type, headers=headers)


ROUTES = (show, events, ask_begin, begin, show_discipline, accept, read_file)
