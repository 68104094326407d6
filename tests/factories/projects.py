"""Projects for tests: a lawful draft, a registered project, one with documents."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import make_actor, make_organisation
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.projects import service
from trading.projects.forms import LotDraft, ProjectDraft
from trading.projects.profile import load_profile
from trading.projects.types import ProjectView

PROFILE = load_profile("works_open_tender")
LOT = LotDraft(
    name="一标段",
    scope="道路、桥涵及附属工程施工",
    estimate_fen=50_000_000_00,
    ceiling_fen=48_000_000_00,
    deposit_fen=800_000_00,
    duration_days=365,
    quality="合格",
)


async def make_official(session: AsyncSession) -> Actor:
    """An official of the trading centre, whose code the transaction codes carry."""
    return await make_actor(session, "official", org=await make_organisation(session, kind="centre"))


async def lawful_draft(session: AsyncSession, **changes: object) -> ProjectDraft:
    """The earliest lawful timetable from today, one lot."""
    timetable = (await service.propose(session, profile=PROFILE)).timetable
    draft = ProjectDraft(
        name="临江大道改造工程",
        code="2611-350100-04-01-123456",
        region="350100",
        category="A02",
        funding="government",
        validity_days=90,
        notice_on=timetable.notice_on,
        issue_from=timetable.issue_from,
        issue_to=timetable.issue_to,
        deadline_at=timetable.deadline_at,
        lots=(LOT,),
    )
    return msgspec.structs.replace(draft, **changes)


async def make_draft(session: AsyncSession, actor: Actor, **changes: object) -> UUID:
    return await service.register_project(session, actor, draft=await lawful_draft(session, **changes))


async def make_project(
    session: AsyncSession, actor: Actor | None = None, **changes: object
) -> tuple[ProjectView, Actor]:
    """A registered project and its tenderer; needs `make_official` before."""
    actor = actor or await make_actor(session, "tenderer")
    project_id = await service.register_project(session, actor, draft=await lawful_draft(session, **changes))
    # The year the timetable ends in may not be published when the tests run.
    project = await service.submit_registration(session, actor, project_id=project_id, confirm_provisional=True)
    return project, actor


async def add_document(
    session: AsyncSession, objects: ObjectStore, actor: Actor, project: ProjectView, data: bytes = b"%PDF-1.7 tender"
) -> None:
    await service.add_document(
        session,
        actor,
        objects,
        project_id=project.id,
        name="招标文件.pdf",
        media_type="application/pdf",
        data=data,
    )
