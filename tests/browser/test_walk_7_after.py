"""Step 9 by the pages: deposits go back by two people's hands, supervision asks, the archive is sealed."""

import re

import pytest
from playwright.sync_api import expect

from portal.demo import refunding, supervising
from portal.demo.line import Line
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import NAME, Story

pytestmark = pytest.mark.usefixtures("quiet_console")


def test_one_finance_person_prepares_the_payment_file_and_another_approves_it(
    desk: Desk, story: Story, line: Line
) -> None:
    page = desk.person("finance")
    page.goto("/finance/refunds")
    look(page, "refunds", phone=True)
    page.get_by_role("button", name="生成付款文件").first.click()
    expect(page.get_by_text("付款文件已生成，待另一人复核")).to_be_visible()
    expect(page.get_by_role("link", name="复核", exact=True)).to_have_count(0)  # four eyes
    second = desk.sign_in("finance2")
    second.goto(page.url)
    look(second, "payment-file", phone=True)
    second.get_by_role("link", name="复核", exact=True).click()
    look(second, "payment-approve")
    second.get_by_role("button", name="复核通过，交银行付款").click()
    expect(second.get_by_text("已复核，银行将取走指令")).to_be_visible()
    refunding.pay_all(line, story.tender(line))
    bidder = desk.person("bidder-a")
    bidder.goto(f"{story.lot}/deposit")
    expect(bidder.get_by_text("已退还").first).to_be_visible()
    look(bidder, "deposit-refunded", phone=True)
    second.goto("/finance")
    look(second, "ledger")


def test_supervision_finds_the_early_draw_asks_and_closes(desk: Desk, story: Story, line: Line) -> None:
    line.until(lambda: bool(supervising.raised(line, story.tender(line), "draw_window")), "the rule has spoken")
    page = desk.person("supervisor")
    page.goto("/supervision")
    look(page, "supervision", phone=True)
    page.get_by_role("link", name="全部标段与时限").click()
    look(page, "supervision-lots")
    page.get_by_role("row", name=NAME).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    look(page, "supervision-line", phone=True)
    page.get_by_role("link", name="条目与证明").first.click()
    look(page, "journal-entry")
    page.goto("/supervision/alerts")
    look(page, "alerts")
    page.get_by_role("row", name=NAME).get_by_role("link", name=re.compile("抽取")).first.click()
    page.get_by_role("link", name="交办", exact=True).click()
    look(page, "alert-assign")
    page.get_by_role("button", name="交办").click()
    expect(page.get_by_text("已交办").first).to_be_visible()
    page.get_by_role("link", name="询问当事方").click()
    page.get_by_label("中心工作人员").check()
    page.get_by_label("询问内容").fill(supervising.QUESTION)
    look(page, "alert-ask")
    page.get_by_role("button", name="询问当事方").click()
    expect(page.get_by_text("已发出询问")).to_be_visible()
    official = desk.person("official2")
    official.goto("/supervision/questions")
    look(official, "questions")
    official.get_by_role("row", name=NAME).get_by_role("link").first.click()
    look(official, "question")
    official.get_by_label("答复内容").fill(supervising.ANSWER)
    official.get_by_role("button", name="提交答复").click()
    confirm(official, "提交答复")
    expect(official.get_by_text("已提交答复")).to_be_visible()
    page.reload()
    page.get_by_role("link", name="办结", exact=True).click()
    page.get_by_label("说明成立").check()
    page.get_by_label("理由").fill(supervising.REASON)
    look(page, "alert-close")
    page.get_by_role("button", name="办结").click()
    confirm(page, "办结")
    expect(page.get_by_text("已办结").first).to_be_visible()
    look(page, "alert", phone=True)
    page.goto("/supervision/rules")
    look(page, "supervision-rules")


def test_open_data_tells_the_whole_line(desk: Desk, story: Story) -> None:
    page = desk.anyone()
    page.goto("/open-data")
    look(page, "open-data")
    page.goto(f"{story.project}/open-data")
    look(page, "open-data-project", phone=True)


def test_the_closed_project_is_sealed_by_two_officials(desk: Desk, story: Story) -> None:
    page = desk.person("official2")
    page.goto(f"{story.project}/archive")
    look(page, "archive-catalogue", phone=True)
    page.get_by_role("link", name="提出归档").click()
    page.get_by_label("缺失说明").fill("缺失的资料不适用于本次招标，已逐项核对。")
    look(page, "archive-propose")
    page.get_by_role("button", name="提出归档").click()
    confirm(page, "提出归档")
    expect(page.get_by_text("等待另一位工作人员批准")).to_be_visible()
    second = desk.person("official")
    second.goto("/archive")
    look(second, "archive")
    second.get_by_role("link", name=NAME).click()
    second.get_by_role("link", name="批准归档").click()
    look(second, "archive-approve")
    second.get_by_role("button", name="批准并封存").click()
    second.get_by_role("link", name="查看归档包").click(timeout=60_000)  # the page asks until it is sealed
    expect(second.get_by_text("在此之前任何人都不能删除")).to_be_visible()
    look(second, "archive-package", phone=True)
