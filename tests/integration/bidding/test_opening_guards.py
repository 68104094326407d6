"""R4: one second before the deadline nothing opens, whoever holds all keys; R37: what an opening fixed stays so."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio
from psycopg.errors import InsufficientPrivilege

from bidding.opening.closing import close_box
from bidding.opening.errors import BoxNotClosed, BoxUnknown, NoRecordYet
from bidding.opening.printing import print_record
from bidding.opening.revealing import reveal_phase
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.whole_site import WholeSite
from tests.integration.bidding.conftest import Box
from trading.kernel.identity import system_actor
from trading.kernel.journal.reads import EntryView, entries_of
from trading.kernel.settings import ObjectsSettings

WORKER = system_actor("worker")
PARTS = ("identity", "technical", "price")
OPENING = (
    "boxes",
    "share_batches",
    "settlements",
    "reveals",
    "opened_parts",
    "opening_records",
    "record_signatures",
)
SEALED = (
    ("announcements", "ann"),
    ("uploads", "env"),
    ("upload_blocks", "n"),
    ("envelopes", "env"),
    ("submission_refusals", "digest"),
)
KEYED = {"opened_parts": "env"}
SIGNATURE = {"fingerprint": "0" * 64, "signature": "0" * 128}


@pytest_asyncio.fixture
async def site(box: Box, object_settings: ObjectsSettings) -> AsyncIterator[WholeSite]:
    made = WholeSite(box.urls, object_settings, box.objects)
    yield made
    await made.close()


def stand_still(box: Box, offset: timedelta) -> None:
    """The clock stops so far from the deadline."""
    microseconds = offset // timedelta(microseconds=1)
    with box.as_owner() as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION platform_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT "
            f"'{box.lot.world.announcement.body.deadline}'::timestamptz + interval '{microseconds} microseconds' $$"
        )


async def close(box: Box) -> None:
    async with box.database.transaction() as session:
        await close_box(session, WORKER, subject=box.lot.subject, objects=box.objects)


async def test_r4_a_second_before_the_deadline_every_opening_step_is_refused_and_journalled(
    box: Box, site: WholeSite
) -> None:
    sealed = [box.lot.bid() for _ in range(3)]
    async with box.database.transaction() as session:
        for bid in sealed:
            await make.submit(session, box.objects, box.lot, bid)
    known = box.lot.world.box(*(bid.raw for bid in sealed))  # whoever has all envelopes and all keys
    stand_still(box, timedelta(seconds=-1))
    official, lot = await site.as_(box.lot.official), f"/v1/lots/{box.lot.id}"

    for seated in box.lot.trustees:
        trustee = await site.as_(seated.actor)
        for part in PARTS:
            batch = box.lot.world.batch(seated.hands.x, part, known).decode()
            answer = await trustee.post(f"{lot}/batches", json={"batch": batch})
            assert (answer.status_code, answer.json()["code"]) == (409, "opening.box_not_closed")
    for path, body in (
        (f"{lot}/phases/1/settle", {}),
        (f"{lot}/phases/2/settle", {}),
        (f"{lot}/record/signatures", SIGNATURE),
    ):
        answer = await official.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "opening.box_not_closed")
    page = await official.post(f"/lots/{box.lot.id}/phases/1/settle", data={}, headers={"accept": "text/html"})
    assert page.status_code == 409
    assert "The deadline has not passed" in page.text
    for path in ("opening", "box", "record", "evidence"):
        assert (await site.client().get(f"{lot}/{path}")).status_code in {404, 409}
    attempts = Counter(
        view.entry.payload["attempt"] for view in await journalled(box) if view.entry.action == "lot:opening:refused"
    )
    assert attempts == {"batch": 9, "settle": 3, "sign": 1}
    assert [await box.count(table) for table in OPENING] == [0] * len(OPENING)


async def test_r4_nor_does_the_worker_open_anything_before_its_time(box: Box) -> None:
    async def alone(step: Callable[..., Awaitable[object]], **how: object) -> None:
        async with box.database.transaction() as session:
            await step(session, WORKER, objects=box.objects, **how)

    stand_still(box, timedelta(seconds=-1))
    for step, how, refusal in (
        (close_box, {"subject": box.lot.subject}, BoxNotClosed),
        (reveal_phase, {"subject": box.lot.subject, "phase": 1, "keys": make.KEYS}, BoxUnknown),
        (print_record, {"lot_id": box.lot.id, "keys": make.KEYS, "base_url": ""}, NoRecordYet),
    ):
        with pytest.raises(refusal):
            await alone(step, **how)
    assert [await box.count(table) for table in OPENING] == [0] * len(OPENING)


async def test_at_the_deadline_itself_the_box_is_open_and_a_moment_later_it_is_closed_once(box: Box) -> None:
    stand_still(box, timedelta())
    with pytest.raises(BoxNotClosed):
        await close(box)
    stand_still(box, timedelta(microseconds=1))
    for _ in range(2):
        await close(box)
    assert await box.count("boxes") == 1
    closings = [view for view in await journalled(box) if view.entry.action == "lot:box:closed"]
    assert len(closings) == 1


@pytest.mark.parametrize("login", ["app_dsn", "sequencer_dsn", "owner_dsn"])
def test_r37_what_was_sealed_or_opened_can_be_neither_changed_nor_deleted(database: DatabaseUrls, login: str) -> None:
    with psycopg.connect(getattr(database, login), autocommit=True) as connection:
        for table, column in (*SEALED, *((table, KEYED.get(table, "entry_id")) for table in OPENING)):
            for statement in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(InsufficientPrivilege):
                    connection.execute(statement)


async def journalled(box: Box) -> list[EntryView]:
    """The lot's story."""
    async with box.database.transaction() as session:
        return await entries_of(session, box.lot.subject, limit=500)
