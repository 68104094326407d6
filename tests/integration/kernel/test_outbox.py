"""What is committed is handed on at least once and done once, whoever is killed on the way."""

import asyncio
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text

from trading.kernel import outbox
from trading.kernel.db import Database
from trading.kernel.outbox import Event, deliver, emit


class TeaMade(Event, frozen=True):
    """茶好了."""

    name: ClassVar[str] = "tests.tea_made"
    version: ClassVar[int] = 2

    cups: int
    by: UUID


TEA = TeaMade(cups=3, by=UUID(int=7))
WIRING = {TeaMade.name: ("tests.drink", "tests.wash_up")}
Sent = list[tuple[str, UUID, dict[str, object]]]


async def tea(db: Database) -> None:
    async with db.transaction() as session:
        await emit(session, TEA)


async def hand_on(db: Database, sent: Sent, *, fail: bool = False) -> int:
    """What the relay does, to a broker that is a list."""

    async def enqueue(task: str, message_id: UUID, payload: dict[str, object]) -> None:
        sent.append((task, message_id, payload))

    async with db.transaction() as session:
        count = await deliver(session, WIRING, enqueue)
        if fail:
            raise ConnectionError("killed between handing over and COMMIT")
        return count


async def waiting(db: Database) -> int:
    async with db.transaction() as session:
        return await outbox.backlog(session)


async def test_an_event_starts_every_task_that_waits_for_it_once(db: Database) -> None:
    sent: Sent = []
    await tea(db)
    assert (await hand_on(db, sent), await hand_on(db, sent), await waiting(db)) == (1, 0, 0)
    assert [task for task, _, _ in sent] == ["tests.drink", "tests.wash_up"]
    assert len({message_id for _, message_id, _ in sent}) == 2
    assert TeaMade.parse(sent[0][2]) == TEA
    assert sent[0][2]["_version"] == 2


async def test_what_was_rolled_back_was_never_said(db: Database) -> None:
    async def never_mind() -> None:
        async with db.transaction() as session:
            await emit(session, TEA)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await never_mind()
    assert await waiting(db) == 0


async def test_a_relay_killed_before_its_commit_hands_the_same_message_on_again(db: Database) -> None:
    sent: Sent = []
    await tea(db)
    with pytest.raises(ConnectionError):
        await hand_on(db, sent, fail=True)
    assert await waiting(db) == 1
    await hand_on(db, sent)
    assert sent[:2] == sent[2:]  # the same message ids: the inbox knows them


async def test_a_message_that_comes_twice_has_one_effect(db: Database) -> None:
    async def drink(message_id: UUID) -> bool:
        async with db.transaction() as session:
            if not await outbox.first_time(session, "tests.drink", message_id):
                return False
            await session.execute(text("INSERT INTO platform_facts VALUES ('cups', '1')"))
            return True

    assert sorted(await asyncio.gather(drink(UUID(int=1)), drink(UUID(int=1)))) == [False, True]
    assert not await drink(UUID(int=1))
    async with db.transaction() as session:
        cups = (await session.execute(text("SELECT count(*) FROM platform_facts WHERE name = 'cups'"))).scalar_one()
        assert cups == 1
        assert await outbox.first_time(session, "tests.wash_up", UUID(int=1))  # another consumer is another matter


async def test_an_effect_that_failed_may_be_tried_again(db: Database) -> None:
    async def attempt(fail: bool) -> bool:
        async with db.transaction() as session:
            first = await outbox.first_time(session, "tests.drink", UUID(int=1))
            if fail:
                raise RuntimeError
            return first

    with pytest.raises(RuntimeError):
        await attempt(fail=True)
    assert await attempt(fail=False)
    assert not await attempt(fail=False)


async def test_two_relays_at_once_hand_each_message_on_once(db: Database) -> None:
    for _ in range(20):
        await tea(db)
    sent: Sent = []
    both_in = asyncio.Barrier(2)

    async def relay() -> int:
        async def enqueue(task: str, message_id: UUID, payload: dict[str, Any]) -> None:
            sent.append((task, message_id, payload))

        async with db.transaction() as session:
            await both_in.wait()
            count = await deliver(session, WIRING, enqueue, limit=10)
            await both_in.wait()
            return count

    assert sum(await asyncio.gather(relay(), relay())) == 20  # neither waits for the other's rows
    assert len({message_id for _, message_id, _ in sent}) == 40
