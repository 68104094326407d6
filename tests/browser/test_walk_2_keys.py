"""Step 3 by the pages: the official begins, three trustees on their own local pages make keys, compare and sign."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.demo.line import SEATS
from portal.demo.programs import PASSPHRASE
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import NAME, Story

pytestmark = pytest.mark.usefixtures("quiet_console")
BY_API = ("tenderer", "supervisor")


@pytest.fixture(scope="module")
def trustees(desk: Desk) -> dict[str, Page]:
    """Each trustee's own browser, at the address of his own program."""
    return {seat: desk.new_page(base_url=desk.line.places.trustees[seat]) for seat in SEATS}


def to_the_lot(page: Page) -> None:
    """From the overview to the only lot there is."""
    page.get_by_role("link", name="开标密钥保管人程序").click()
    page.get_by_role("link", name=re.compile(NAME)).click()
    expect(page.get_by_role("heading", name="密钥仪式", exact=True)).to_be_visible()


def test_the_official_begins_the_ceremony_within_the_rules(desk: Desk, story: Story) -> None:
    bidder = desk.person("bidder-a")
    bidder.goto(f"{story.lot}/bid")
    expect(bidder.get_by_text("密钥公告还没有发布")).to_be_visible()
    look(bidder, "bid-before")
    page = desk.person("official2")
    page.goto("/today")
    page.get_by_role("link", name="开始").click()
    for label in ("招标人", "行政监督部门", "公证机构"):
        page.get_by_label(label, exact=True).select_option(index=1)
    page.get_by_label("开启所需席位数").fill("3")
    page.get_by_role("button", name="开始").click()
    expect(page.locator(".field.wrong")).to_be_visible()
    look(page, "ceremony-begin")
    page.get_by_label("开启所需席位数").fill("2")
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_text("密钥仪式已开始")).to_be_visible()
    expect(page.get_by_text("等待公钥")).to_be_visible()
    expect(page.get_by_role("link", name="发布密钥公告")).to_have_count(0)


def test_a_trustee_sets_up_the_program_on_a_machine_of_his_own(desk: Desk, trustees: dict[str, Page]) -> None:
    page = trustees["notary"]
    page.goto("/")
    expect(page.get_by_role("heading", name="设置密钥口令")).to_be_visible()
    look(page, "trustee-create", phone=True)
    page.get_by_label("口令", exact=True).fill(PASSPHRASE)
    page.get_by_label("再输一次").fill("something else")
    page.get_by_role("button", name="生成密钥").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("口令", exact=True).fill(PASSPHRASE)
    page.get_by_label("再输一次").fill(PASSPHRASE)
    page.get_by_role("button", name="生成密钥").click()
    expect(page.get_by_role("heading", name="我的保管席位")).to_be_visible()

    account = desk.person("trustee-notary")
    account.goto("/today")
    expect(account.get_by_text("在本人电脑的保管人程序里生成密钥")).to_be_visible()
    look(account, "today-trustee")
    account.goto("/me")
    account.get_by_role("link", name="新建令牌").click()
    account.get_by_label("名称").fill("公证处的保管人程序")
    account.get_by_label("开标密钥保管人").check()
    account.get_by_role("button", name="新建令牌").click()
    expect(account.get_by_role("heading", name="令牌已建立")).to_be_visible()
    secret = account.locator(".digest").inner_text()

    page.get_by_label("程序令牌").fill("not a token")
    page.get_by_role("button", name="连接平台").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("程序令牌").fill(secret)
    page.get_by_role("button", name="连接平台").click()
    expect(page.get_by_text("冯若兰")).to_be_visible()
    look(page, "trustee-overview")


def test_three_trustees_make_keys_and_see_the_same_fingerprints(
    desk: Desk, story: Story, trustees: dict[str, Page]
) -> None:
    watched = desk.person("official2")
    watched.goto(f"{story.lot}/ceremony")
    for seat in BY_API:
        desk.line.trustee(seat)  # program unlocked and connected; what follows is done on its page
        trustees[seat].goto("/")
        trustees[seat].get_by_label("口令").fill("not the passphrase")
        trustees[seat].get_by_role("button", name="解锁密钥").click()
        expect(trustees[seat].get_by_role("alert")).to_be_visible()
        trustees[seat].get_by_label("口令").fill(PASSPHRASE)
        trustees[seat].get_by_role("button", name="解锁密钥").click()
        expect(trustees[seat].get_by_role("heading", name="我的保管席位")).to_be_visible()
    for seat in SEATS:
        to_the_lot(trustees[seat])
        if seat == "notary":
            look(trustees[seat], "trustee-keys", phone=True)
        trustees[seat].get_by_role("button", name="生成并提交我的密钥").click()
        expect(trustees[seat].locator(".mine").get_by_text("密钥已交")).to_be_visible()
    expect(watched.get_by_text("等待签署")).to_be_visible()  # told by the server, not asked again

    for seat in SEATS:
        to_the_lot(trustees[seat])
        shown = trustees[seat].locator(".seats .compare").all_inner_texts()
        story.fingerprints[seat] = shown
        assert len(shown) == 6
    assert story.fingerprints["tenderer"] == story.fingerprints["supervisor"] == story.fingerprints["notary"]
    on_platform = watched.locator(".facts .compare").all_inner_texts()
    assert set(story.fingerprints["notary"]) <= set(on_platform)


def test_all_sign_and_the_official_publishes(desk: Desk, story: Story, trustees: dict[str, Page]) -> None:
    page = desk.person("official2")
    page.goto(f"{story.lot}/ceremony")
    page.goto(f"{story.lot}/ceremony/publish")
    for seat in SEATS:
        to_the_lot(trustees[seat])
        trustees[seat].get_by_role("button", name="查看要签名的公告").click()
        expect(trustees[seat].get_by_role("heading", name="签署密钥公告")).to_be_visible()
        if seat == "notary":
            look(trustees[seat], "trustee-sign")
            page.goto(f"{story.lot}/ceremony")
            expect(page.get_by_role("link", name="发布密钥公告")).to_have_count(0)  # one signature is missing
        trustees[seat].get_by_role("button", name="签名并提交").click()
        expect(trustees[seat].locator(".mine").get_by_text("已签名")).to_be_visible()
    publish = page.get_by_role("link", name="发布密钥公告")
    expect(publish).to_be_visible()  # by the live page
    look(page, "ceremony", phone=True)
    publish.click()
    confirm(page, "发布密钥公告")
    expect(page.get_by_text("公告已发布", exact=True)).to_be_visible()
    to_the_lot(trustees["notary"])
    expect(trustees["notary"].get_by_text("等待截止")).to_be_visible()


def test_a_share_asked_for_before_the_deadline_is_refused_and_the_refusal_signed(
    trustees: dict[str, Page],
) -> None:
    page = trustees["notary"]
    to_the_lot(page)
    page.get_by_role("button", name="核对第 1 阶段").click()
    expect(page.get_by_role("heading", name="已拒绝")).to_be_visible()
    expect(page.get_by_text("见证时间还没过截止时间")).to_be_visible()
    look(page, "trustee-refusal")
    page.get_by_role("link", name="拒绝书").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("见证时间还没过截止时间")
    look(page, "trustee-refusals")
