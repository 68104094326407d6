"""The roster: two people for every change, nothing half imported, nothing readable at rest, a root a day."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from experts.errors import ChangeDecided, ChangeOvertaken, ExpertUnknown, NothingChanges, RowsBad, SecondPersonNeeded
from experts.models import Expert, ExpertVersion, GatewayMessage, RosterDay, Snapshot
from experts.services import roster, snapshots
from experts.services.messages import send_waiting
from experts.services.roster import AbsencePlan
from experts.views import roster_view
from tests.factories.draw_stage import PERSONAL, WORKER, Telephones
from tests.factories.experts import id_number, row, sheet
from tests.factories.parties import make_actor, make_organisation
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden, Invalid
from trading.kernel.identity import Actor

PERSONAL_TABLES = ("experts", "expert_versions", "roster_changes", "gateway_messages", "roster_snapshots", "outbox")


@pytest_asyncio.fixture
async def keepers(session: AsyncSession) -> AsyncIterator[tuple[Actor, Actor]]:
    centre = await make_organisation(session, kind="centre")
    yield await make_actor(session, "official", org=centre), await make_actor(session, "official", org=centre)


async def take(session: AsyncSession, keepers: tuple[Actor, Actor], data: bytes) -> None:
    change = await roster.propose_import(session, keepers[0], data=data, personal=PERSONAL)
    await roster.decide(session, keepers[1], change_id=change.id, confirm=True, personal=PERSONAL)


async def test_a_change_needs_a_second_person(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    change = await roster.propose_import(session, keepers[0], data=sheet(row(1)), personal=PERSONAL)
    assert (await roster_view(session)).size == 0
    with pytest.raises(SecondPersonNeeded):
        await roster.decide(session, keepers[0], change_id=change.id, confirm=True, personal=PERSONAL)
    await roster.decide(session, keepers[1], change_id=change.id, confirm=True, personal=PERSONAL)
    assert (await roster_view(session)).size == 1
    with pytest.raises(ChangeDecided):
        await roster.decide(session, keepers[1], change_id=change.id, confirm=True, personal=PERSONAL)


async def test_nobody_else_may_touch_it(session: AsyncSession) -> None:
    tenderer = await make_actor(session, "tenderer")
    with pytest.raises(Forbidden):
        await roster.propose_import(session, tenderer, data=sheet(row(1)), personal=PERSONAL)


async def test_nothing_is_half_imported(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    with pytest.raises(RowsBad) as refused:
        await roster.propose_import(session, keepers[0], data=sheet(row(1), row(2, years="1")), personal=PERSONAL)
    assert (refused.value.params, refused.value.rows[0].line) == ({"bad": 1, "good": 1}, 3)
    assert set(refused.value.fields) == {"3.years"}
    assert await session.scalar(text("SELECT count(*) FROM roster_changes")) == 0


async def test_only_what_differs_is_proposed(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    await take(session, keepers, sheet(row(1), row(2)))
    with pytest.raises(NothingChanges):
        await roster.propose_import(session, keepers[0], data=sheet(row(1), row(2)), personal=PERSONAL)
    data = sheet(row(1), row(2, title="教授"), row(3))
    change = await roster.propose_import(session, keepers[0], data=data, personal=PERSONAL)
    assert change.counts == {"added": 1, "changed": 1, "unchanged": 1}


async def test_one_person_has_one_number(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    await take(session, keepers, sheet(row(1)))
    data = sheet(row(9, id_number=id_number(1)))
    with pytest.raises(RowsBad) as again:
        await roster.propose_import(session, keepers[0], data=data, personal=PERSONAL)
    assert again.value.fields["2.id_number"].code == "roster.person_known"
    data = sheet(row(1, id_number=id_number(2), phone="13911112222"))
    with pytest.raises(RowsBad) as taken:
        await roster.propose_import(session, keepers[0], data=data, personal=PERSONAL)
    assert taken.value.fields["2.number"].code == "roster.number_taken"


async def test_what_another_change_has_overtaken_is_not_confirmed(
    session: AsyncSession, keepers: tuple[Actor, Actor]
) -> None:
    slow = await roster.propose_import(
        session, keepers[0], data=sheet(row(9, id_number=id_number(1))), personal=PERSONAL
    )
    await take(session, keepers, sheet(row(1)))
    with pytest.raises(ChangeOvertaken):
        await roster.decide(session, keepers[1], change_id=slow.id, confirm=True, personal=PERSONAL)


async def test_a_pin_is_made_once_and_sent_once(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    await take(session, keepers, sheet(row(1)))
    await take(session, keepers, sheet(row(1, title="教授")))
    phones = Telephones()
    assert await send_waiting(session, WORKER, gateway=phones, personal=PERSONAL) == 1  # type: ignore[arg-type]
    assert await send_waiting(session, WORKER, gateway=phones, personal=PERSONAL) == 0  # type: ignore[arg-type]
    assert [(m["kind"], m["to"], len(m["pin"])) for m in phones.messages] == [("pin", "13900000001", 6)]
    assert [m.sealed for m in await session.scalars(select(GatewayMessage))] == [None]


async def test_r33_nothing_personal_is_readable_at_rest(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    one = row(1, name="欧阳独一", employer="绝无仅有咨询公司", phone="13812345678")
    change = await roster.propose_import(session, keepers[0], data=sheet(one), personal=PERSONAL)
    for state in ("proposed", "confirmed"):
        if state == "confirmed":
            await roster.decide(session, keepers[1], change_id=change.id, confirm=True, personal=PERSONAL)
        for table in (*PERSONAL_TABLES, "journal_entries", "journal_openings"):
            rows = (await session.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()
            shown = "\n".join(rows) + "\n".join(
                bytes.fromhex(part.removeprefix("\\\\x").removeprefix("\\x")).decode(errors="replace")
                for line in rows
                for part in line.strip("()").replace('"', "").split(",")
                if part.startswith(("\\x", "\\\\x"))
            )
            for canary in (one["name"], one["employer"], one["phone"], one["id_number"]):
                assert canary not in shown, table


async def test_a_sealed_record_opens_for_its_own_row_only(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    await take(session, keepers, sheet(row(1), row(2)))
    first, second = await session.scalars(select(ExpertVersion).limit(2))
    with pytest.raises(InvalidTag):
        PERSONAL.open(first.sealed, f"expert-version:{second.id}")


async def test_the_root_is_journalled_once_a_day(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    assert await snapshots.journal_root(session, WORKER) is None
    await take(session, keepers, sheet(row(1), row(2)))
    root = await snapshots.journal_root(session, WORKER)
    assert root is not None
    assert await snapshots.journal_root(session, WORKER) is None
    assert [day.root for day in await session.scalars(select(RosterDay))] == [root]
    kept = await session.get_one(Snapshot, root)
    assert (kept.size, len(kept.versions)) == (2, 2)
    due = await session.scalar(text("SELECT due_at FROM timers WHERE key = 'experts.roster_day'"))
    now = await platform_now(session)
    assert now < due <= now + timedelta(days=1)
    assert await snapshots.old_enough(session, now) is None
    assert await snapshots.old_enough(session, now + timedelta(days=7)) is not None


async def test_leave_and_suspension_rest_on_a_document(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    await take(session, keepers, sheet(row(1)))
    now = await platform_now(session)
    plan = AbsencePlan("E000001", "suspended", now - timedelta(minutes=1), None, "闽发改〔2026〕12号")
    change = await roster.propose_absence(session, keepers[0], plan=plan, personal=PERSONAL)
    assert (await roster_view(session)).away == 0
    await roster.decide(session, keepers[1], change_id=change.id, confirm=True, personal=PERSONAL)
    assert (await roster_view(session)).away == 1
    unknown = AbsencePlan("E999999", "leave", now, None, "申请")
    with pytest.raises(ExpertUnknown):
        await roster.propose_absence(session, keepers[0], plan=unknown, personal=PERSONAL)
    backwards = AbsencePlan("E000001", "leave", now, now - timedelta(days=1), "申请")
    with pytest.raises(Invalid):
        await roster.propose_absence(session, keepers[0], plan=backwards, personal=PERSONAL)


async def test_a_rejected_list_is_not_kept(session: AsyncSession, keepers: tuple[Actor, Actor]) -> None:
    change = await roster.propose_import(session, keepers[0], data=sheet(row(1)), personal=PERSONAL)
    await roster.decide(session, keepers[0], change_id=change.id, confirm=False, personal=PERSONAL)
    assert await session.scalar(text("SELECT length(sealed) FROM roster_changes")) == 0
    assert await session.scalar(select(Expert.id)) is None
