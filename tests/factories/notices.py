"""Notices for tests: texts, a draft, a published notice with everything before it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from notices import service
from notices.types import NoticeTexts, NoticeView
from tests.factories.projects import add_document, make_official, make_project
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.projects.types import ProjectView

TEXTS = NoticeTexts(
    overview="建设地点：临江市江滨新区。\n道路全长 2.8 公里，双向六车道，含桥梁两座、雨污水管网、照明及绿化。",
    qualification="具有市政公用工程施工总承包一级及以上资质。\n项目负责人具有市政公用工程专业一级注册建造师执业资格。",
    contact_name="陈工",
    contact_phone="0591-00000000",
    contact_address="临江市江滨大道 1 号",
)


async def make_notice_draft(session: AsyncSession, actor: Actor, project: ProjectView) -> UUID:
    return await service.draft_notice(session, actor, project_id=project.id, texts=TEXTS)


async def publish_project(
    session: AsyncSession,
    objects: ObjectStore,
    actor: Actor | None = None,
    *,
    official: Actor | None = None,
    **changes: object,
) -> tuple[NoticeView, Actor, Actor]:
    """A published notice, the tenderer who wrote it, the official who published it."""
    official = official or await make_official(session)
    project, tenderer = await make_project(session, actor, **changes)
    await add_document(session, objects, tenderer, project)
    notice_id = await make_notice_draft(session, tenderer, project)
    return await service.publish_notice(session, official, notice_id=notice_id), tenderer, official
