"""Step 8 by the pages: candidates publicised, an objection answered, the tenderer's award, letters, the contract."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.demo import awarding
from portal.demo.line import Line
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import NAME, Story
from trading.projects.calendar import local_day

pytestmark = pytest.mark.usefixtures("quiet_console")
WINNER = "江源建设集团有限公司"


@pytest.fixture(scope="module")
def result(story: Story) -> str:
    """Where the result is."""
    return f"{story.lot}/result"


def published(desk: Desk, kind: str) -> Page:
    """A result notice, as anyone finds it."""
    page = desk.anyone()
    page.goto("/notices/results")
    page.get_by_role("link", name=re.compile(f"{NAME}.*{kind}")).click()
    expect(page.get_by_role("link", name="存证核验")).to_be_visible()
    return page


def test_the_tenderer_publicises_the_candidates_for_no_shorter_than_the_law_asks(
    desk: Desk, line: Line, result: str
) -> None:
    stranger = desk.anyone()
    stranger.goto(result)
    expect(stranger.get_by_text("该标段还没有可以查看的结果")).to_be_visible()
    page = desk.sign_in("tenderer")
    expect(page.get_by_role("link", name=re.compile("结果")).first).to_be_visible()
    look(page, "today-result")
    page.goto(result)
    page.get_by_role("link", name="公示中标候选人").click()
    begins, lawful = (page.get_by_label(f"公示{edge}日期") for edge in ("开始", "截止"))
    ends_on = lawful.input_value()
    lawful.fill((date.fromisoformat(begins.input_value()) + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="公示中标候选人").click()
    confirm(page, "公示中标候选人")
    expect(page.locator(".field.wrong", has_text="公示截止日期")).to_contain_text("第五十四条")
    look(page, "publicity-short")
    page.get_by_label("公示截止日期").fill(ends_on)
    page.get_by_role("button", name="公示中标候选人").click()
    confirm(page, "公示中标候选人")
    expect(page.get_by_text("公示安排已确定。")).to_be_visible()
    line.witnessed()
    look(published(desk, "中标候选人公示"), "candidates", phone=True)


def test_a_bidder_objects_and_everything_waits_for_the_tenderers_answer(desk: Desk, result: str) -> None:
    bidder = desk.person("bidder-b")
    bidder.goto(result)
    bidder.get_by_role("link", name="提出异议").click()
    look(bidder, "result-objection")
    bidder.get_by_label("异议内容").fill(awarding.OBJECTION)
    bidder.get_by_role("button", name="提出异议").click()
    expect(bidder.get_by_text("异议已提出，请下载回执。")).to_be_visible()
    with bidder.expect_download() as given:
        bidder.get_by_role("link", name="下载异议回执").click()
    assert given.value.suggested_filename
    look(bidder, "result-bidder", phone=True)
    stranger = desk.anyone()
    stranger.goto(result)
    expect(stranger.get_by_text("有异议等待招标人答复")).to_be_visible()
    expect(stranger.get_by_text(awarding.OBJECTION)).to_have_count(0)
    page = desk.person("tenderer")
    page.goto(result)
    page.get_by_role("link", name="答复异议").click()
    look(page, "result-answer")
    page.get_by_label("异议不成立").check()
    page.get_by_label("答复内容").fill(awarding.ANSWER)
    page.get_by_role("button", name="答复异议").click()
    confirm(page, "答复异议")
    expect(page.get_by_text("已答复。")).to_be_visible()
    expect(page.get_by_text("有异议等待招标人答复")).to_have_count(0)
    expect(page.get_by_role("link", name="确定中标人")).to_have_count(0)  # the publicity runs


def test_the_tenderer_awards_and_every_bidder_has_its_letter(desk: Desk, story: Story, line: Line, result: str) -> None:
    tender = story.tender(line)
    awarding.end_publicity(line, tender)
    official = desk.person("official2")
    official.goto(result)
    expect(official.get_by_role("link", name="确定中标人")).to_have_count(0)  # the centre never decides
    page = desk.sign_in("tenderer")
    page.goto(result)
    page.get_by_role("link", name="确定中标人").click()
    page.get_by_label("定标理由").fill(awarding.REASONS)
    look(page, "award", phone=True)
    page.get_by_role("button", name="确认定标").click()
    expect(page.get_by_text("已定标，正在制作通知书。")).to_be_visible()
    line.witnessed()
    look(published(desk, "中标结果公告"), "award-notice")
    for login, kind in (("bidder-a", "中标通知书"), ("bidder-c", "中标结果通知书")):
        bidder = desk.person(login)
        bidder.goto("/results")
        look(bidder, "results-own")
        bidder.get_by_role("link", name=re.compile(NAME)).click()
        bidder.get_by_role("link", name=kind, exact=True).first.click()
        expect(bidder.get_by_role("heading", name=kind, exact=True)).to_be_visible()
        with bidder.expect_download() as given:
            bidder.get_by_role("link", name="下载通知书").click()
        assert given.value.path().read_bytes()[:5] == b"%PDF-"
    letter = desk.person("bidder-a")
    look(letter, "letter", phone=True)
    proof = desk.anyone()
    proof.goto(letter.get_by_role("link", name="存证核验").get_attribute("href") or "")
    expect(proof.get_by_text("见证人已联署")).to_be_visible()
    look(proof, "letter-proof")


def test_the_report_goes_to_the_supervisor_and_the_contract_is_confirmed_by_the_winner(
    desk: Desk, story: Story, line: Line, result: str
) -> None:
    page = desk.person("tenderer")
    page.goto(result)
    page.get_by_role("link", name="招标投标情况书面报告").click()
    page.get_by_label("补充说明").fill(awarding.REMARKS)
    look(page, "award-report")
    page.get_by_role("button", name="招标投标情况书面报告").click()
    confirm(page, "招标投标情况书面报告")
    expect(page.get_by_text("报告已提交。")).to_be_visible()
    page.get_by_role("link", name="登记合同").click()
    contract = story.file("施工合同.pdf", b"%PDF-1.7\nthe contract\n%%EOF\n")
    price = page.get_by_role("textbox", name="合同价款").input_value()
    page.get_by_label("合同文件").set_input_files(contract)
    page.get_by_role("textbox", name="合同价款").fill("130000000")
    page.get_by_label("签订日期").fill(local_day(line.now()).isoformat())
    page.get_by_role("button", name="登记合同").click()
    expect(page.get_by_text("与投标报价").first).to_be_visible()
    look(page, "contract")
    page.get_by_label("合同文件").set_input_files(contract)
    page.get_by_role("textbox", name="合同价款").fill(price)
    page.get_by_role("button", name="登记合同").click()
    expect(page.get_by_text("合同已登记，等待中标人确认。")).to_be_visible()
    winner = desk.person("bidder-a")
    winner.goto(result)
    winner.get_by_role("link", name="确认合同").click()
    look(winner, "contract-confirm")
    winner.get_by_label("确认一致").check()
    winner.get_by_role("button", name="提交", exact=True).click()
    confirm(winner, "提交")
    expect(winner.get_by_text("已答复。")).to_be_visible()
    line.witnessed()
    published(desk, "合同订立公告")
    page.goto(result)
    expect(page.get_by_text("确认一致").first).to_be_visible()
    look(page, "result", phone=True)
    anyone = desk.anyone()
    anyone.goto(result)
    expect(anyone.get_by_role("row", name=WINNER).first).to_contain_text("中标人")
    look(anyone, "result-public")
