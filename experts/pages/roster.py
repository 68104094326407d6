"""The roster keeper's pages: counts, roots, a file checked row by row, the second person's yes."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from experts.errors import RowsBad
from experts.forms import FindExpert, ImportRoster, ProposeAbsence
from experts.services import roster
from experts.services.roster import AbsencePlan
from experts.views import change, changes, roster_view
from trading.kernel.identity import allow
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

LIST = "experts/roster.html"
IMPORT = "experts/roster_import.html"
ABSENCE = "experts/roster_absence.html"
MOST_FILE = 8 * 1024 * 1024
MOST_SHOWN = 200
_KEEPER = allow("official")
_WATCHES = allow("official", "supervisor")


@get("/experts/roster", opt=_WATCHES)
async def show(request: WebRequest, session: Session) -> Response[bytes]:
    """Counts, the last roots, changes waiting."""
    return page(request, LIST, form=Form(FindExpert), roster=await roster_view(session), changes=await changes(session))


@post("/experts/roster/search", opt=_KEEPER)
async def search(request: WebRequest, session: Session, actor: CurrentActor, keys: Keys) -> Response[bytes]:
    """One record; journalled, so no link leads here."""
    context: dict[str, Any] = {"roster": await roster_view(session), "changes": await changes(session)}
    command = await parse(request, FindExpert, LIST, **context)
    record = await roster.look_up(session, actor, number=command.number, personal=keys.personal)
    return page(request, "experts/roster_record.html", record=record)


@get("/experts/roster/import", opt=_KEEPER, sync_to_thread=False)
def ask_import(request: WebRequest) -> Response[bytes]:
    """The form for a file."""
    return page(request, IMPORT, form=Form(ImportRoster), bad=None)


@post("/experts/roster/import", opt=_KEEPER, request_max_body_size=MOST_FILE)
async def propose_import(request: WebRequest, session: Session, actor: CurrentActor, keys: Keys) -> Response[Any]:
    """Every bad row with its reasons, and nothing stored; or a proposal."""
    command = await parse(request, ImportRoster, IMPORT, bad=None)
    try:
        made = await roster.propose_import(session, actor, data=command.file.data, personal=keys.personal)
    except RowsBad as bad:
        # Nothing was written before the refusal: the page may be answered without rolling back.
        return page(request, IMPORT, status=422, form=Form(ImportRoster), bad=bad, most=MOST_SHOWN)
    return redirect(f"/experts/roster/changes/{made.id}", flash="roster.proposed")


@get("/experts/roster/absence", opt=_KEEPER, sync_to_thread=False)
def ask_absence(request: WebRequest) -> Response[bytes]:
    """The form for leave or suspension."""
    return page(request, ABSENCE, form=Form(ProposeAbsence))


@post("/experts/roster/absence", opt=_KEEPER)
async def propose_absence(request: WebRequest, session: Session, actor: CurrentActor, keys: Keys) -> Response[Any]:
    """Propose it."""
    command = await parse(request, ProposeAbsence, ABSENCE)
    plan = AbsencePlan(command.number, command.kind, command.starts_at, command.ends_at, command.document)
    made = await roster.propose_absence(session, actor, plan=plan, personal=keys.personal)
    return redirect(f"/experts/roster/changes/{made.id}", flash="roster.proposed")


@get("/experts/roster/changes/{change_id:uuid}", opt=_WATCHES)
async def show_change(request: WebRequest, session: Session, change_id: FromPath[UUID]) -> Response[bytes]:
    """What it would do, in counts."""
    return page(request, "experts/roster_change.html", change=await change(session, change_id))


@get("/experts/roster/changes/{change_id:uuid}/confirm", opt=_KEEPER)
async def ask_confirm(request: WebRequest, session: Session, change_id: FromPath[UUID]) -> Response[bytes]:
    """The question before it takes effect."""
    await change(session, change_id)
    return confirm(request, _question(change_id, "roster.confirm", "roster.confirm.text", "confirm"))


@post("/experts/roster/changes/{change_id:uuid}/confirm", opt=_KEEPER)
async def do_confirm(session: Session, actor: CurrentActor, keys: Keys, change_id: FromPath[UUID]) -> Response[Any]:
    """The second person's yes."""
    await roster.decide(session, actor, change_id=change_id, confirm=True, personal=keys.personal)
    return redirect("/experts/roster", flash="roster.confirmed")


@get("/experts/roster/changes/{change_id:uuid}/reject", opt=_KEEPER)
async def ask_reject(request: WebRequest, session: Session, change_id: FromPath[UUID]) -> Response[bytes]:
    """The question before it is thrown away."""
    await change(session, change_id)
    return confirm(request, _question(change_id, "roster.reject", "roster.reject.text", "reject"))


@post("/experts/roster/changes/{change_id:uuid}/reject", opt=_KEEPER)
async def do_reject(session: Session, actor: CurrentActor, keys: Keys, change_id: FromPath[UUID]) -> Response[Any]:
    """No."""
    await roster.decide(session, actor, change_id=change_id, confirm=False, personal=keys.personal)
    return redirect("/experts/roster", flash="roster.rejected")


def _question(change_id: UUID, title: str, text: str, verb: str) -> Question:
    here = f"/experts/roster/changes/{change_id}"
    return Question(title=title, text=text, yes=title, action=f"{here}/{verb}", back=here)


ROUTES = (
    show,
    search,
    ask_import,
    propose_import,
    ask_absence,
    propose_absence,
    show_change,
    ask_confirm,
    do_confirm,
    ask_reject,
    do_reject,
)
