"""Rooms, the week, booking from the lot's page, in a browser without script; who sees what."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.notices import make_notice_draft, publish_project
from tests.factories.projects import add_document, make_official, make_project
from tests.factories.schedule import book, make_lot, make_room
from tests.integration.projects.conftest import Enter, Platform
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.calendar import BEIJING
from trading.projects.types import LotView
from trading.schedule import reads
from trading.schedule.types import RoomView
from trading.schedule.week import week_name

FIELDS: dict[str, Any] = {
    "name": "开标三室",
    "site": "市民中心三楼",
    "seats": "60",
    "purposes": ["opening"],
    "equipment": "投影",
}
HOURS: dict[str, Any] = {
    f"hours.{index}.{name}": value
    for index in range(7)
    for name, value in (("weekday", str(index + 1)), ("opens", "09:00"), ("closes", "17:00"))
}


@pytest.fixture
async def official(platform: Platform) -> Actor:
    async with platform.database.transaction() as session:
        return await make_official(session)


@pytest.fixture
async def published(platform: Platform, official: Actor) -> tuple[LotView, RoomView]:
    """A lot whose notice is out, with an opening room and a booking in it."""
    async with platform.database.transaction() as session:
        room = await make_room(session, official)
        notice, _, _ = await publish_project(session, platform.objects, official=official)
        lot = (await projects.project(session, notice.project_id)).lots[0]
        await book(session, official, lot, room.id)
        return lot, room


def week_of(lot: LotView) -> str:
    return week_name(lot.deadline_at.astimezone(BEIJING).date())


async def test_a_room_is_added_changed_closed_and_opened_again(enter: Enter) -> None:
    official = await enter("official")
    assert (await official.get("/schedule/rooms")).status_code == 200
    wrong = await official.submit("/schedule/rooms/new", **FIELDS, **HOURS | {"hours.2.closes": "08:00"})
    assert wrong.status_code == 422
    assert "结束要晚于开始" in wrong.text
    assert 'value="开标三室"' in wrong.text
    made = await official.submit("/schedule/rooms/new", **FIELDS, **HOURS)
    assert made.status_code == 303, made.text
    url = made.headers["location"]
    again = await official.submit("/schedule/rooms/new", **FIELDS, **HOURS)
    assert (again.status_code, "已有名为" in again.text) == (409, True)
    shown = await official.get(url)
    assert "09:00–17:00" in shown.text
    changed = await official.submit(
        f"{url}/edit", **FIELDS | {"seats": "80"}, **HOURS | {"hours.6.opens": "", "hours.6.closes": ""}
    )
    assert changed.status_code == 303, changed.text
    assert shown.text.count("09:00–17:00") == (await official.get(url)).text.count("09:00–17:00") + 1
    closed = await official.submit(
        url, to=f"{url}/closed", starts_at="2030-01-05T00:00", ends_at="2030-01-09T00:00", reason="更换空调"
    )
    assert closed.status_code == 303, closed.text
    shown = await official.get(url)
    assert "更换空调" in shown.text
    visitor = await enter()
    assert "更换空调" not in (await visitor.get(url)).text
    link = re.search(r'href="(/schedule/rooms/[^"]+/end)"', shown.text)
    assert link
    asked = await official.get(link[1])
    assert "提前恢复使用" in asked.text
    assert (await official.submit(link[1], reason="")).status_code == 422
    assert (await official.submit(link[1], reason="已换好")).status_code == 303
    assert "没有停用安排" in (await official.get(url)).text
    assert (await official.get(link[1])).status_code == 404


async def test_an_official_books_from_the_lots_page(platform: Platform, enter: Enter, official: Actor) -> None:
    async with platform.database.transaction() as session:
        lot, _ = await make_lot(session)
        room = await make_room(session, official)
    browser = await enter("official")
    part = await browser.get(f"/lots/{lot.id}/rooms", headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert f"/lots/{lot.id}/rooms/opening" in part.text
    url = f"/lots/{lot.id}/rooms/opening"
    form = await browser.get(url)
    assert "只需选场地" in form.text
    assert room.name in form.text
    assert 'name="starts_at"' not in form.text
    done = await browser.submit(url, room_id=str(room.id), minutes="90", confirm_provisional="on")
    assert done.status_code == 303, done.text
    shown = await browser.get(f"/lots/{lot.id}/rooms")
    assert room.name in shown.text
    again = await browser.get(url)
    assert again.headers["location"].endswith("/move")
    assert "改约开标室" in (await browser.get(again.headers["location"])).text
    assert (await browser.get(f"/lots/{lot.id}/rooms/closed")).status_code == 404


async def test_a_refusal_stands_on_the_form_with_the_next_time_and_the_rooms(
    platform: Platform, enter: Enter, official: Actor, published: tuple[LotView, RoomView]
) -> None:
    _, room = published
    async with platform.database.transaction() as session:
        lot, _ = await make_lot(session)
    browser = await enter("official")
    url = f"/lots/{lot.id}/rooms/opening"
    assert "已有一场开标" in (await browser.get(url)).text
    refused = await browser.submit(url, room_id=str(room.id), minutes="90", confirm_provisional="on")
    assert refused.status_code == 409
    summary = re.search(r'class="summary".*?</section>', refused.text, re.DOTALL)
    assert summary
    assert "已有一场开标" in summary[0]
    assert f"{room.name}最早可从" in summary[0]


async def test_moving_and_cancelling_ask_for_a_reason(
    platform: Platform, enter: Enter, official: Actor, published: tuple[LotView, RoomView]
) -> None:
    lot, _room = published
    async with platform.database.transaction() as session:
        (booking,) = await reads.bookings_of(session, f"lot:{lot.id}")
        other = await make_room(session, official)
    browser = await enter("official")
    url = f"/schedule/bookings/{booking.id}"
    assert "须及时通知" in (await browser.get(f"{url}/move")).text
    silent = await browser.submit(f"{url}/move", room_id=str(other.id), minutes="90", confirm_provisional="on")
    assert silent.status_code == 422
    moved = await browser.submit(
        f"{url}/move", room_id=str(other.id), minutes="90", confirm_provisional="on", reason="投影故障"
    )
    assert moved.status_code == 303, moved.text
    assert "须及时通知" in (await browser.get(f"{url}/cancel")).text
    assert (await browser.submit(f"{url}/cancel", reason="项目暂停")).status_code == 303
    assert (await browser.get(f"{url}/cancel")).status_code == 404
    assert "尚未安排" in (await browser.get(f"/lots/{lot.id}/rooms")).text


async def test_visitors_see_openings_of_published_lots_and_nothing_of_evaluations(
    platform: Platform, enter: Enter, official: Actor, published: tuple[LotView, RoomView]
) -> None:
    lot, room = published
    async with platform.database.transaction() as session:
        secret_room = await make_room(session, official, "evaluation", name=f"评标室{room.name}")
        both = await make_room(session, official, "opening", "evaluation")
        start = lot.deadline_at + dt.timedelta(hours=3)
        await book(session, official, lot, both.id, "evaluation", starts_at=start)
        unpublished, tenderer = await make_lot(session)
        await book(session, official, unpublished, both.id)
    visitor = await enter()
    page = await visitor.get(f"/schedule?week={week_of(lot)}")
    assert page.status_code == 200
    assert f"/lots/{lot.id}" in page.text
    assert f"/lots/{unpublished.id}" not in page.text
    assert secret_room.name not in page.text
    assert page.text.count(f'href="/lots/{lot.id}"') == 1
    assert (await visitor.get(f"/schedule/rooms/{secret_room.id}")).status_code == 404
    assert (await visitor.get(f"/lots/{unpublished.id}/rooms")).status_code == 404
    for role in ("bidder", "tenderer", "expert", "trustee"):
        other = await enter(role)
        assert (await other.get(f"/schedule?week={week_of(lot)}")).text.count(f'href="/lots/{lot.id}"') == 1
        assert "评标室" not in (await other.get(f"/lots/{lot.id}/rooms")).text
    supervisor = await enter("supervisor")
    seen = await supervisor.get(f"/schedule?week={week_of(lot)}")
    assert seen.text.count(f'href="/lots/{lot.id}"') == 2
    assert f"/lots/{unpublished.id}" in seen.text
    assert "保密" in (await supervisor.get(f"/lots/{lot.id}/rooms")).text
    assert tenderer.org_id != official.org_id


async def test_the_week_is_paged_filtered_and_linked(enter: Enter, published: tuple[LotView, RoomView]) -> None:
    lot, room = published
    visitor = await enter()
    url = f"/schedule?week={week_of(lot)}"
    part = await visitor.get(f"{url}&room={room.id}", headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert f"/lots/{lot.id}" in part.text
    assert 'rel="next"' in part.text
    assert f"room={room.id}" in part.text
    assert "本周没有安排" in (await visitor.get(f"/schedule?week=2031-W02&room={room.id}")).text
    assert (await visitor.get("/schedule?week=nonsense&room=nonsense")).status_code == 200


async def test_the_notice_tells_where_the_opening_is(
    platform: Platform, enter: Enter, published: tuple[LotView, RoomView]
) -> None:
    lot, room = published
    async with platform.database.transaction() as session:
        notice = await session.execute(text("SELECT id FROM notices WHERE subject_id = :id"), {"id": lot.project_id})
        notice_id = notice.scalar_one()
    visitor = await enter()
    assert f"市民中心三楼 {room.name}" in (await visitor.get(f"/notices/{notice_id}")).text
    lot_page = await visitor.get(f"/lots/{lot.id}")
    assert f'hx-get="/lots/{lot.id}/rooms"' in lot_page.text


async def test_a_notice_published_after_the_booking_names_the_place_in_its_text(
    platform: Platform, enter: Enter, official: Actor
) -> None:
    async with platform.database.transaction() as session:
        project, tenderer = await make_project(session)
        room = await make_room(session, official)
        await book(session, official, project.lots[0], room.id)
        await add_document(session, platform.objects, tenderer, project)
        notice_id = await make_notice_draft(session, tenderer, project)
    browser = await enter("official")
    assert (await browser.submit(f"/notices/{notice_id}/publish")).status_code == 303
    shown = await (await enter()).get(f"/notices/{notice_id}")
    assert f"开标地点（一标段）：市民中心三楼 {room.name}" in shown.text


async def test_only_officials_reach_the_forms(enter: Enter, published: tuple[LotView, RoomView]) -> None:
    lot, room = published
    for role in ("tenderer", "bidder", "supervisor"):
        other = await enter(role)
        for url in ("/schedule/rooms/new", f"/schedule/rooms/{room.id}/edit", f"/lots/{lot.id}/rooms/opening"):
            assert (await other.get(url)).status_code == 403
