"""The console (监察总览): numbers, the list behind each, a project's whole line, the rules."""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from supervision import reads, rulebook
from supervision.lines import CLOCKS, console, lines, project_line
from supervision.types import SEVERITIES
from trading.kernel.identity import allow
from trading.projects import reads as projects
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page
from trading.web.tables import Words, export

SUPERVISOR = allow("supervisor")
_COLUMNS = (
    ("projects.unified_code", lambda row: row.lot.unified_code),
    ("projects.field.name", lambda row: row.lot.project_name),
    ("projects.field.lot_name", lambda row: row.lot.name),
    ("projects.tenderer", lambda row: row.lot.tenderer_name),
    ("projects.state", lambda row: Words(f"projects.state.{row.lot.state}")),
    ("supervision.step", lambda row: Words(f"projects.milestone.{row.step.key}") if row.step else None),
    ("supervision.due", lambda row: row.step.due_at if row.step else None),
    (
        "supervision.late_hours",
        lambda row: row.step.late_by.total_seconds() // 3600 if row.step and row.step.late_by else None,
    ),
    ("supervision.late_clocks", lambda row: row.late),
)


@get("/supervision", opt=SUPERVISOR)
async def overview(request: WebRequest, session: Session) -> Response[bytes]:
    """Each number leads to the list it counts."""
    return page(
        request,
        "supervision/console.html",
        numbers=await console(session),
        state_names=projects.STATES,
        severities=SEVERITIES,
        rules=rulebook.rules(),
    )


@get("/supervision/lots", opt=SUPERVISOR)
async def lots(
    request: WebRequest, session: Session, q: FromQuery[str] = "", clock: FromQuery[str] = ""
) -> Response[bytes]:
    """Every lot with state, next lawful step and clocks."""
    order, state = projects.LOTS.asked(request), request.query_params.get("state", "")
    found = await lines(session, state=state, clock=clock, search=q, order=order)
    if order.export:
        return export(request, "supervision", _COLUMNS, found)
    shown = projects.LOTS.page([item.lot for item in found], order)
    return page(
        request,
        "supervision/lots.html",
        found=shown,
        lines={item.id: item for item in found},
        alerts=await reads.count_of_lots(session, [item.id for item in found]),
        order=order,
        q=q,
        state=state,
        clock=clock,
        states=projects.STATES,
        clock_names=CLOCKS,
    )


@get("/supervision/projects/{project_id:uuid}", opt=SUPERVISOR)
async def project(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """One project's whole line, from registration to archive, each step with its clock and its entry."""
    return page(request, "supervision/project.html", line=await project_line(session, actor, project_id))


@get("/supervision/rules", opt=SUPERVISOR, sync_to_thread=False)
def rules(request: WebRequest) -> Response[bytes]:
    """The rules with the dated rows they measure by."""
    return page(request, "supervision/rules.html", rules=rulebook.rules())


ROUTES = (overview, lots, project, rules)
