"""Documents are filed once, journalled by digest, never changed, and read by whom they are for."""

import datetime as dt
import json
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import make_actor
from trading.kernel.clock import platform_now
from trading.kernel.identity import ANONYMOUS, Actor
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.records import reads, service
from trading.records.errors import AlreadyKept, RecordUnknown

HOUR = dt.timedelta(hours=1)


async def keep(
    session: AsyncSession, actor: Actor, subject: str, *, digest: str = "a" * 64, public: bool = False
) -> UUID:
    return await service.keep(
        session,
        actor,
        subject=subject,
        kind="tender-document",
        name="招标文件.pdf",
        media_type="application/pdf",
        digest=digest,
        size=9,
        public=public,
        readers=[actor.org_id] if actor.org_id else [],
    )


async def test_a_document_is_filed_once_and_its_name_is_only_committed_to(session: AsyncSession) -> None:
    actor, subject = await make_actor(session, "tenderer"), f"lot:{new_id()}"
    record_id = await keep(session, actor, subject)
    (record,) = await reads.records_of(session, subject)
    assert (record.id, record.subject, record.digest, record.public_at) == (record_id, subject, "a" * 64, None)
    body = (
        await session.execute(text("SELECT body FROM journal_entries WHERE subject = :s"), {"s": subject})
    ).scalar_one()
    entry = json.loads(body)
    assert entry["action"] == "records:document:kept"
    assert entry["payload"] == {
        "record": str(record_id),
        "kind": "tender-document",
        "digest": "a" * 64,
        "size": 9,
    }
    assert set(entry["committed"]) == {"name"}
    with pytest.raises(AlreadyKept):
        await keep(session, actor, subject)
    await keep(session, actor, subject, digest="b" * 64)
    assert len(await reads.records_of(session, subject, ("tender-document",))) == 2
    assert await reads.records_of(session, subject, ("opening-record",)) == ()


async def test_its_readers_see_it_before_the_public_does(session: AsyncSession) -> None:
    actor, subject = await make_actor(session, "tenderer"), f"lot:{new_id()}"
    stranger = await make_actor(session, "bidder")
    official, admin = await make_actor(session, "official"), await make_actor(session, "admin")
    record_id = await keep(session, actor, subject)
    for reader in (actor, official):
        assert (await reads.readable_record(session, reader, record_id)).id == record_id
    for reader in (stranger, admin, ANONYMOUS):
        with pytest.raises(RecordUnknown):
            await reads.readable_record(session, reader, record_id)
    now = await platform_now(session)
    await service.publish(session, actor, subject=subject, kinds=("tender-document",), at=now + HOUR)
    with pytest.raises(RecordUnknown):  # published, from an hour from now on
        await reads.readable_record(session, ANONYMOUS, record_id)
    open_id = await keep(session, actor, subject, digest="b" * 64, public=True)
    assert (await reads.readable_record(session, ANONYMOUS, open_id)).id == open_id
    with pytest.raises(RecordUnknown):
        await reads.readable_record(session, ANONYMOUS, new_id())


async def test_the_database_refuses_changing_withdrawing_and_deleting(session: AsyncSession) -> None:
    actor, subject = await make_actor(session, "tenderer"), f"lot:{new_id()}"
    await keep(session, actor, subject, public=True)
    for statement in (
        "UPDATE records SET digest = repeat('0', 64)",
        "UPDATE records SET public_at = NULL",
        "DELETE FROM records",
        "TRUNCATE records",
    ):
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text(statement))


async def test_what_is_filed_comes_back_byte_for_byte(session: AsyncSession, objects: ObjectStore) -> None:
    actor, data = await make_actor(session, "tenderer"), b"%PDF-1.7 \x00\xff"
    digest = await objects.put(data, "application/pdf")
    record_id = await keep(session, actor, f"lot:{new_id()}", digest=digest)
    record = await reads.readable_record(session, actor, record_id)
    assert await objects.get(record.digest) == data
