"""Around the line: languages, keyboard, paper, no script, the administrator, refusals, what a first visit weighs."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.demo.line import Tender
from tests.browser.desk import Desk, look
from tests.browser.story import NAME, Story

pytestmark = pytest.mark.usefixtures("quiet_console")
FIRST_VISIT = 120_000
_FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  return { what: document.activeElement.textContent.trim() || document.activeElement.name,
           seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
}"""


def test_too_few_bids_are_not_opened(desk: Desk, story: Story) -> None:
    page = desk.anyone()
    assert isinstance(story.empty, Tender)
    page.goto(f"/lots/{story.empty.lot_id}/opening")
    expect(page.get_by_text("有效投标 0 份，少于法定的 3 份")).to_be_visible()
    look(page, "opening-failed")


def weigh(page: Page, address: str) -> int:
    """Bytes that come over the line for a first visit."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    tools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    tools.detach()
    return int(sum(sizes))


def test_a_first_visit_is_light(desk: Desk, story: Story) -> None:
    for address in ("/", "/notices", story.notice):
        assert weigh(desk.new_page(), address) <= FIRST_VISIT, address
    bidder = desk.person("bidder-b")
    assert weigh(bidder, f"{story.lot}/bid") <= FIRST_VISIT


def test_the_site_speaks_english_too(desk: Desk, story: Story) -> None:
    page = desk.new_page()
    page.goto("/")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Latest notices")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    look(page, "front-en", phone=True)
    page.goto(story.notice)
    expect(page.get_by_role("heading", name="Tender documents", exact=True)).to_be_visible()
    look(page, "notice-en")
    page.goto(f"{story.lot}/opening")
    expect(page.get_by_role("row", name="江源建设集团有限公司").first).to_contain_text("¥128,845,000.00")
    look(page, "opening-en")
    trustee = desk.new_page(base_url=desk.line.places.trustees["supervisor"])
    trustee.goto("/")
    trustee.get_by_role("link", name="English").click()
    expect(trustee.get_by_role("heading", name="Unlock")).to_be_visible()
    look(trustee, "trustee-en")


def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(desk: Desk) -> None:
    page = desk.new_page()
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for name in ("login", "password", "totp", "登录"):
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUS) == {"what": name, "seen": True}
    page.goto("/")
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        now = page.evaluate(_FOCUS)
        assert now["seen"], now
        reached.append(now["what"])
        if now["what"] == "如何核验":
            break
    for name in ("前移", "公共资源交易平台", "登录", "English", "公告", f"{NAME}招标公告", "全部公告"):
        assert name in reached
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_text("菜单").press("Enter")
    expect(page.get_by_role("navigation", name="菜单").get_by_role("link", name="公告", exact=True)).to_be_visible()


def test_what_cannot_be_undone_is_asked_first(desk: Desk) -> None:
    page = desk.person("bidder-a")
    page.goto("/me")
    page.get_by_role("link", name="吊销证书").click()
    expect(page.get_by_text("吊销后不能恢复")).to_be_visible()
    look(page, "confirm")
    page.get_by_role("link", name="返回").click()
    expect(page.get_by_role("link", name="吊销证书")).to_be_visible()


def test_without_script_the_site_is_whole_and_sealing_says_what_to_use(desk: Desk, story: Story) -> None:
    page = desk.new_page(java_script_enabled=False)
    page.goto(story.notice)
    expect(page.get_by_role("heading", name=f"{NAME}招标公告")).to_be_visible()
    expect(page.get_by_text("投标截止时间", exact=True).first).to_be_visible()
    page.goto(f"{story.lot}/opening")
    expect(page.get_by_role("row", name="江源建设集团有限公司").first).to_contain_text("128,845,000.00")


def test_on_paper_only_the_matter_itself_is_left(desk: Desk, story: Story) -> None:
    page = desk.anyone()
    page.goto(f"{story.lot}/opening")
    page.emulate_media(media="print")
    for gone in ("banner", "menu", "actions"):
        for found in page.locator(f".{gone}").all():
            expect(found).to_be_hidden()
    expect(page.get_by_role("row", name="江源建设集团有限公司").first).to_be_visible()
    page.emulate_media(media="screen")


def test_the_administrator_keeps_people_and_organisations_and_nothing_else(desk: Desk, story: Story) -> None:
    page = desk.person("admin")
    page.goto("/today")
    look(page, "today-admin")
    page.get_by_role("link", name="人员与账号").click()
    words = page.locator('main [name="q"]')
    words.fill("赵启明")
    words.press("Enter")
    expect(page).to_have_url(re.compile("q="))
    expect(page.get_by_role("link", name="赵启明")).to_be_visible()
    look(page, "admin-people", phone=True)
    page.get_by_role("link", name="赵启明").click()
    expect(page.get_by_role("heading", name="任职")).to_be_visible()
    look(page, "admin-person")
    page.goto("/admin/organisations/new")
    page.get_by_label("统一社会信用代码").fill("91350100MA0000021X")
    page.get_by_label("单位名称").fill("试试看")
    page.get_by_role("button", name="登记单位").click()
    expect(page.locator(".field.wrong", has_text="统一社会信用代码")).to_be_visible()
    look(page, "admin-organisation")
    page.goto("/admin/organisations")
    look(page, "admin-organisations")
    page.goto(f"{story.lot}/bid")
    expect(page.get_by_role("heading", name="没有权限")).to_be_visible()
    look(page, "forbidden")
    page.goto("/no/such/page")
    expect(page.get_by_role("heading", name="找不到")).to_be_visible()
    look(page, "not-found", phone=True)


def test_official_and_trustee_pages_that_the_walk_passed_by(desk: Desk) -> None:
    page = desk.person("official2")
    for address, name in (("/projects", "projects"), ("/calendar", "calendar")):
        page.goto(address)
        look(page, name)
    clerk = desk.person("clerk")
    clerk.goto("/today")
    expect(clerk.get_by_text("今天没有待办事项")).to_be_visible()
    look(clerk, "today-nothing")


def test_pictures_are_small_enough_to_keep() -> None:
    folder = Path(__file__).parents[2] / "docs" / "screenshots"
    assert sum(path.stat().st_size for path in folder.glob("*.png")) <= 3_000_000
