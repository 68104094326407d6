"""Advisory locks: waited for a bounded time, taken in one order; and a duty that one process at a time holds."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.db import Database
from trading.kernel.errors import Busy
from trading.kernel.locks import Leadership, lock, lock_key


async def test_who_comes_second_is_told_busy_in_time(common_db: Database) -> None:
    async with common_db.transaction() as first, common_db.transaction() as second:
        await lock(first, "lot:1")
        await lock(second, "lot:2")
        with pytest.raises(Busy):
            await lock(second, "lot:1", timeout_ms=50)
        await second.rollback()


async def test_readers_share_and_the_writer_waits_for_them(common_db: Database) -> None:
    async with common_db.transaction() as first, common_db.transaction() as second, common_db.transaction() as third:
        await lock(first, "lot:1", shared=True)
        await lock(second, "lot:1", shared=True)
        with pytest.raises(Busy):
            await lock(third, "lot:1", timeout_ms=50)
        await third.rollback()


async def test_two_who_name_the_same_locks_in_another_order_do_not_deadlock(common_db: Database) -> None:
    async def take(*names: str) -> None:
        async with common_db.transaction() as session:
            await lock(session, *names, timeout_ms=20_000)

    await asyncio.gather(*(take("a", "b", "c") if n % 2 else take("c", "b", "a") for n in range(12)))


async def test_a_lock_ends_with_its_transaction(common_db: Database) -> None:
    async def hold(session: AsyncSession) -> None:
        await lock(session, "lot:1", timeout_ms=50)

    for _ in range(2):
        async with common_db.transaction() as session:
            await hold(session)


def test_a_names_key_is_the_same_everywhere() -> None:
    # The blind streams' SQL and this code must mean the same lock: a changed key would let both in.
    assert lock_key("lot:1") == 8045060815577006154
    assert -(2**63) <= lock_key("x") < 2**63


async def test_one_process_leads_and_another_takes_over_when_it_goes(common_db: Database) -> None:
    async with AsyncExitStack() as stack:
        first, second, other = (Leadership(common_db.address, f"duty:{name}") for name in ("test", "test", "other"))
        for leadership in (first, second, other):
            stack.push_async_callback(leadership.release)
        assert [await first.held(), await second.held(), await other.held()] == [True, False, True]
        assert await first.held()
        await first.release()
        assert await second.held()
        assert not await first.held()


async def test_without_a_database_nobody_leads(common_db: Database) -> None:
    leadership = Leadership(common_db.address.replace("?host=", "?host=/nowhere"), "duty:test")
    assert not await leadership.held()
