"""Who takes part is seen by itself alone until it is public, whatever statement asks (招标投标法 22, 52)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import make_actor
from tests.factories.projects import make_official, make_project
from trading.kernel.errors import WrongState
from trading.kernel.identity import Actor
from trading.projects import reads, service
from trading.projects.errors import NotOpenForBids
from trading.projects.types import LotView

COUNT = text("SELECT count(*) FROM participations")


async def joined_lot(session: AsyncSession) -> tuple[LotView, Actor, Actor]:
    await make_official(session)
    project, tenderer = await make_project(session)
    lot = await service.advance_lot(session, tenderer, lot_id=project.lots[0].id, verb="publish")
    one, two = await make_actor(session, "bidder"), await make_actor(session, "bidder")
    for bidder in (one, two):
        assert await service.join_lot(session, bidder, lot_id=lot.id, kind="upload_token_1")
    return lot, one, two


async def as_organisation(session: AsyncSession, org: object) -> None:
    await session.execute(text("SELECT set_config('trading.org', :org, true)"), {"org": str(org)})


async def test_sql_without_the_setting_sees_nothing(session: AsyncSession) -> None:
    await joined_lot(session)
    await as_organisation(session, "")
    assert (await session.execute(COUNT)).scalar_one() == 0
    await session.execute(text("RESET trading.org"))
    assert (await session.execute(COUNT)).scalar_one() == 0


async def test_each_organisation_sees_itself_alone(session: AsyncSession) -> None:
    lot, one, two = await joined_lot(session)
    assert await reads.participations(session, lot.id, org_id=one.org_id) == ((one.org_id, "upload_token_1"),)
    assert await reads.participations(session, lot.id, org_id=two.org_id) == ((two.org_id, "upload_token_1"),)
    assert await reads.participations(session, lot.id) == ()
    assert (await session.execute(COUNT)).scalar_one() == 0


async def test_nobody_is_entered_in_anothers_name_and_no_row_changes(session: AsyncSession) -> None:
    lot, one, two = await joined_lot(session)
    for statement in (
        "INSERT INTO participations VALUES (:lot, :two, 'forged')",
        "UPDATE participations SET kind = 'other' WHERE lot_id = :lot",
        "DELETE FROM participations WHERE lot_id = :lot OR org_id = :two",
    ):
        await as_organisation(session, one.org_id)
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text(statement), {"lot": lot.id, "two": two.org_id})


async def test_joining_again_changes_nothing_and_leaves_no_trace(session: AsyncSession) -> None:
    lot, one, _ = await joined_lot(session)
    traces = text(
        "SELECT (SELECT count(*) FROM journal_entries) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM records)"
        " + (SELECT count(*) FROM live_events) + (SELECT count(*) FROM journal_openings)"
    )
    before = (await session.execute(traces)).scalar_one()
    assert not await service.join_lot(session, one, lot_id=lot.id, kind="upload_token_1")
    assert await service.join_lot(session, one, lot_id=lot.id, kind="upload_token_2")
    assert (await session.execute(traces)).scalar_one() == before
    columns = await session.execute(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = 'participations' ORDER BY 1")
    )
    assert columns.scalars().all() == ["kind", "lot_id", "org_id"]  # neither a time nor a person


async def test_public_only_after_the_deadline_and_then_for_everyone(session: AsyncSession) -> None:
    lot, one, two = await joined_lot(session)
    with pytest.raises(DBAPIError, match="participants_public_at"):
        async with session.begin_nested():
            await service.publish_participants(session, one, lot_id=lot.id)
    await session.execute(
        text("UPDATE lots SET deadline_at = platform_now() - interval '1 second' WHERE id = :id"), {"id": lot.id}
    )
    await service.publish_participants(session, one, lot_id=lot.id)
    await service.publish_participants(session, one, lot_id=lot.id)  # said once, however often it is asked
    everyone = {org for org, _ in await reads.participations(session, lot.id)}
    assert everyone == {one.org_id, two.org_id}
    published = text("SELECT count(*) FROM journal_entries WHERE action = 'lot:participants:published'")
    assert (await session.execute(published)).scalar_one() == 1


async def test_a_lot_that_takes_no_bids_is_not_joined(session: AsyncSession) -> None:
    await make_official(session)
    project, tenderer = await make_project(session)
    bidder = await make_actor(session, "bidder")
    with pytest.raises(NotOpenForBids):
        await service.join_lot(session, bidder, lot_id=project.lots[0].id, kind="upload_token_1")
    with pytest.raises(WrongState):
        await service.advance_lot(session, tenderer, lot_id=project.lots[0].id, verb="close")


async def test_the_table_is_guarded_against_its_owner_too(session: AsyncSession) -> None:
    guarded = await session.execute(
        text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'participations'")
    )
    assert guarded.one() == (True, True)
