"""What follows from the sheets: the price table with its arithmetic, and the report with its signatures."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from experts.evaluation import reads, services
from experts.evaluation.errors import EvaluationUnknown, NotAllIn
from experts.evaluation.printing import shown
from experts.proof.documents import MEMBER_LABEL
from trading.kernel.identity import SIGNED_IN, allow
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.records import reads as records
from trading.web.forms import NoInput, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect

_EXPERT = allow("expert")


@get("/lots/{lot_id:uuid}/evaluation/prices", opt=_EXPERT)
async def prices(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """Benchmark, deviations and price scores, for members, once the reviews are in."""
    desk = await reads.desk(session, actor, lot_id)
    if not desk.decided:
        raise NotAllIn
    names = {bid.env: bid.organisation for bid in desk.evaluation.bids}
    return page(request, "evaluation/prices.html", desk=desk, lot=desk.lot, names=names)


@get("/lots/{lot_id:uuid}/evaluation/report", opt=SIGNED_IN)
async def report(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The report, and for a member who has not signed it the place to do so."""
    view = await reads.report_view(session, actor, lot_id)
    lot = await projects.lot(session, lot_id)
    try:
        me = (await reads.desk(session, actor, lot_id)).me
    except EvaluationUnknown:
        me = None
    mine = await parties.certificates_of(session, actor.person_id) if me and actor.person_id else ()
    printed = await records.records_of(session, f"lot:{lot_id}", (reads.PDF_RECORD,))
    return page(
        request,
        "evaluation/report.html",
        lot=lot,
        view=view,
        me=me,
        label=MEMBER_LABEL,
        certificates=[item for item in mine if item.revoked_at is None and item.org_id == actor.org_id],
        printed=printed[0].id if printed and me is None else None,
        done=all(stand.stance != "awaited" for stand in view.stands),
        **await shown(session, lot, view.body),
    )


@post("/lots/{lot_id:uuid}/evaluation/report", opt=_EXPERT)
async def make_report(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[Any]:
    """Ask for the report where the last sheet did not bring it."""
    await parse(request, NoInput)
    await services.make_report(session, actor, lot_id=lot_id)
    return redirect(f"/lots/{lot_id}/evaluation/report")


ROUTES = (prices, report, make_report)
