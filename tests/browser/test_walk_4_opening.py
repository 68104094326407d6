"""Step 5 by the pages: two of three trustees release, the official settles, all watch live; the record is signed."""

import re
import tarfile
from datetime import timedelta
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect

from portal.demo.line import Line
from portal.demo.programs import PASSPHRASE
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import NAME, SECRET, Story

pytestmark = pytest.mark.usefixtures("quiet_console")
PRESENT = ("tenderer", "notary")


@pytest.fixture(scope="module")
def trustees(desk: Desk) -> dict[str, Page]:
    """The two trustees who come; the programs were locked meanwhile, so each types the passphrase."""
    pages = {}
    for seat in PRESENT:
        page = desk.new_page(base_url=desk.line.places.trustees[seat])
        page.goto("/")
        page.get_by_label("口令").fill(PASSPHRASE)
        page.get_by_role("button", name="解锁密钥").click()
        expect(page.get_by_role("heading", name="我的保管席位")).to_be_visible()
        pages[seat] = page
    return pages


@pytest.fixture(scope="module")
def hall(desk: Desk, story: Story) -> Page:
    """Somebody who only watches, on a phone, and never loads the page again."""
    page = desk.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{story.lot}/opening")
    expect(page.get_by_text("实时更新中")).to_be_visible()
    page.evaluate("window.neverReloaded = true")
    return page


def release(page: Page, phase: int, pictures: bool = False) -> None:
    """A trustee examines a phase and releases it."""
    page.get_by_role("link", name="开标密钥保管人程序").click()
    page.get_by_role("link", name=re.compile(NAME)).last.click()
    if pictures:
        look(page, "trustee-release")
    page.get_by_role("button", name=f"核对第 {phase} 阶段").click()
    expect(page.get_by_role("heading", name=f"释放第 {phase} 阶段")).to_be_visible()
    if pictures:
        look(page, "trustee-cleared", phone=True)
    page.get_by_role("button", name=f"释放第 {phase} 阶段的份额").click()
    expect(page.locator(".releases li").nth(phase - 1).get_by_text("已释放")).to_be_visible()


def settle(page: Page, phase: int) -> None:
    """The official, once enough shares are in."""
    page.get_by_role("link", name="确定解密结果").click()
    confirm(page, "确定解密结果")
    expect(page.get_by_text(f"第 {phase} 阶段的解密结果已确定")).to_be_visible()


def test_identities_are_opened_by_two_trustees_before_everybody(
    desk: Desk, story: Story, line: Line, trustees: dict[str, Page], hall: Page
) -> None:
    line.witnessed()
    official = desk.person("official2")
    official.goto(f"{story.lot}/opening")
    expect(official.get_by_text("3 份（至少须有 3 份）")).to_be_visible()
    release(trustees["tenderer"], 1, pictures=True)
    expect(official.get_by_text("已到齐 1 席，至少须 2 席")).to_be_visible()
    expect(official.get_by_role("link", name="确定解密结果")).to_have_count(0)
    trustees["notary"].get_by_role("link", name=re.compile(NAME)).last.click()
    trustees["notary"].get_by_role("button", name="核对第 2 阶段").click()
    expect(trustees["notary"].get_by_text("前一阶段的解密准备和开启还没有完成")).to_be_visible()
    release(trustees["notary"], 1)
    expect(official.get_by_role("link", name="确定解密结果")).to_be_visible()
    look(official, "opening-settle")
    settle(official, 1)
    for name in ("江源建设集团有限公司", "远山建筑工程有限公司", "恒基路桥股份有限公司"):
        expect(hall.get_by_role("row", name=name)).to_be_visible(timeout=30_000)
    expect(hall.get_by_text("青禾市政工程有限公司")).to_have_count(0)  # withdrawn: never opened
    expect(hall.get_by_text("128,845,000.00")).to_have_count(0)  # prices come later
    look(hall, "opening-during", phone=True)


def test_prices_are_opened_and_everybody_sees_them_without_reloading(
    desk: Desk, line: Line, trustees: dict[str, Page], hall: Page
) -> None:
    line.witnessed()
    for seat in PRESENT:
        release(trustees[seat], 2)
    official = desk.person("official2")
    expect(official.get_by_role("link", name="确定解密结果")).to_be_visible()
    settle(official, 2)
    expect(hall.get_by_role("row", name="江源建设集团有限公司")).to_contain_text("128,845,000.00", timeout=30_000)
    expect(hall.get_by_role("row", name="江源建设集团有限公司")).to_contain_text("壹亿贰仟捌佰捌拾肆万伍仟元整")
    expect(hall.get_by_text("129,000,000.00")).to_have_count(0)  # replaced: never opened
    expect(hall.get_by_text("没有异议")).to_be_visible()
    expect(trustees["notary"].get_by_text("已全部释放").first).to_be_visible()


def test_a_bidder_objects_and_is_answered_before_everybody(desk: Desk, story: Story, hall: Page) -> None:
    bidder, official = desk.person("bidder-a"), desk.person("official2")
    bidder.goto(f"{story.lot}/opening")
    bidder.get_by_role("link", name="提出异议").click()
    look(bidder, "objection-form", phone=True)
    bidder.get_by_label("异议内容").fill("请当场核对本单位的工期与投标函是否一致。")
    bidder.get_by_role("button", name="提出异议").click()
    expect(bidder.get_by_text("异议已提交，回执可以下载。")).to_be_visible()
    with bidder.expect_download() as given:
        bidder.get_by_role("link", name="异议回执").click()
    assert given.value.suggested_filename.startswith("objection-")
    expect(hall.get_by_text("请当场核对本单位的工期")).to_be_visible()
    expect(hall.get_by_role("link", name="提出异议")).to_have_count(0)
    official.goto(f"{story.lot}/opening")
    expect(official.get_by_text("还有 1 项异议没有答复")).to_be_visible()
    look(official, "objection-waiting", phone=True)
    official.get_by_role("link", name="答复异议").click()
    look(official, "objection-answer", phone=True)
    official.get_by_label("不成立").check()
    official.get_by_label("答复", exact=True).fill("经当场核对，开标一览表所列工期与投标函一致。")
    official.get_by_role("button", name="答复异议").click()
    confirm(official, "答复异议")
    expect(official.get_by_text("答复已公布")).to_be_visible()
    expect(hall.get_by_text("经当场核对，开标一览表所列工期与投标函一致。")).to_be_visible()


def test_the_official_ends_the_opening_once_the_time_is_over(desk: Desk, story: Story, line: Line, hall: Page) -> None:
    official = desk.person("official2")
    official.goto(f"{story.lot}/opening")
    expect(official.get_by_text("异议时间至")).to_be_visible()
    line.move_to(line.now() + timedelta(minutes=10))
    official.goto(f"{story.lot}/opening")
    look(official, "opening-end", phone=True)
    official.get_by_role("link", name="结束开标并生成记录").click()
    confirm(official, "结束开标并生成记录")
    expect(official.get_by_text("开标已结束")).to_be_visible()
    expect(hall.get_by_role("link", name="PDF/A")).to_be_visible(timeout=60_000)
    assert hall.evaluate("window.neverReloaded")
    look(hall, "opening-done", phone=True)


def test_the_record_is_signed_in_the_browser_by_those_present(desk: Desk, story: Story, hall: Page) -> None:
    page = desk.person("bidder-a")
    page.goto(f"{story.lot}/opening")
    page.get_by_role("link", name="签署开标记录").click()
    page.get_by_label("密钥文件（.pem）").set_input_files(story.saved["key.pem"])
    page.get_by_label("密钥文件口令").fill("not the passphrase")
    page.get_by_role("button", name="签署开标记录").click()
    expect(page.get_by_text("密钥文件或口令不对")).to_be_visible()
    look(page, "record-sign", phone=True)
    page.get_by_label("密钥文件口令").fill(SECRET)
    page.get_by_role("button", name="签署开标记录").click()
    expect(page).to_have_url(re.compile("/opening"))
    expect(page.get_by_text("江源建设集团有限公司 赵启明")).to_be_visible()
    expect(hall.get_by_text("江源建设集团有限公司 赵启明")).to_be_visible()
    expect(page.get_by_text("您已签署")).to_be_visible()
    look(page, "opening-record")
    stranger = desk.person("supervisor")
    stranger.goto(f"{story.lot}/record")
    expect(stranger.get_by_text("您还没有证书")).to_be_visible()


def test_record_and_evidence_are_there_for_anyone(desk: Desk, story: Story, line: Line) -> None:
    line.witnessed()
    page = desk.anyone()
    page.goto(f"{story.lot}/opening")
    record = page.request.get(page.get_by_role("link", name="PDF/A").get_attribute("href") or "")
    assert record.body()[:5] == b"%PDF-"
    machine = page.request.get(page.get_by_role("link", name="机器可读").get_attribute("href") or "")
    assert len(machine.json()["digest"]) == 64
    evidence = page.request.get(page.get_by_role("link", name="全部证据").get_attribute("href") or "")
    with tarfile.open(fileobj=BytesIO(evidence.body())) as archive:
        assert any(name.endswith("manifest.json") for name in archive.getnames())
    page.get_by_role("link", name="如何核验").click()
    look(page, "verify", phone=True)
    page.goto(story.lot)
    look(page, "lot-opened")
