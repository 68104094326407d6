"""The registration form: saved as a draft at any time, checked as a whole, registered after a confirmation.

It works without script: adding or dropping a lot and asking for the earliest lawful dates are buttons of one form.
"""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import Invalid
from trading.kernel.identity import Actor, allow
from trading.kernel.money import format_yuan
from trading.projects import codes, reads, service
from trading.projects.calendar import local_day
from trading.projects.forms import (
    FUNDING,
    EvaluationDraft,
    LotDraft,
    ProjectDraft,
    ProjectForm,
    RegisterForm,
    RetimeForm,
    TimetableForm,
)
from trading.projects.profile import Profile, load_profile
from trading.projects.rights import SIDE, demand_manages
from trading.projects.rules import Proposal
from trading.projects.services.checking import Checked
from trading.web.forms import Form, NoInput, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect

FORM = "projects/form.html"
TIMETABLE = "projects/timetable.html"
REGISTER = "projects/register.html"
PROFILE = "works_open_tender"
_SIDE = allow(*SIDE)


async def _context(session: AsyncSession, actor: Actor, project_id: UUID | None) -> dict[str, Any]:
    profile = load_profile(PROFILE)
    today = local_day(await platform_now(session))
    return {
        "action": f"/projects/{project_id}/edit" if project_id else "/projects/new",
        "project_id": project_id,
        "profile": profile,
        "funding": FUNDING,
        "provinces": codes.provinces(),
        "for_tenderer": actor.has("agency"),
        "periods": [profile.parameter(key, today) for key in ("issue_period", "bid_period")],
        "provisional": (),
    }


def _filled(draft: msgspec.Struct) -> Form:
    """The complete form, with what a draft holds."""
    return Form(ProjectForm, Form.of(draft).typed)


@get("/projects/new", opt=_SIDE)
async def show_new(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """An empty form with the earliest lawful dates from today."""
    profile = load_profile(PROFILE)
    proposal = await service.propose(session, profile=profile)
    timetable = proposal.timetable
    draft = ProjectDraft(
        notice_on=timetable.notice_on,
        issue_from=timetable.issue_from,
        issue_to=timetable.issue_to,
        deadline_at=timetable.deadline_at,
        validity_days=profile.proposal.validity_days,
        lots=(LotDraft(evaluation=_proposed(profile)),),
    )
    context = await _context(session, actor, None) | {"provisional": proposal.provisional}
    return page(request, FORM, form=_filled(draft), **context)


@post("/projects/new", opt=_SIDE)
async def create(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Save, or check and go on."""
    return await _taken(request, session, actor, None)


@get("/projects/{project_id:uuid}/edit", opt=_SIDE)
async def show_edit(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """The draft as it was left."""
    draft = await service.own_draft(session, actor, project_id)
    form = _filled(msgspec.convert(draft.body, ProjectDraft))
    return page(request, FORM, form=form, **await _context(session, actor, project_id))


@post("/projects/{project_id:uuid}/edit", opt=_SIDE)
async def change(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """Save again, or check and go on."""
    return await _taken(request, session, actor, project_id)


async def _taken(request: WebRequest, session: AsyncSession, actor: Actor, project_id: UUID | None) -> Response[Any]:
    """What the pressed button asks for: `_then` is `check`, `draft`, `propose`, or one of `_rows`."""
    context = await _context(session, actor, project_id)
    typed = await _typed(request)
    then = typed.pop("_then", ["check"])[-1]
    if then == "check":
        form = await parse(request, ProjectForm, FORM, **context)
        saved = await _save(session, actor, project_id, msgspec.convert(msgspec.to_builtins(form), ProjectDraft))
        await service.check_registration(session, actor, project_id=saved)
        return redirect(f"/projects/{saved}/register")
    try:
        if then == "draft":
            saved = await _save(session, actor, project_id, await parse(request, ProjectDraft))
            return redirect(f"/projects/{saved}/edit", flash="projects.draft_saved")
        if then == "propose":
            proposal = await _proposal(session, typed)
            changed = typed | Form.of(dates_of(proposal)).typed
            context |= {"provisional": proposal.provisional}
        else:
            changed = _rows(typed, then)
    except Invalid as refusal:
        return page(request, FORM, status=422, form=Form(ProjectForm, typed, refusal.fields), **context)
    return page(request, FORM, form=Form(ProjectForm, changed), **context)


async def _typed(request: WebRequest) -> dict[str, list[str]]:
    typed: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            typed.setdefault(name, []).append(value)
    return typed


async def _save(session: AsyncSession, actor: Actor, project_id: UUID | None, draft: ProjectDraft) -> UUID:
    if project_id is None:
        return await service.register_project(session, actor, draft=draft)
    await service.change_draft(session, actor, project_id=project_id, draft=draft)
    return project_id


async def _proposal(session: AsyncSession, typed: dict[str, list[str]]) -> Proposal:
    """The earliest lawful dates for the day of notice that was typed, or for today."""
    try:
        day = dt.date.fromisoformat(typed.get("notice_on", [""])[-1])
    except ValueError:
        day = None
    return await service.propose(session, profile=load_profile(PROFILE), notice_on=day)


def dates_of(proposal: Proposal) -> TimetableForm:
    """A proposal as the form has it."""
    dates = proposal.timetable
    return TimetableForm(dates.notice_on, dates.issue_from, dates.issue_to, dates.deadline_at)


def _proposed(profile: Profile) -> EvaluationDraft | None:
    """The terms of evaluation a new lot starts with."""
    terms = profile.evaluation
    return msgspec.convert(msgspec.to_builtins(terms.numbered()), EvaluationDraft) if terms else None


def _rows(typed: dict[str, list[str]], then: str) -> dict[str, list[str]]:
    """One lot or scored item more (`add`, `more.<list>`), or one less (`drop.<lot>`, `less.<row>`)."""
    verb, _, where = then.partition(".")
    if verb in {"drop", "less"}:
        prefix = f"lots.{where}." if verb == "drop" else f"{where}."
        return {name: values for name, values in typed.items() if not name.startswith(prefix)}
    rows = where if verb == "more" else "lots"
    begun = [name.removeprefix(f"{rows}.").split(".")[0] for name in typed if name.startswith(f"{rows}.")]
    row = f"{rows}.{max((int(number) for number in begun if number.isdecimal()), default=-1) + 1}"
    if verb == "more":
        return typed | {f"{row}.title": [""]}
    proposed = Form.of(LotDraft(evaluation=_proposed(load_profile(PROFILE)))).typed
    return typed | {f"{row}.name": [""]} | {f"{row}.{name}": values for name, values in proposed.items()}


@get("/projects/{project_id:uuid}/register", opt=_SIDE)
async def ask_register(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """Everything once more, before it is for ever; a draft with a fault goes back to its form."""
    draft = await service.own_draft(session, actor, project_id)
    try:
        checked = await service.check_registration(session, actor, project_id=project_id)
    except Invalid as refusal:
        typed = _filled(msgspec.convert(draft.body, ProjectDraft)).typed
        form = Form(ProjectForm, typed, refusal.fields)
        return page(request, FORM, status=422, form=form, **await _context(session, actor, project_id))
    return confirm(request, _question(checked, project_id), REGISTER, form=Form(RegisterForm), checked=checked)


@post("/projects/{project_id:uuid}/register", opt=_SIDE)
async def register(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """Register."""
    checked = await service.check_registration(session, actor, project_id=project_id)
    command = await parse(request, RegisterForm, REGISTER, ask=_question(checked, project_id), checked=checked)
    project = await service.submit_registration(
        session, actor, project_id=project_id, confirm_provisional=command.confirm_provisional
    )
    return redirect(f"/projects/{project.id}", flash="projects.registered", receipt=project.receipt_no)


def _question(checked: Checked, project_id: UUID) -> Question:
    return Question(
        title="projects.register.title",
        text="projects.register.text",
        yes="projects.register.yes",
        action=f"/projects/{project_id}/register",
        back=f"/projects/{project_id}/edit",
        params={
            "name": checked.form.name,
            "estimate": format_yuan(sum(lot.estimate_fen for lot in checked.form.lots)),
        },
    )


@get("/projects/{project_id:uuid}/discard", opt=_SIDE)
async def ask_discard(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """Whether the draft may go."""
    draft = await service.own_draft(session, actor, project_id)
    question = Question(
        title="projects.discard.title",
        text="projects.discard.text",
        yes="projects.discard.yes",
        action=f"/projects/{project_id}/discard",
        back=f"/projects/{project_id}/edit",
        danger=True,
        params={"name": draft.name or "—"},
    )
    return confirm(request, question)


@post("/projects/{project_id:uuid}/discard", opt=_SIDE)
async def discard(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """Throw the draft away."""
    await parse(request, NoInput)
    await service.discard_draft(session, actor, project_id=project_id)
    return redirect("/projects", flash="projects.discarded")


@get("/projects/{project_id:uuid}/timetable", opt=_SIDE)
async def show_timetable(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[bytes]:
    """The dates of a registered project, for changing them before the notice."""
    project = await reads.project(session, project_id)
    demand_manages(actor, project)
    lot = project.lots[0]
    form = Form.of(RetimeForm(project.notice_on, lot.issue_from, lot.issue_to, lot.deadline_at))
    return page(request, TIMETABLE, form=form, project=project)


@post("/projects/{project_id:uuid}/timetable", opt=_SIDE)
async def change_timetable(
    request: WebRequest, session: Session, actor: CurrentActor, project_id: FromPath[UUID]
) -> Response[Any]:
    """Change them."""
    project = await reads.project(session, project_id)
    demand_manages(actor, project)  # before the form: a refused form is shown again under the project's name
    command = await parse(request, RetimeForm, TIMETABLE, project=project)
    await service.change_timetable(
        session, actor, project_id=project_id, form=command, confirm_provisional=command.confirm_provisional
    )
    return redirect(f"/projects/{project_id}", flash="projects.timetable_changed")


ROUTES = (
    show_new,
    create,
    show_edit,
    change,
    ask_register,
    register,
    ask_discard,
    discard,
    show_timetable,
    change_timetable,
)
