"""Rooms in Chromium: one is added, an opening is booked and moved, the week is filtered without a new page."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, look
from tests.journeys.tenders import lot_of, project_code

pytestmark = pytest.mark.usefixtures("quiet_console")
NAME, ROOM, OTHER = "临江市档案馆新建工程", "开标九室", "开标十室"


def test_an_official_adds_rooms_books_and_moves(desk: Desk) -> None:
    tender = desk.line.register(name=NAME, code=project_code(), lot=lot_of())
    page = desk.person("official")
    for name in (ROOM, OTHER):
        page.goto("/schedule/rooms/new")
        page.get_by_label("名称").fill(name)
        page.get_by_label("场所").fill("市民中心九楼")
        look(page, "room-new")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    look(page, "room")
    page.goto(f"/lots/{tender.lot_id}")
    page.get_by_role("link", name="预约开标室").click()  # the part comes by itself
    expect(page.get_by_role("heading", name="预约开标室")).to_be_visible()
    look(page, "room-booking", phone=True)
    page.get_by_label("场地").select_option(label=f"市民中心九楼 {ROOM}")
    if page.get_by_label("我已知道").count():
        page.get_by_label("我已知道").check()
    page.get_by_role("button", name="预约开标室").click()
    expect(page.get_by_text(f"已预约：{ROOM}")).to_be_visible()
    page.get_by_role("link", name="改约").click()
    page.get_by_label("场地").select_option(label=f"市民中心九楼 {OTHER}")
    page.get_by_label("原因").fill("投影故障")
    if page.get_by_label("我已知道").count():
        page.get_by_label("我已知道").check()
    page.get_by_role("button", name="改约开标室").click()
    expect(page.get_by_text(f"已改约：{OTHER}")).to_be_visible()
    page.get_by_role("link", name=f"市民中心九楼 {OTHER}").click()
    expect(page.get_by_role("link", name=f"{NAME} 一标段施工")).to_be_visible()
    look(page, "schedule-week", phone=True)
    page.evaluate("() => { window.sameDocument = true }")
    page.get_by_label("场地").select_option(label=ROOM)
    expect(page.get_by_text("本周没有安排")).to_be_visible()
    assert page.evaluate("() => window.sameDocument") is True
    assert "room=" in page.url
    page.get_by_role("link", name="下一周").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("本周没有安排")).to_be_visible()
    visitor = desk.anyone()
    visitor.goto(page.url)
    expect(visitor.get_by_role("heading", name="开标日程")).to_be_visible()
    look(visitor, "schedule-visitor")
