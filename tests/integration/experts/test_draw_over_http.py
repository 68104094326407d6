"""Roster and draw by page and by API: what the walk in the browser passes by, and refusals that need their moment."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from httpx import AsyncClient

from experts.errors import (
    AlreadyRevealed,
    BeaconAwaited,
    LotNotForDraw,
    NoGateway,
    NothingCommitted,
    NotOpenedYet,
    PlanOutOfTime,
    RosterTooYoung,
)
from experts.forms import PlanDraw
from experts.services.cancelling import cancel_draw
from experts.services.drawing import confirm_draw
from experts.services.unlocking import unlock
from portal.embedded.cluster import DatabaseUrls
from tests.factories.draw_stage import PERSONAL, WORKER, DrawStage
from tests.factories.parties import TOTP, make_member
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.clock import system_now
from trading.kernel.settings import ObjectsSettings
from trading.projects import service as projects

LEAVE = {"number": "E000001", "kind": "leave", "document": "请假单 2026-11 号"}


@dataclass
class Desk:
    """The stage, two officials at their pages, two with programs."""

    stage: DrawStage
    pages: tuple[Browser, Browser]
    programs: tuple[AsyncClient, AsyncClient]


@pytest_asyncio.fixture
async def desk(stage: DrawStage, stage_urls: DatabaseUrls, object_settings: ObjectsSettings) -> AsyncIterator[Desk]:
    site = WholeSite(stage_urls, object_settings, stage.objects)
    async with site.database.transaction() as session:
        logins = [(await make_member(session, "official", totp_secret=TOTP)).login for _ in range(2)]
    async with Browser(site.app) as one, Browser(site.app) as other:
        for page, login in zip((one, other), logins, strict=True):
            assert (await page.sign_in(login, totp=totp_now())).status_code == 303
        programs = (await site.as_(stage.lot.official), await site.as_(stage.second))
        yield Desk(stage, (one, other), programs)
    await site.close()


async def test_leave_is_proposed_by_one_and_rejected_by_another_by_page_and_by_api(desk: Desk) -> None:
    one, other = desk.pages
    begins = await desk.stage.now() + timedelta(days=1)
    form = LEAVE | {"starts_at": f"{begins:%Y-%m-%dT%H:%M}"}
    proposed = await one.submit("/experts/roster/absence", **form)
    assert proposed.status_code == 303, proposed.text
    change = proposed.headers["location"]
    rejected = await other.submit(f"{change}/reject")
    assert (rejected.status_code, rejected.headers["location"]) == (303, "/experts/roster")
    assert (await other.submit(f"{change}/reject", to=f"{change}/confirm")).status_code == 409  # decided
    found = await one.submit("/experts/roster", to="/experts/roster/search", number=LEAVE["number"])
    assert (found.status_code, LEAVE["number"] in found.text) == (200, True)

    first, second = desk.programs
    made = await first.post("/v1/roster/absences", json=LEAVE | {"starts_at": f"{begins:%Y-%m-%dT%H:%M:%SZ}"})
    assert made.status_code == 201, made.text
    path = f"/v1/roster/changes/{made.json()['id']}"
    assert (await second.post(f"{path}/reject")).status_code == 200
    again = await second.post(f"{path}/confirm")
    assert (again.status_code, again.json()["code"]) == (409, "roster.change_decided")
    unknown = await second.post(f"/v1/roster/changes/{uuid4()}/reject")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "roster.change_unknown")


async def test_a_draw_is_cancelled_with_a_reason_by_page_and_by_api(desk: Desk) -> None:
    one, _ = desk.pages
    proposed = await desk.stage.propose()
    done = await one.submit(f"/draws/{proposed}/cancel", reason="日期与开标冲突")
    assert done.status_code == 303, done.text
    again = await desk.stage.propose()
    assert again != proposed
    first, _ = desk.programs
    short = await first.post(f"/v1/draws/{again}/cancel", json={"reason": ""})
    assert (short.status_code, list(short.json()["fields"])) == (422, ["reason"])
    cancelled = await first.post(f"/v1/draws/{again}/cancel", json={"reason": "日期与开标冲突"})
    assert cancelled.status_code in {200, 201}, cancelled.text
    assert (await desk.stage.draw(again)).state == "cancelled"


async def test_what_comes_too_early_too_late_or_twice(desk: Desk) -> None:
    stage = desk.stage
    late = await stage.propose()
    mute = msgspec.structs.replace(stage.phones.settings, key="")
    sure = msgspec.structs.replace(stage.second, step_up_at=system_now())
    with pytest.raises(NoGateway):
        async with stage.session() as session:
            await confirm_draw(session, sure, draw_id=late, gateway=mute, personal=PERSONAL)
    plan = msgspec.convert((await stage.draw(late)).plan, PlanDraw)
    await stage.move_to(plan.commit_until)
    with pytest.raises(PlanOutOfTime):
        await stage.confirm(late)
    async with stage.session() as session:
        await cancel_draw(session, stage.lot.official, draw_id=late, reason="过期")

    draw = await stage.announce()
    await stage.commit(draw, "centre")
    plan = msgspec.convert((await stage.draw(draw.id)).plan, PlanDraw)
    await stage.move_to(plan.commit_until)
    await stage.reveal(draw, "centre")
    assert isinstance(await stage.reveal(draw, "centre", "cd" * 32), AlreadyRevealed)
    assert isinstance(await stage.reveal(draw, "tenderer", "ab" * 32), NothingCommitted)
    await stage.move_to(plan.beacon_at)
    with pytest.raises(BeaconAwaited):
        async with stage.session() as session:
            await cancel_draw(session, stage.lot.official, draw_id=draw.id, reason="等不及")
    for witness in (0, 1):
        await stage.type_beacon(draw.id, witness)
    await stage.send_calls(draw.id)
    await stage.all_accept(draw.id)
    seeing = msgspec.structs.replace(stage.witnesses[0], step_up_at=system_now())
    with pytest.raises(NotOpenedYet):
        async with stage.session() as session:
            await unlock(session, seeing, draw_id=draw.id, personal=PERSONAL)


async def test_a_lot_that_has_failed_gets_no_draw(desk: Desk) -> None:
    async with desk.stage.session() as session:
        await projects.advance_lot(session, WORKER, lot_id=desk.stage.lot.id, verb="fail")
    with pytest.raises(LotNotForDraw):
        await desk.stage.propose()


async def test_a_roster_a_week_old_is_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experts.services.snapshots.ROSTER_AGE", timedelta(days=30))
    with pytest.raises(RosterTooYoung):
        await desk.stage.confirm(await desk.stage.propose())
