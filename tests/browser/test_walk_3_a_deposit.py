"""The deposit by the pages: a sub-account of one's own, what arrived and why it does not count; nobody else sees."""

import pytest
from playwright.sync_api import expect

from portal.demo import deposits
from portal.demo.line import Line
from tests.browser.desk import Desk, look
from tests.browser.story import Story

pytestmark = pytest.mark.usefixtures("quiet_console")
NAME = "江源建设集团有限公司"


def test_a_bidder_draws_a_sub_account_and_a_fen_short_does_not_count(desk: Desk, story: Story, line: Line) -> None:
    tender, page = story.tender(line), desk.person("bidder-a")
    page.goto(f"{story.lot}/deposit")
    page.get_by_role("button", name="领取子账号").click()
    expect(page.get_by_text("还没有款项到账")).to_be_visible()
    expect(page.get_by_role("button", name="复制")).to_be_visible()
    number, fen = deposits.draw(line, tender, "bidder-a"), deposits.due_fen(line, tender)
    deposits.pay(line, number, NAME, fen - 1)
    deposits.report(line)
    page.reload()
    expect(page.get_by_text("到账金额少于应缴数额")).to_be_visible()
    look(page, "deposit-short", phone=True)
    deposits.pay(line, number, NAME, fen)
    deposits.report(line)
    page.reload()
    expect(page.get_by_text("保证金已足额到账")).to_be_visible()
    look(page, "deposit-paid")


def test_finance_sees_only_what_names_no_sub_account_before_the_deadline(desk: Desk, story: Story, line: Line) -> None:
    deposits.pay(line, "", "青禾市政工程有限公司第三分公司", deposits.due_fen(line, story.tender(line)))
    deposits.report(line)
    page = desk.person("finance")
    page.goto("/finance/suspense")
    expect(page.get_by_role("row", name="第三分公司")).to_be_visible()
    expect(page.get_by_text(NAME)).to_have_count(0)
    look(page, "finance-suspense", phone=True)
