"""Publishing a notice: four eyes, documents there, periods counted from today, and everything that follows from it."""

import datetime as dt
import json

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from notices import reads, service
from notices.errors import AlreadyPublished, DocumentsMissing, FourEyes, NoticeUnknown, TimetableOverrun
from notices.types import NoticeView
from tests.factories.notices import TEXTS, make_notice_draft, publish_project
from tests.factories.parties import make_actor
from tests.factories.projects import LOT, add_document, make_official, make_project
from trading.kernel import canonical
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import ANONYMOUS
from trading.kernel.objects import ObjectStore
from trading.projects import reads as projects
from trading.projects.calendar import day_start
from trading.projects.errors import ProjectUnknown
from trading.projects.services.lots import TERMS_NAME
from trading.records import reads as records


async def test_publishing_moves_lots_opens_documents_marks_and_journals(
    session: AsyncSession, objects: ObjectStore
) -> None:
    notice, _, _ = await publish_project(
        session, objects, lots=(LOT, msgspec.structs.replace(LOT, name="二标段", ceiling_fen=None))
    )
    assert (notice.state, notice.title) == ("published", "临江大道改造工程招标公告")
    project = await projects.project(session, notice.project_id)
    assert {lot.state for lot in project.lots} == {"published"}
    for lot in project.lots:
        filed = await records.records_of(session, f"lot:{lot.id}")
        assert [document.name for document in filed] == ["招标文件.pdf", TERMS_NAME]
        now = await platform_now(session)
        assert all(document.is_public(now) for document in filed)
        steps = {step.key: step for step in await projects.timeline(session, f"lot:{lot.id}")}
        assert steps["notice"].entry_id == notice.entry_id
        assert steps["documents"].done_at is not None
    body = (
        await session.execute(text("SELECT body FROM journal_entries WHERE id = :id"), {"id": notice.entry_id})
    ).scalar_one()
    entry = json.loads(body)
    assert entry["action"] == "notices:notice:published"
    assert entry["payload"]["digest"] == notice.digest
    assert [str(lot.id) for lot in notice.facts.lots] == entry["payload"]["lots"]
    assert notice.digest == canonical.digest({"title": notice.title, **await _body(session, notice)}).hex()
    event = (
        (await session.execute(text("SELECT payload FROM outbox WHERE event = 'notices.published' ORDER BY id DESC")))
        .scalars()
        .first()
    )
    assert event == {"notice_id": str(notice.id), "_version": 1}


async def _body(session: AsyncSession, notice: NoticeView) -> dict[str, object]:
    body: dict[str, object] = (
        await session.execute(text("SELECT body FROM notices WHERE id = :id"), {"id": notice.id})
    ).scalar_one()
    return body


async def test_whoever_wrote_it_does_not_publish_it(session: AsyncSession, objects: ObjectStore) -> None:
    official = await make_official(session)
    project, tenderer = await make_project(session)
    await add_document(session, objects, tenderer, project)
    notice_id = await make_notice_draft(session, tenderer, project)
    with pytest.raises(Forbidden):
        await service.publish_notice(session, tenderer, notice_id=notice_id)
    assert await make_notice_draft(session, official, project) == notice_id  # the official changes a word …
    with pytest.raises(FourEyes):
        await service.publish_notice(session, official, notice_id=notice_id)
    assert (await projects.project(session, project.id)).state == "registered"
    other = await make_actor(session, "official")
    assert (await service.publish_notice(session, other, notice_id=notice_id)).state == "published"


async def test_a_database_without_the_service_refuses_it_too(session: AsyncSession, objects: ObjectStore) -> None:
    notice, tenderer, _ = await publish_project(session, objects)
    for change in ("title = 'other'", "digest = repeat('0', 64)", "state = 'draft'"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with session.begin_nested():
                await session.execute(text(f"UPDATE notices SET {change} WHERE id = :id"), {"id": notice.id})
    with pytest.raises(DBAPIError):
        async with session.begin_nested():
            await session.execute(text("DELETE FROM notices"))
    assert (await reads.notice(session, tenderer, notice.id)).title == notice.title


async def test_a_published_notice_stands(session: AsyncSession, objects: ObjectStore) -> None:
    notice, tenderer, official = await publish_project(session, objects)
    with pytest.raises(AlreadyPublished):
        await service.draft_notice(session, tenderer, project_id=notice.project_id, texts=TEXTS)
    with pytest.raises(AlreadyPublished):
        await service.publish_notice(session, official, notice_id=notice.id)


async def test_no_notice_without_documents(session: AsyncSession) -> None:
    official = await make_official(session)
    project, tenderer = await make_project(session)
    notice_id = await make_notice_draft(session, tenderer, project)
    with pytest.raises(DocumentsMissing) as caught:
        await service.publish_notice(session, official, notice_id=notice_id)
    assert caught.value.params == {"lot": "一标段"}


async def test_published_late_the_periods_are_counted_again(session: AsyncSession, objects: ObjectStore) -> None:
    official = await make_official(session)
    project, tenderer = await make_project(session)
    await add_document(session, objects, tenderer, project)
    notice_id = await make_notice_draft(session, tenderer, project)
    await session.execute(
        text("UPDATE lots SET issue_from = issue_from - 1 WHERE project_id = :id"), {"id": project.id}
    )
    with pytest.raises(TimetableOverrun) as caught:
        await service.publish_notice(session, official, notice_id=notice_id)
    assert caught.value.params["lawful"] == project.lots[0].issue_from
    assert caught.value.params["article"].of("zh-CN") == "《招标投标法实施条例》第十六条"  # type: ignore[attr-defined]


async def test_documents_wait_for_the_first_day_of_issue(session: AsyncSession, objects: ObjectStore) -> None:
    official = await make_official(session)
    project, tenderer = await make_project(session)
    lot = project.lots[0]
    await session.execute(
        text("UPDATE lots SET issue_from = issue_from + 2, deadline_at = deadline_at + interval '7 days'")
    )
    await session.execute(text("UPDATE lots SET issue_to = issue_to + 7"))
    await add_document(session, objects, tenderer, project)
    notice_id = await make_notice_draft(session, tenderer, project)
    await service.publish_notice(session, official, notice_id=notice_id)
    for document in await records.records_of(session, f"lot:{lot.id}"):
        assert document.public_at == day_start(lot.issue_from + dt.timedelta(days=2))
        assert not document.is_public(await platform_now(session))


async def test_a_draft_is_for_its_own_side_and_the_staff(session: AsyncSession) -> None:
    official = await make_official(session)
    project, tenderer = await make_project(session)
    stranger = await make_actor(session, "tenderer")
    with pytest.raises(ProjectUnknown):
        await make_notice_draft(session, stranger, project)
    notice_id = await make_notice_draft(session, tenderer, project)
    for reader in (tenderer, official):
        assert (await reads.notice(session, reader, notice_id)).facts.project_name == project.name
    for reader in (stranger, ANONYMOUS):
        with pytest.raises(NoticeUnknown):
            await reads.notice(session, reader, notice_id)


async def test_the_public_list_pages_and_filters(session: AsyncSession, objects: ObjectStore) -> None:
    first, tenderer, _ = await publish_project(session, objects)
    second, _, _ = await publish_project(session, objects, tenderer, name="滨河公园工程", region="440100")
    assert [notice.id for notice in await reads.published_notices(session)] == [second.id, first.id]
    assert second.published_at
    after = (second.published_at, second.id)
    assert [
        notice.id for notice in await reads.published_notices(session, order=replace(reads.NOTICES.first, after=after))
    ] == [first.id]
    assert [notice.id for notice in await reads.published_notices(session, region="44")] == [second.id]
    assert [notice.id for notice in await reads.published_notices(session, search="滨河")] == [second.id]
    assert len(await reads.published_notices(session, open_only=True)) == 2
    assert await reads.published_notices(session, open_only=False) == []
