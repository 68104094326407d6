"""Step 4's end: the deadline closes the box; whoever comes after it is refused with a signed paper."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.demo.line import Line
from portal.demo.programs import PASSPHRASE
from tests.browser.bidder import fill, keep, seal
from tests.browser.desk import Desk, look
from tests.browser.story import Story

pytestmark = pytest.mark.usefixtures("quiet_console")


def test_a_bid_that_comes_after_the_deadline_is_refused_with_a_signed_paper(
    desk: Desk, story: Story, line: Line
) -> None:
    page = desk.person("bidder-d")
    page.goto(f"{story.lot}/bid")
    expect(page.locator("[data-seal]")).to_have_attribute("data-ready", "")
    fill(page, story, line.machine("bidder-d").key, PASSPHRASE)
    seal(page)
    page.route("**/blocks/*", lambda route: route.abort())  # the line is cut while the ciphertext goes up
    with page.expect_download():
        page.get_by_role("button", name="保存恢复文件").first.click()
    expect(page.get_by_text("网络中断")).to_be_visible(timeout=30_000)
    look(page, "bid-interrupted")
    page.unroute("**/blocks/*")

    watching, official = desk.new_page(), desk.person("official2")
    for each in (watching, official):
        each.goto(f"{story.lot}/opening")
        expect(each.get_by_text("截止之前，任何人（包括本平台）都看不到")).to_be_visible()
        expect(each.get_by_text("实时更新中")).to_be_visible()
    look(watching, "opening-before", phone=True)
    watching.evaluate("window.neverReloaded = true")
    line.move_to(story.deadline(line) + timedelta(minutes=1))
    expect(watching.get_by_text("封箱：")).to_be_visible(timeout=30_000)
    assert watching.evaluate("window.neverReloaded")

    page.get_by_role("button", name="继续上传").click()
    expect(page.locator("[data-seal]")).to_have_attribute("data-step", "late", timeout=30_000)
    expect(page.get_by_text("平台拒收并出具了签名的拒收回执")).to_be_visible()
    look(page, "bid-late")
    with page.expect_download() as download:
        page.get_by_role("button", name="保存拒收回执").click()
    assert b"refused_at" in keep(story, download.value, "refusal.json").read_bytes()
    page.goto(f"{story.lot}/bid")
    expect(page.get_by_text("现在不接收投标文件")).to_be_visible()
    look(page, "bid-closed")
