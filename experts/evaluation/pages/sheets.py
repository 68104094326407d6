"""The members' sheets: what is typed is kept as it is typed, handed in once, and nobody else's is on any of them."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation import drafting, reads, services
from experts.evaluation.api import kind_of
from experts.evaluation.errors import SheetIncomplete, StageOver
from experts.evaluation.forms import FORMS, BidScores, ChoiceForm, GivenScore, ReviewForm, ScoreForm, Sheet, Verdict
from experts.evaluation.services.submitting import drafted
from experts.evaluation.states import KINDS
from experts.evaluation.store import own_sheet
from trading.kernel.clock import platform_now
from trading.kernel.errors import Invalid
from trading.kernel.identity import Actor, allow
from trading.parties.services import stepped_up
from trading.web.csp import CONTENT_SECURITY_POLICY
from trading.web.forms import Form, NoInput, parse
from trading.web.i18n import language_of
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

_EXPERT = allow("expert")
_PAGES = {"review": "evaluation/review.html", "choice": "evaluation/choice.html", "score": "evaluation/score.html"}
_SAVED = "evaluation/_saved.html"
# The sheets' pages show two bids' documents side by side in frames of our own.
_FRAMES = {"content-security-policy": f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"}
_PATH = "/lots/{lot_id:uuid}/evaluation/sheets/{kind:str}"


def _empty(desk: reads.Desk, kind: str) -> Sheet:
    """A sheet with every row it needs and nothing in it."""
    if kind == "review":
        return ReviewForm(tuple(Verdict(bid.env) for bid in desk.evaluation.to_review))
    if kind == "choice":
        return ChoiceForm()
    items = tuple(GivenScore(item.id) for item in desk.evaluation.terms.items)
    return ScoreForm(tuple(BidScores(item.env, items) for item in desk.decided if item.valid))


def _written(body: dict[str, Any]) -> dict[str, Any]:
    """What a draft or a frozen sheet says, in one form for reading: scores by item."""
    if "bids" not in body:
        return body
    rows = []
    for row in body["bids"]:
        given = row.get("scores")
        by = {item["item"]: item["score"] for item in given} if isinstance(given, list | tuple) else given
        rows.append({**row, "by": by})
    return {"bids": rows}


async def _context(request: WebRequest, session: AsyncSession, actor: Actor, lot_id: UUID, kind: str) -> dict[str, Any]:
    desk = await reads.desk(session, actor, lot_id)
    bids = {bid.env: bid for bid in desk.evaluation.bids}
    return {
        "desk": desk,
        "lot": desk.lot,
        "kind": kind,
        "titles": {ground.id: ground.title.of(language_of(request)) for ground in desk.evaluation.grounds},
        "action": f"/lots/{lot_id}/evaluation/sheets/{kind}",
        "bids": bids,
        "decided": {item.env: item for item in desk.decided},
        "frames": [bids[env] for side in ("left", "right") if (env := request.query_params.get(side)) in bids],
        "may_write": KINDS.get(desk.evaluation.stage) == kind and kind not in desk.me.submitted,
    }


@get(_PATH, opt=_EXPERT)
async def show(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Response[bytes]:
    """One's own sheet as it was left; everybody's, read-only, once all are in."""
    context = await _context(request, session, actor, lot_id, kind_of(kind))
    if context["may_write"]:
        row = await own_sheet(session, actor, lot_id, kind)
        form = Form.of(msgspec.convert(row.body, FORMS[kind]) if row else _empty(context["desk"], kind))
        saved = row.changed_at if row else None
        return page(request, _PAGES[kind], headers=_FRAMES, form=form, saved=saved, **context)
    opened = await reads.colleagues(session, actor, lot_id, kind)
    if not opened and kind not in context["desk"].me.submitted:
        raise StageOver(stage=context["desk"].evaluation.stage)
    own = await own_sheet(session, actor, lot_id, kind)
    shown = [{"seat": sheet.seat, "written": _written(sheet.body)} for sheet in opened]
    return page(request, "evaluation/sheets.html", sheets=shown, own=_written(own.body) if own else None, **context)


@post(_PATH, opt=_EXPERT)
async def save(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Response[Any]:
    """Keep the sheet and stay, or keep it and go on to handing it in."""
    context = await _context(request, session, actor, lot_id, kind_of(kind))
    goes_on = (await request.form()).get("_then") == "submit"
    sheet = await parse(request, FORMS[kind], _PAGES[kind], saved=None, **context)
    await drafting.save_draft(session, actor, lot_id=lot_id, kind=kind, sheet=sheet)
    if goes_on:
        return redirect(f"{context['action']}/submission")
    return redirect(context["action"], flash="evaluation.saved")


@post(f"{_PATH}/draft", opt=_EXPERT)
async def autosave(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Response[bytes]:
    """Keep what is typed while it is typed; says when, or what cannot be kept."""
    try:
        sheet = await parse(request, FORMS[kind_of(kind)])
    except Invalid as refusal:
        return page(request, _SAVED, part=_SAVED, saved=None, problem=next(iter(refusal.fields.values())))
    await drafting.save_draft(session, actor, lot_id=lot_id, kind=kind, sheet=sheet)
    return page(request, _SAVED, part=_SAVED, saved=await platform_now(session), problem=None)


def _question(lot_id: UUID, kind: str) -> Question:
    return Question(
        title=f"evaluation.submit.{kind}.title",
        text="evaluation.submit.text",
        yes="evaluation.submit.yes",
        action=f"/lots/{lot_id}/evaluation/sheets/{kind}/submission",
        back=f"/lots/{lot_id}/evaluation/sheets/{kind}",
    )


@get(f"{_PATH}/submission", opt=_EXPERT)
async def ask_submit(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Response[Any]:
    """The whole sheet once more, before it is frozen; an incomplete one goes back to its page."""
    context = await _context(request, session, actor, lot_id, kind_of(kind))
    await drafting.demand_writing(session, actor, lot_id, kind)
    try:
        sheet = await drafted(session, actor, lot_id=lot_id, kind=kind)
    except SheetIncomplete as refusal:
        row = await own_sheet(session, actor, lot_id, kind)
        typed = Form.of(msgspec.convert(row.body, FORMS[kind])).typed if row else {}
        form = Form(FORMS[kind], typed, refusal.fields)
        return page(request, _PAGES[kind], status=422, headers=_FRAMES, form=form, saved=None, **context)
    if not stepped_up(actor):
        return redirect(f"/step-up?next={context['action']}/submission")
    return confirm(
        request,
        _question(lot_id, kind),
        "evaluation/submission.html",
        written=_written(msgspec.to_builtins(sheet)),
        **context,
    )


@post(f"{_PATH}/submission", opt=_EXPERT)
async def submit(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], kind: FromPath[str]
) -> Response[Any]:
    """Handed in."""
    await parse(request, NoInput)
    await services.submit_sheet(session, actor, lot_id=lot_id, kind=kind_of(kind))
    return redirect(f"/lots/{lot_id}/evaluation", flash="evaluation.submitted")


ROUTES = (show, save, autosave, ask_submit, submit)
