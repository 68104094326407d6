"""Four eyes over a project whose records are not all there: gaps need words, and each step its own person."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from archive import reads, service
from archive.catalogue_reads import catalogue
from archive.errors import AlreadyDecided, AlreadyProposed, GapsUnexplained, NotFinished, SameOfficial
from archive.types import Gap
from tests.factories.notices import publish_project
from tests.factories.parties import make_actor
from trading.kernel.identity import system_actor
from trading.kernel.objects import ObjectStore
from trading.projects import reads as projects
from trading.projects import service as project_service

WORKER = system_actor("worker")
_STEPS = (
    "close",
    "begin_opening",
    "finish_opening",
    "begin_evaluation",
    "finish_evaluation",
    "publicise",
    "award",
    "contract",
)


async def test_gaps_are_named_explained_and_decided_by_another(session: AsyncSession, objects: ObjectStore) -> None:
    notice, _, _ = await publish_project(session, objects)
    project = await projects.project(session, notice.project_id)
    one, other = await make_actor(session, "official"), await make_actor(session, "official")
    with pytest.raises(NotFinished):
        await service.propose(session, one, project_id=project.id, reason="说明")
    [lot] = project.lots
    for verb in _STEPS:
        await project_service.advance_lot(session, WORKER, lot_id=lot.id, verb=verb)
    for subject in (f"project:{project.id}", f"lot:{lot.id}"):
        for step in await projects.timeline(session, subject):
            if step.done_at is None:
                await project_service.mark_milestone(session, WORKER, subject=subject, key=step.key)
    found = await catalogue(session, project.id)
    assert found.unfinished == ()
    states = {item.id: item.state for item in found.items}
    assert (states["tender-documents"], states["deposits"], states["contract"]) == ("present", "present", "due")
    assert {item.id for item in found.gaps} >= {"contract", "opening-record", "draws"}

    with pytest.raises(GapsUnexplained):
        await service.propose(session, one, project_id=project.id)
    first = await service.propose(session, one, project_id=project.id, reason="纸质合同另行归档")
    assert Gap("contract", f"{lot.number} {lot.name}") in (await reads.package(session, first)).gaps
    with pytest.raises(AlreadyProposed):
        await service.propose(session, other, project_id=project.id, reason="再次")
    for verb in (service.approve, service.decline):
        with pytest.raises(SameOfficial):
            await verb(session, one, package_id=first, **({"words": "请补正"} if verb is service.decline else {}))
    await service.decline(session, other, package_id=first, words="请先补交合同。")
    with pytest.raises(AlreadyDecided):
        await service.approve(session, other, package_id=first)
    declined = await reads.package_of(session, project.id)
    assert declined is not None
    assert (declined.state, declined.decision) == ("declined", "请先补交合同。")

    second = await service.propose(session, other, project_id=project.id, reason="合同遗失，已报监督部门")
    await service.approve(session, one, package_id=second)
    shown = await reads.package_of(session, project.id)
    assert shown is not None
    assert (shown.id, shown.state) == (second, "approved")
    with pytest.raises(DBAPIError, match="does not change"):
        await session.execute(text("UPDATE archive_packages SET reason = 'x' WHERE id = :id"), {"id": first})
