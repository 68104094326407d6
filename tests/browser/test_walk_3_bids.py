"""Step 4 by the pages: a key is made, a bid sealed in the browser and replaced; another withdrawn; one comes late."""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from portal.demo import deposits
from portal.demo.line import Line
from portal.demo.programs import PASSPHRASE
from tests.browser.bidder import fill, keep, seal
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import SECRET, Story

pytestmark = pytest.mark.usefixtures("quiet_console")
OTHERS = {
    "bidder-b": (126_500_050_05, 520, "刘志强"),
    "bidder-c": (131_000_000_00, 560, "何文博"),
    "bidder-d": (119_999_999_00, 500, "林向荣"),
}


@pytest.fixture(scope="module")
def others(line: Line, story: Story) -> Iterator[dict[str, Future[bool]]]:
    """Three more bidders, on machines of their own with the command line, meanwhile."""
    tender = story.tender(line)
    for login in OTHERS:
        line.person(login)
    deposits.pay_all(line, tender, ("bidder-b", "bidder-c"))
    with ThreadPoolExecutor(1) as meanwhile:

        def bid(login: str) -> bool:
            price, days, manager = OTHERS[login]
            return line.bid(tender, login, "bid", price_fen=price, days=days, manager=manager)

        yield {login: meanwhile.submit(bid, login) for login in OTHERS}


def test_a_bidder_makes_a_key_and_saves_the_file(desk: Desk, story: Story, others: dict[str, Future[bool]]) -> None:
    page = desk.person("bidder-a")
    page.goto("/today")
    expect(page.get_by_text("可以投标")).to_be_visible()
    look(page, "today-bidder", phone=True)
    page.goto("/me")
    page.get_by_label("密钥文件口令").fill("too short")
    page.get_by_label("再输入一次口令").fill("too short")
    page.get_by_role("button", name="生成密钥并申请证书").click()
    assert page.get_by_label("密钥文件口令").evaluate("field => field.validationMessage") == "口令至少 10 个字。"
    page.get_by_label("密钥文件口令").fill(SECRET)
    page.get_by_label("再输入一次口令").fill(SECRET)
    with page.expect_download() as download:
        page.get_by_role("button", name="生成密钥并申请证书").click()
    key = keep(story, download.value, "key.pem")
    assert b"ENCRYPTED PRIVATE KEY" in key.read_bytes()
    expect(page.get_by_text("密钥文件已下载")).to_be_visible()
    page.reload()
    expect(page.get_by_role("row").filter(has_text="吊销证书")).to_contain_text("有效")
    look(page, "me", phone=True)
    assert others


def test_an_offer_against_the_rules_is_told_beside_the_field_and_sends_nothing(desk: Desk, story: Story) -> None:
    page = desk.person("bidder-a")
    page.goto("/today")
    page.get_by_role("link", name="投标", exact=True).click()
    expect(page.locator("[data-seal]")).to_have_attribute("data-ready", "")
    look(page, "bid", phone=True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if request.method != "GET" else None)
    fill(page, story, story.saved["key.pem"], "not the passphrase", price="135000000.01", price_words="壹元整")
    page.locator('[data-seal-form="submit"] button[type=submit]').click()
    confirm(page, "加密并提交")
    expect(page.locator("section.summary")).to_be_visible()
    expect(page.locator(".field.wrong", has_text="投标总价")).to_contain_text("最高投标限价")
    expect(page.locator(".field.wrong", has_text="大写金额")).to_contain_text("大写与数字不一致")
    look(page, "bid-problems")
    fill(page, story, story.saved["key.pem"], "not the passphrase")
    page.locator('[data-seal-form="submit"] button[type=submit]').click()
    confirm(page, "加密并提交")
    expect(page.locator(".field.wrong", has_text="密钥文件口令")).to_contain_text("口令不对")
    assert requests == []


def test_a_bid_is_sealed_here_and_submitted_and_receipted(desk: Desk, story: Story) -> None:
    page = desk.person("bidder-a")
    page.goto(f"{story.lot}/bid")
    expect(page.locator("[data-seal]")).to_have_attribute("data-ready", "")
    fill(page, story, story.saved["key.pem"], SECRET, price="129000000", price_words="壹亿贰仟玖佰万元整")
    expect(page.locator("[data-seal-words]")).to_have_text("壹亿贰仟玖佰万元整")
    seal(page)
    look(page, "bid-keep", phone=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="保存恢复文件").first.click()
    keep(story, download.value, "first-recovery.json")
    expect(page.locator("[data-seal]")).to_have_attribute("data-step", "wait", timeout=30_000)
    expect(page.get_by_text("平台已出具回执")).to_be_visible()
    look(page, "bid-receipt")


def test_a_later_bid_replaces_it_and_is_sealed_once_the_slot_is_witnessed(desk: Desk, story: Story) -> None:
    page = desk.person("bidder-a")
    page.goto(f"{story.lot}/bid")
    expect(page.locator("[data-seal]")).to_have_attribute("data-ready", "")
    fill(page, story, story.saved["key.pem"], SECRET)
    page.get_by_text("修改先前的投标").click()
    page.locator('[name="replaces.recovery"]').set_input_files(story.saved["first-recovery.json"])
    page.locator('[name="replaces.passphrase"]').fill(SECRET)
    seal(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="保存恢复文件").first.click()
    keep(story, download.value, "recovery.json")
    expect(page.locator("[data-seal]")).to_have_attribute("data-step", "wait", timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="保存回执").click()
    keep(story, download.value, "receipt.json")

    somebody = desk.anyone()
    somebody.goto("/receipts/check")
    somebody.get_by_label("回执内容").fill(story.saved["receipt.json"].read_text())
    somebody.get_by_role("button", name="核对").click()
    expect(somebody.get_by_text("还在等待登记")).to_be_visible()
    desk.move(somebody, "1 小时")
    expect(page.get_by_text("已封存：")).to_be_visible(timeout=30_000)
    look(page, "bid-sealed", phone=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="保存见证").click()
    assert keep(story, download.value, "proof.txt").stat().st_size > 0


def test_a_receipt_is_checked_by_anyone_and_a_changed_one_is_found_out(desk: Desk, story: Story) -> None:
    page = desk.anyone()
    receipt = story.saved["receipt.json"].read_text()
    page.goto("/receipts/check")
    page.get_by_label("回执内容").fill(re.sub(r'(slot\\*":)(\d+)', r"\g<1>7\2", receipt))
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("回执内容").fill(receipt)
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_text("已封存：")).to_be_visible()
    look(page, "receipt-check", phone=True)


def test_another_bidder_withdraws_in_the_browser_what_the_command_line_sent(
    desk: Desk, story: Story, line: Line, others: dict[str, Future[bool]]
) -> None:
    assert all(done.result() for done in others.values())
    page = desk.person("bidder-d")
    page.goto(f"{story.lot}/bid")
    expect(page.locator("[data-seal]")).to_have_attribute("data-ready", "")
    page.get_by_text("撤回投标", exact=True).first.click()
    form = page.locator('[data-seal-form="withdraw"]')
    form.locator('[name="recovery_file"]').set_input_files(line.machine("bidder-d").folder / "bid" / "recovery.json")
    form.locator('[name="recovery_passphrase"]').fill("not the passphrase")
    form.get_by_role("button", name="撤回投标").click()
    confirm(page, "撤回投标")
    expect(form.locator(".field.wrong")).to_contain_text("恢复文件的口令不对")
    look(page, "bid-withdraw")
    form.locator('[name="recovery_passphrase"]').fill(PASSPHRASE)
    form.get_by_role("button", name="撤回投标").click()
    confirm(page, "撤回投标")
    expect(page.locator("[data-seal]")).to_have_attribute("data-step", "wait", timeout=30_000)
