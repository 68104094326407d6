"""Registering a project: every wrong turn refused beside its field with its article, the right one journalled."""

import datetime as dt
import json

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import make_actor, make_organisation
from tests.factories.projects import LOT, PROFILE, lawful_draft, make_draft, make_official, make_project
from trading.kernel.errors import Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.projects import codes, reads, service
from trading.projects.calendar import local_day
from trading.projects.errors import AlreadyRegistered, NoticeOut, NotYourProject, PlatformUnnamed, ProjectUnknown
from trading.projects.forms import ProjectDraft, TimetableForm

DAY = dt.timedelta(days=1)


async def entries(session: AsyncSession, subject: str) -> list[dict[str, object]]:
    rows = await session.execute(
        text("SELECT body FROM journal_entries WHERE subject = :subject ORDER BY id"), {"subject": subject}
    )
    return [json.loads(row.body) for row in rows]


async def problems(session: AsyncSession, actor: Actor, **changes: object) -> dict[str, str]:
    project_id = await make_draft(session, actor, **changes)
    with pytest.raises(Invalid) as caught:
        await service.check_registration(session, actor, project_id=project_id)
    return {name: problem.code for name, problem in caught.value.fields.items()}


async def test_a_lawful_draft_becomes_a_project_with_codes_lots_and_timeline(session: AsyncSession) -> None:
    official = await make_official(session)
    project, tenderer = await make_project(session, lots=(LOT, msgspec.structs.replace(LOT, name="二标段")))
    assert codes.is_unified_code(project.unified_code)
    assert project.unified_code.startswith("A02")
    assert project.receipt_no.startswith("SL")
    assert (project.state, project.estimate_fen) == ("registered", 100_000_000_00)
    assert [(lot.number, lot.name, lot.state, lot.min_bidders) for lot in project.lots] == [
        ("001", "一标段", "registered", 3),
        ("002", "二标段", "registered", 3),
    ]
    assert project.tenderer_org_id == tenderer.org_id
    (entry,) = await entries(session, f"project:{project.id}")
    assert entry["action"] == "projects:registration:accepted"
    assert entry["payload"]["profile_digest"] == PROFILE.digest() == project.profile_digest  # type: ignore[index]
    assert entry["payload"]["unified_code"] == project.unified_code  # type: ignore[index]
    steps = await reads.timeline(session, f"lot:{project.lots[0].id}")
    assert {step.key for step in steps} == {step.key for step in PROFILE.milestones if step.subject == "lot"}
    assert [step.key for step in steps if step.role] == [
        step.key for step in PROFILE.milestones if step.role and step.subject == "lot"
    ]
    dues = [step.due_at for step in steps if step.due_at]
    assert dues == sorted(dues)
    deadline = next(step for step in steps if step.key == "deadline")
    objection = next(step for step in steps if step.key == "objection_end")
    assert deadline.due_at == project.lots[0].deadline_at
    assert objection.whole_day == local_day(project.lots[0].deadline_at) - 10 * DAY
    assert (await reads.timeline(session, f"project:{project.id}"))[0].done_at is not None
    assert await reads.profile(session, project.profile_digest) == PROFILE
    assert await reads.lots(session, org_id=official.org_id) == []
    assert len(await reads.lots(session, org_id=tenderer.org_id, state="registered")) == 2


async def test_a_draft_is_not_journalled_and_belongs_to_its_organisation(session: AsyncSession) -> None:
    tenderer = await make_actor(session, "tenderer")
    before = (await session.execute(text("SELECT count(*) FROM journal_entries"))).scalar_one()
    project_id = await service.register_project(session, tenderer, draft=ProjectDraft(name="草稿"))
    await service.change_draft(
        session, tenderer, project_id=project_id, draft=ProjectDraft(region="350100"), partly=True
    )
    found = await reads.draft(session, project_id)
    assert found is not None
    assert (found.name, found.body["region"]) == ("草稿", "350100")
    assert (await session.execute(text("SELECT count(*) FROM journal_entries"))).scalar_one() == before
    stranger = await make_actor(session, "tenderer")
    with pytest.raises(ProjectUnknown):
        await service.change_draft(session, stranger, project_id=project_id, draft=ProjectDraft())
    with pytest.raises(Forbidden):
        await service.register_project(session, await make_actor(session, "bidder"), draft=ProjectDraft())
    await service.discard_draft(session, tenderer, project_id=project_id)
    assert await reads.drafts(session, found.org_id) == ()


async def test_an_unlawful_date_is_refused_with_its_article_and_the_earliest_lawful_day(session: AsyncSession) -> None:
    tenderer = await make_actor(session, "tenderer")
    draft = await lawful_draft(session)
    assert draft.deadline_at
    assert draft.issue_to
    project_id = await make_draft(session, tenderer, deadline_at=draft.deadline_at - 4 * DAY, issue_to=draft.issue_from)
    with pytest.raises(Invalid) as caught:
        await service.check_registration(session, tenderer, project_id=project_id)
    deadline, issue = caught.value.fields["deadline_at"], caught.value.fields["issue_to"]
    assert (deadline.code, deadline.params["lawful"]) == ("projects.deadline_too_early", local_day(draft.deadline_at))
    assert deadline.params["article"].of("zh-CN") == "《招标投标法》第二十四条"  # type: ignore[attr-defined]
    assert (issue.code, issue.params["lawful"]) == ("projects.issue_too_short", draft.issue_to)
    assert issue.params["article"].of("en") == "Regulation on the Implementation of the Tendering Law, art. 16"  # type: ignore[attr-defined]


async def test_every_other_problem_stands_beside_its_field(session: AsyncSession) -> None:
    tenderer = await make_actor(session, "tenderer")
    assert await problems(
        session,
        tenderer,
        code="2611",
        region="990000",
        category="Z09",
        tenderer_uscc="91350100M000100Y43",
        lots=(
            msgspec.structs.replace(LOT, ceiling_fen=50_000_000_01),
            msgspec.structs.replace(LOT, deposit_fen=800_000_01),
            msgspec.structs.replace(LOT, estimate_fen=1_000_000_00, ceiling_fen=None, deposit_fen=20_000_01),
        ),
    ) == {
        "code": "projects.bad_code",
        "region": "projects.bad_region",
        "category": "web.bad_choice",
        "tenderer_uscc": "projects.tenderer_unknown",
        "lots.0.ceiling_fen": "projects.ceiling_too_high",
        "lots.1.deposit_fen": "projects.deposit_cap",
        "lots.2.deposit_fen": "projects.deposit_share",
    }
    assert await problems(session, tenderer, lots=()) == {"lots": "web.required"}
    assert (await problems(session, tenderer, name=None, notice_on=None)) == {
        "name": "web.required",
        "notice_on": "web.required",
    }


async def test_an_agency_registers_for_the_tenderer_it_names_and_nobody_for_another(session: AsyncSession) -> None:
    await make_official(session)
    owner = await make_organisation(session)
    agency, other = await make_actor(session, "agency"), await make_actor(session, "tenderer")
    assert await problems(session, agency) == {"tenderer_uscc": "projects.tenderer_missing"}
    assert await problems(session, other, tenderer_uscc=owner.uscc) == {"tenderer_uscc": "projects.tenderer_other"}
    project, _ = await make_project(session, agency, tenderer_uscc=owner.uscc)
    assert (project.tenderer_org_id, project.agency_org_id) == (owner.id, agency.org_id)
    assert (project.tenderer_name, project.agency_name) == (owner.name, agency.org_name)


async def test_registration_happens_once_and_needs_a_centre(session: AsyncSession) -> None:
    tenderer = await make_actor(session, "tenderer")
    project_id = await make_draft(session, tenderer)
    with pytest.raises(PlatformUnnamed):
        await service.submit_registration(session, tenderer, project_id=project_id, confirm_provisional=True)
    await make_official(session)
    await service.submit_registration(session, tenderer, project_id=project_id, confirm_provisional=True)
    with pytest.raises(AlreadyRegistered):
        await service.submit_registration(session, tenderer, project_id=project_id)
    with pytest.raises(AlreadyRegistered):
        await service.change_draft(session, tenderer, project_id=project_id, draft=ProjectDraft())


async def test_serials_of_a_day_go_up(session: AsyncSession) -> None:
    await make_official(session)
    first, tenderer = await make_project(session)
    second, _ = await make_project(session, tenderer)
    assert int(second.receipt_no[-6:]) == int(first.receipt_no[-6:]) + 1
    assert [view.id for view in await reads.projects(session, org_id=tenderer.org_id)] == [second.id, first.id]
    shown = reads.PROJECTS.page([second], reads.PROJECTS.first)
    after = (second.registered_at, second.id)
    following = await reads.projects(session, order=replace(reads.PROJECTS.first, after=after, limit=1))
    assert ([view.id for view in following], shown.next) == ([first.id], None)


async def test_a_period_into_an_unpublished_year_wants_a_persons_confirmation(session: AsyncSession) -> None:
    await make_official(session)
    tenderer = await make_actor(session, "tenderer")
    draft = await lawful_draft(session)
    assert draft.deadline_at
    far = dt.datetime(draft.deadline_at.year + 1, 3, 1, 1, 30, tzinfo=dt.UTC)
    project_id = await make_draft(session, tenderer, deadline_at=far)
    assert (await service.check_registration(session, tenderer, project_id=project_id)).provisional == ("deadline_at",)
    with pytest.raises(Invalid) as caught:
        await service.submit_registration(session, tenderer, project_id=project_id)
    assert caught.value.fields["confirm_provisional"].code == "projects.provisional_unconfirmed"
    project = await service.submit_registration(session, tenderer, project_id=project_id, confirm_provisional=True)
    (entry,) = await entries(session, f"project:{project.id}")
    assert entry["payload"]["provisional"] == ["deadline_at"]  # type: ignore[index]


async def test_dates_may_change_until_the_notice_is_out(session: AsyncSession) -> None:
    await make_official(session)
    project, tenderer = await make_project(session)
    lot = project.lots[0]
    form = TimetableForm(project.notice_on, lot.issue_from, lot.issue_to, lot.deadline_at + 7 * DAY)
    changed = await service.change_timetable(
        session, tenderer, project_id=project.id, form=form, confirm_provisional=True
    )
    assert changed.lots[0].deadline_at == lot.deadline_at + 7 * DAY
    steps = {step.key: step for step in await reads.timeline(session, f"lot:{lot.id}")}
    assert steps["deadline"].due_at == lot.deadline_at + 7 * DAY
    assert [entry["action"] for entry in await entries(session, f"project:{project.id}")] == [
        "projects:registration:accepted",
        "projects:timetable:changed",
    ]
    early = msgspec.structs.replace(form, deadline_at=lot.deadline_at - DAY)
    with pytest.raises(Invalid) as caught:
        await service.change_timetable(session, tenderer, project_id=project.id, form=early)
    assert set(caught.value.fields) == {"deadline_at"}
    stranger = await make_actor(session, "tenderer")
    with pytest.raises(ProjectUnknown):
        await service.change_timetable(session, stranger, project_id=project.id, form=form)
    await service.advance_lot(session, tenderer, lot_id=lot.id, verb="publish")
    with pytest.raises(NotYourProject):
        await service.change_timetable(session, stranger, project_id=project.id, form=form)
    with pytest.raises(NoticeOut):
        await service.change_timetable(session, tenderer, project_id=project.id, form=form)
