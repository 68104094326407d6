"""From a draft to a registration that breaks no rule, or every problem at once, each beside its field.

受理 is the registration of facts, never an approval (公共资源交易平台管理暂行办法): what is looked at here is form,
codes, and periods and limits of law, and each refusal names its article and the nearest lawful value.
"""

import datetime as dt
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.money import format_yuan
from trading.parties import reads as parties
from trading.parties.types import Organisation
from trading.projects import codes, reads, rules
from trading.projects.calendar import local_day
from trading.projects.errors import ProfileUnknown
from trading.projects.forms import LotForm, ProjectForm, TimetableForm
from trading.projects.profile import Profile, load_profile, profile_names
from trading.projects.types import EvaluationTerms
from trading.web.fields import Reader


class Checked(msgspec.Struct, frozen=True):
    """A registration without a fault, and what a person still has to confirm about it."""

    form: ProjectForm
    profile: Profile
    timetable: rules.Timetable
    derived: rules.Derived
    provisional: tuple[str, ...]
    tenderer: Organisation
    agency: Organisation | None


def as_problem(violation: rules.Violation) -> FieldProblem:
    """A broken rule as the problem of a field: its words name the article and the nearest lawful value."""
    params = violation.params()
    if isinstance(violation.lawful, int):
        params["lawful"] = format_yuan(violation.lawful)
    return FieldProblem(violation.code, params)


def named_profile(name: str) -> Profile:
    """A profile of this release."""
    if name not in profile_names():
        raise ProfileUnknown
    return load_profile(name)


def timetable_of(form: TimetableForm) -> rules.Timetable:
    """The dates of a form."""
    return rules.Timetable(form.notice_on, form.issue_from, form.issue_to, form.deadline_at)


async def propose(session: AsyncSession, *, profile: Profile, notice_on: dt.date | None = None) -> rules.Proposal:
    """The earliest lawful timetable for a notice on this day, today by default; a day past or too far is refused."""
    today = local_day(await platform_now(session))
    day = notice_on or today
    last = today + dt.timedelta(days=profile.proposal.horizon_days)
    if day < today:
        raise Invalid({"notice_on": FieldProblem("projects.day_past", {"lawful": today})})
    if day > last:
        raise Invalid({"notice_on": FieldProblem("projects.day_too_far", {"lawful": last})})
    return rules.propose(profile, await reads.calendar(session), day)


async def checked_timetable(
    session: AsyncSession, profile: Profile, form: TimetableForm
) -> tuple[rules.Timetable, dict[str, FieldProblem]]:
    """The dates of a form, and what is wrong with them today."""
    timetable = timetable_of(form)
    today = local_day(await platform_now(session))
    violations = rules.check(profile, await reads.calendar(session), timetable, today=today)
    return timetable, {violation.field: as_problem(violation) for violation in violations}


async def check_draft(session: AsyncSession, actor: Actor, body: dict[str, Any]) -> Checked:
    """The whole draft, or `Invalid` with every problem there is."""
    form = Reader(form=False).command(ProjectForm, _filled(body))
    profile = named_profile(form.profile)
    timetable, problems = await checked_timetable(session, profile, form)
    problems |= _code_problems(profile, form)
    for index, lot in enumerate(form.lots):
        for violation in rules.check_amounts(
            profile, timetable.notice_on, estimate=lot.estimate_fen, ceiling=lot.ceiling_fen, deposit=lot.deposit_fen
        ):
            problems[f"lots.{index}.{violation.field}"] = as_problem(violation)
        for violation in rules.check_evaluation(profile, timetable.notice_on, terms_of(profile, lot)):
            problems[f"lots.{index}.{violation.field}"] = as_problem(violation)
    sides, problem = await _sides(session, actor, form.tenderer_uscc)
    if problem:
        problems["tenderer_uscc"] = problem
    if problems or sides is None:
        raise Invalid(problems)
    calendar = await reads.calendar(session)
    return Checked(
        form=msgspec.structs.replace(
            form, lots=tuple(msgspec.structs.replace(lot, evaluation=terms_of(profile, lot)) for lot in form.lots)
        ),
        profile=profile,
        timetable=timetable,
        derived=rules.derive(profile, calendar, timetable),
        provisional=rules.provisional(profile, calendar, timetable),
        tenderer=sides[0],
        agency=sides[1],
    )


def terms_of(profile: Profile, lot: LotForm) -> EvaluationTerms:
    """The lot's terms of evaluation, or what the profile proposes to who asks for none."""
    terms = lot.evaluation or profile.evaluation
    assert terms is not None  # every profile of this release proposes terms, which a test demands
    return terms.numbered()


def _filled(value: Any) -> Any:
    """Only what was filled in: an empty field of a draft is a missing one, at every depth."""
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item) for name, item in value.items() if item is not None}
    return value


def _code_problems(profile: Profile, form: ProjectForm) -> dict[str, FieldProblem]:
    problems: dict[str, FieldProblem] = {}
    if not codes.is_project_code(form.code):
        problems["code"] = FieldProblem("projects.bad_code")
    if not codes.is_region(form.region):
        problems["region"] = FieldProblem("projects.bad_region")
    if profile.category(form.category) is None:
        problems["category"] = FieldProblem("web.bad_choice")
    return problems


async def _sides(
    session: AsyncSession, actor: Actor, tenderer_uscc: str | None
) -> tuple[tuple[Organisation, Organisation | None] | None, FieldProblem | None]:
    """Tenderer and agency: a tenderer registers its own project, an agency one for the tenderer it names."""
    assert actor.org_id is not None  # demanded before
    own = await parties.organisation(session, actor.org_id)
    if not tenderer_uscc:
        if actor.has("tenderer"):
            return (own, None), None
        return None, FieldProblem("projects.tenderer_missing")
    named = await parties.organisation_by_uscc(session, tenderer_uscc)
    if named is None:
        return None, FieldProblem("projects.tenderer_unknown")
    if named.id == own.id and actor.has("tenderer"):
        return (own, None), None
    if not actor.has("agency") or named.id == own.id:
        return None, FieldProblem("projects.tenderer_other")
    return (named, own), None
