"""Before the deadline: who leaves a trace in the journal; clocks set back; tokens drawn all at once."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.closing import refused_early
from bidding.opening.errors import BoxNotClosed
from bidding.sealing.submission import document_digest
from bidding.services import lots
from bidding.types import Submitted
from tests.factories import bidding as make
from tests.factories.parties import make_actor
from tests.integration.bidding.conftest import Box
from trading.kernel.errors import Busy
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.projects import reads as projects
from trading.projects.errors import LotUnknown


async def attempts(session: AsyncSession) -> int:
    found = await session.execute(text("SELECT count(*) FROM journal_entries WHERE action = 'lot:opening:refused'"))
    return int(found.scalar_one())


async def test_only_those_entrusted_with_an_opening_are_journalled_for_trying_it_early(
    session: AsyncSession, objects: ObjectStore
) -> None:
    lot = await make.open_lot(session, objects)
    official, bidder = await make_actor(session, "official"), await make_actor(session, "bidder")
    before = await attempts(session)
    for actor, journalled in ((bidder, 0), (official, 1)):
        refusal = await refused_early(session, actor, subject=lot.subject, attempt="sign")
        assert isinstance(refusal, BoxNotClosed)
        assert await attempts(session) == before + journalled
    with pytest.raises(LotUnknown):
        await refused_early(session, official, subject=f"lot:{new_id()}", attempt="settle")
    assert await attempts(session) == before + 1


async def test_a_clock_set_back_lets_nothing_in_before_what_it_replaces(box: Box) -> None:
    """An act earlier than its predecessor would make the whole box underivable, for every bidder."""

    async def uploaded(**how: object) -> tuple[bytes, str]:
        sealed = box.lot.bid(**how)
        async with box.database.transaction() as session:
            return sealed.raw, await make.upload(session, box.objects, box.lot, sealed)

    async def commit(raw: bytes, token: str) -> object:
        async with box.database.transaction() as session:
            return await make.commit(session, box.lot, raw, token)

    first = box.lot.bid()
    async with box.database.transaction() as session:
        token = await make.upload(session, box.objects, box.lot, first)
    assert isinstance(await commit(first.raw, token), Submitted)
    raw, token = await uploaded(key=first.sealer_key, prev=document_digest(first.raw))
    with box.as_owner() as owner:
        owner.execute("ALTER FUNCTION platform_now() RENAME TO platform_now_right")
        owner.execute(
            "CREATE FUNCTION platform_now() RETURNS timestamptz LANGUAGE sql VOLATILE "
            "AS $$ SELECT platform_now_right() - interval '1 minute' $$"
        )
        owner.execute("GRANT EXECUTE ON FUNCTION platform_now() TO trading_app")
        with pytest.raises(Busy):
            await commit(raw, token)
        owner.execute("DROP FUNCTION platform_now()")
        owner.execute("ALTER FUNCTION platform_now_right() RENAME TO platform_now")
    assert isinstance(await commit(raw, token), Submitted)


async def test_tokens_drawn_all_at_once_are_counted_each(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lots, "MOST_TOKENS", 3)
    async with box.database.transaction() as session:
        bidder = await make_actor(session, "bidder")

    async def draw() -> str:
        async with box.database.transaction() as session:
            return await lots.draw_token(session, bidder, lot_id=box.lot.id, secret=make.SECRET)

    drawn = await asyncio.gather(*(draw() for _ in range(8)), return_exceptions=True)
    async with box.database.transaction() as session:
        counted = await projects.participations(session, box.lot.id, org_id=bidder.org_id)
    assert 1 <= sum(isinstance(item, str) for item in drawn) == len(counted) <= 3
