"""The evaluation for programs: the same verbs as the pages, the same silence about other members' sheets."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from experts import reads as experts
from experts.evaluation import absence_api, drafting, reads, services
from experts.evaluation.errors import EvaluationUnknown
from experts.evaluation.forms import FORMS, SignReport
from experts.evaluation.store import own_sheet, submissions_of
from experts.evaluation.types import Progress, Sheet
from experts.proof.documents import EvaluationDocument
from trading.kernel.identity import SIGNED_IN, allow
from trading.web.answers import Answer
from trading.web.forms import NoInput, parse
from trading.web.injected import CurrentActor, Session, WebRequest

_EXPERT = allow("expert")
ROOT = "/v1/lots/{lot_id:uuid}/evaluation"


class SheetAnswer(msgspec.Struct, frozen=True):
    """One's own sheet as it stands, and everybody's once all are in."""

    body: dict[str, Any] | None
    changed_at: dt.datetime | None
    submitted: bool
    sheets: tuple[Sheet, ...]


class ReportAnswer(msgspec.Struct, frozen=True):
    """The report's exact text, its digest, and who has what stand on it."""

    digest: str
    report: str
    sign_by: dt.datetime
    stands: tuple[reads.Stand, ...]


def kind_of(name: str) -> str:
    """A kind of sheet; any other word is no page."""
    if name not in FORMS:
        raise EvaluationUnknown
    return name


@get(ROOT, opt=SIGNED_IN)
async def show(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Progress]:
    """How far it is, in counts."""
    return Answer(await reads.progress(session, actor, lot_id))


@post(ROOT, opt=allow("official"), status_code=HTTP_201_CREATED)
async def begin(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Progress]:
    """The unlocked committee takes its seats."""
    await parse(request, NoInput)
    committee = await experts.committee_of(session, lot_id)
    await services.begin_evaluation(session, actor, lot_id=lot_id, committee=committee)
    return Answer(await reads.progress(session, actor, lot_id))


@post(f"{ROOT}/discipline", opt=_EXPERT, status_code=HTTP_200_OK)
async def accept(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Answer[Progress]:
    """A member accepts the discipline statement."""
    await parse(request, NoInput)
    await services.accept_discipline(session, actor, lot_id=lot_id)
    return Answer(await reads.progress(session, actor, lot_id))


@get(f"{ROOT}/desk", opt=_EXPERT)
async def desk(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[reads.Desk]:
    """A member's desk: terms, grounds, bids with their files, and what the reviews decided once all are in."""
    return Answer(await reads.desk(session, actor, lot_id))


@get(ROOT + "/sheets/{kind:str}", opt=_EXPERT)
async def show_sheet(
    session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Answer[SheetAnswer]:
    """One's own sheet."""
    row = await own_sheet(session, actor, lot_id, kind_of(kind))
    mine = {item.seat for item in await submissions_of(session, lot_id, kind)}
    return Answer(
        SheetAnswer(
            body=row.body if row else None,
            changed_at=row.changed_at if row else None,
            submitted=row is not None and row.seat in mine,
            sheets=await reads.colleagues(session, actor, lot_id, kind),
        )
    )


@put(ROOT + "/sheets/{kind:str}", opt=_EXPERT)
async def save_sheet(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Answer[dict[str, str]]:
    """Save what one has so far, instead of what was saved before."""
    sheet = await parse(request, FORMS[kind_of(kind)])
    await drafting.save_draft(session, actor, lot_id=lot_id, kind=kind, sheet=sheet)
    return Answer({"state": "draft"})


@post(ROOT + "/sheets/{kind:str}/submission", opt=_EXPERT, status_code=HTTP_201_CREATED)
async def submit_sheet(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Answer[Progress]:
    """Hand in what was saved, for good."""
    await parse(request, NoInput)
    await services.submit_sheet(session, actor, lot_id=lot_id, kind=kind_of(kind))
    return Answer(await reads.progress(session, actor, lot_id))


@post(f"{ROOT}/report", opt=_EXPERT, status_code=HTTP_201_CREATED)
async def make_report(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Answer[dict[str, str]]:
    """Ask for the report where the last sheet did not bring it."""
    await parse(request, NoInput)
    return Answer({"digest": await services.make_report(session, actor, lot_id=lot_id)})


@get(f"{ROOT}/report", opt=SIGNED_IN)
async def report(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[ReportAnswer]:
    """The report: for members once it is made, for those who watch once it is signed."""
    view = await reads.report_view(session, actor, lot_id)
    return Answer(ReportAnswer(view.digest, view.text, view.sign_by, view.stands))


@post(f"{ROOT}/report/signatures", opt=_EXPERT, status_code=HTTP_201_CREATED)
async def sign(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Progress]:
    """A member's stand on the report."""
    command = await parse(request, SignReport)
    await services.sign_report(
        session,
        actor,
        lot_id=lot_id,
        fingerprint=command.fingerprint,
        signature=command.signature,
        dissent=command.dissent,
    )
    return Answer(await reads.progress(session, actor, lot_id))


@get(f"{ROOT}/document", opt=SIGNED_IN)
async def document(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[EvaluationDocument | None]:
    """The evidence of a finished evaluation, for those who may read the report; null before."""
    await reads.progress(session, actor, lot_id)
    return Answer(await reads.evaluation_document(session, lot_id))


ROUTES = (
    show,
    begin,
    accept,
    desk,
    show_sheet,
    save_sheet,
    submit_sheet,
    make_report,
    report,
    sign,
    document,
    *absence_api.ROUTES,
)
