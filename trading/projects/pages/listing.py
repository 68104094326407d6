"""The lists of projects and of lots: one's own, or all for the platform's staff; sorted, filtered, as CSV."""

from litestar import Response, get
from litestar.params import FromQuery

from trading.kernel.identity import allow
from trading.projects import reads
from trading.projects.rights import is_staff
from trading.projects.states import LOT_STATES
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page
from trading.web.tables import Words, export, yuan

_SEEN_BY = allow("tenderer", "agency", "official", "supervisor")
STATES = tuple(state for state in LOT_STATES if state != "draft")
_PROJECT_COLUMNS = (
    ("projects.field.code", lambda row: row.code),
    ("projects.field.name", lambda row: row.name),
    ("projects.tenderer", lambda row: row.tenderer_name),
    ("projects.lots", lambda row: len(row.lots)),
    ("projects.field.deadline_at", lambda row: min(lot.deadline_at for lot in row.lots)),
    ("projects.registered_at", lambda row: row.registered_at),
    ("projects.state", lambda row: Words(f"projects.state.{row.state}")),
)
_LOT_COLUMNS = (
    ("projects.unified_code", lambda row: row.unified_code),
    ("projects.field.name", lambda row: row.project_name),
    ("projects.lot_number", lambda row: row.number),
    ("projects.field.lot_name", lambda row: row.name),
    ("projects.tenderer", lambda row: row.tenderer_name),
    ("projects.field.ceiling", lambda row: yuan(row.ceiling_fen)),
    ("projects.field.deadline_at", lambda row: row.deadline_at),
    ("projects.state", lambda row: Words(f"projects.state.{row.state}")),
)


@get("/projects", opt=_SEEN_BY)
async def projects(
    request: WebRequest, session: Session, actor: CurrentActor, q: FromQuery[str] = ""
) -> Response[bytes]:
    """Newest first unless asked otherwise; one's drafts before them."""
    order, state = reads.PROJECTS.asked(request), request.query_params.get("state", "")
    org_id = None if is_staff(actor) else actor.org_id
    found = await reads.projects(session, org_id=org_id, state=state, search=q, order=order)
    if order.export:
        return export(request, "projects", _PROJECT_COLUMNS, found)
    whole = not (q or state or order.after)
    drafts = await reads.drafts(session, org_id) if org_id and whole else ()
    shown = reads.PROJECTS.page(found, order)
    return page(request, "projects/list.html", found=shown, order=order, q=q, state=state, states=STATES, drafts=drafts)


@get("/lots", opt=_SEEN_BY)
async def lots(request: WebRequest, session: Session, actor: CurrentActor, q: FromQuery[str] = "") -> Response[bytes]:
    """Newest first unless asked otherwise."""
    order, state = reads.LOTS.asked(request), request.query_params.get("state", "")
    org_id = None if is_staff(actor) else actor.org_id
    found = await reads.lots(session, org_id=org_id, state=state, search=q, order=order)
    if order.export:
        return export(request, "lots", _LOT_COLUMNS, found)
    shown = reads.LOTS.page(found, order)
    return page(request, "projects/lots.html", found=shown, order=order, q=q, state=state, states=STATES)


ROUTES = (projects, lots)
