"""The roster for programs of the roster keeper: propose, confirm, count. No answer has a name in it."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from experts.forms import ProposeAbsence
from experts.services import roster
from experts.services.roster import AbsencePlan, Proposed
from experts.types import ChangeView, RosterView
from experts.views import changes, roster_view
from trading.kernel.identity import allow
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest

MOST_FILE = 8 * 1024 * 1024
_KEEPER = allow("official")
_WATCHES = allow("official", "supervisor")


@get("/v1/roster", opt=_WATCHES)
async def show(session: Session) -> RosterView:
    """Counts and the last roots."""
    return await roster_view(session)


@get("/v1/roster/changes", opt=_WATCHES)
async def list_changes(session: Session) -> list[ChangeView]:
    """Proposed and decided changes."""
    return await changes(session)


@post("/v1/roster/imports", opt=_KEEPER, request_max_body_size=MOST_FILE)
async def propose_import(request: WebRequest, session: Session, actor: CurrentActor, keys: Keys) -> Proposed:
    """A CSV file as the body; refused whole, with every bad row, or proposed."""
    return await roster.propose_import(session, actor, data=await request.body(), personal=keys.personal)


@post("/v1/roster/absences", opt=_KEEPER)
async def propose_absence(request: WebRequest, session: Session, actor: CurrentActor, keys: Keys) -> Proposed:
    """Leave or suspension of one expert."""
    command = await parse(request, ProposeAbsence)
    plan = AbsencePlan(command.number, command.kind, command.starts_at, command.ends_at, command.document)
    return await roster.propose_absence(session, actor, plan=plan, personal=keys.personal)


@post("/v1/roster/changes/{change_id:uuid}/confirm", opt=_KEEPER, status_code=HTTP_200_OK)
async def confirm(session: Session, actor: CurrentActor, keys: Keys, change_id: FromPath[UUID]) -> Proposed:
    """The second person's yes."""
    return await roster.decide(session, actor, change_id=change_id, confirm=True, personal=keys.personal)


@post("/v1/roster/changes/{change_id:uuid}/reject", opt=_KEEPER, status_code=HTTP_200_OK)
async def reject(session: Session, actor: CurrentActor, keys: Keys, change_id: FromPath[UUID]) -> Response[None]:
    """No; or taken back by whoever proposed it."""
    await roster.decide(session, actor, change_id=change_id, confirm=False, personal=keys.personal)
    return Response(None, status_code=HTTP_200_OK)


ROUTES = (show, list_changes, propose_import, propose_absence, confirm, reject)
