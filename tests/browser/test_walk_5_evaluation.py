"""Step 7 by the pages: the committee is unlocked, five members at five screens evaluate; the report is signed."""

import re

import pytest
from playwright.sync_api import expect

from portal.demo import drawing
from portal.demo.line import Line
from tests.browser import committee
from tests.browser.committee import SEATS, Member
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import NAME, Story

pytestmark = pytest.mark.usefixtures("quiet_console")
FIRST, SECOND, THIRD = "江源建设集团有限公司", "远山建筑工程有限公司", "恒基路桥股份有限公司"
BIDDERS = (FIRST, SECOND, THIRD)
SHARES = {FIRST: 96, SECOND: 84, THIRD: 72}  # of every item's full mark, per cent
DISSENT = "第三名的施工进度计划偏紧，建议在合同谈判中要求补充赶工措施；不影响排名。"


@pytest.fixture(scope="module")
def members(desk: Desk, phones: drawing.Phones) -> list[Member]:
    """Five people at five browsers."""
    return committee.enter(desk, phones)


@pytest.fixture(scope="module")
def room(story: Story) -> str:
    """Where the evaluation is."""
    return f"{story.lot}/evaluation"


def test_the_committee_is_unlocked_by_the_witness_once_ties_to_bidders_were_looked_for(
    desk: Desk, story: Story, line: Line, phones: drawing.Phones, room: str
) -> None:
    drawn = drawing.Drawn(story.draw, line.now(), line.now(), line.now())
    line.until(lambda: drawing.progress(line, drawn)["recused_at"] is not None, "ties to bidders were looked for")
    drawing.answer_calls(line, drawn, phones, declining=0)
    official = desk.person("official2")
    official.goto(room)
    expect(official.get_by_text("评标委员会尚未组成")).to_be_visible()
    page = desk.sign_in("witness")
    page.goto(f"/draws/{story.draw}")
    page.get_by_role("link", name="现场解密评标委员会").click()
    confirm(page, "现场解密评标委员会")
    expect(page.get_by_text("登录信息已发出")).to_be_visible()
    page.get_by_role("button", name="查看成员身份").click()
    expect(page.get_by_role("row")).to_have_count(SEATS + 1)
    look(page, "committee-names")
    line.until(lambda: len(phones.accounts()) >= SEATS, "the members have their logins")


def test_the_official_begins_and_every_member_accepts_the_discipline(
    desk: Desk, members: list[Member], room: str
) -> None:
    assert len({member.login for member in members}) == SEATS
    official = desk.person("official2")
    official.goto(room)
    official.get_by_role("link", name="开始评标").click()
    confirm(official, "开始评标")
    expect(official.get_by_text("评标已开始。")).to_be_visible()
    for member in members:
        page = member.page
        page.goto("/today")
        if member.seat == 1:
            look(page, "today-expert")
        page.goto(f"{room}/discipline")
        if member.seat == 1:
            look(page, "evaluation-discipline")
        page.get_by_role("button", name="我接受").click()
        expect(page.get_by_text("已接受评标纪律。")).to_be_visible()
    expect(official.get_by_text("5 人中已有 0 人完成")).to_be_visible()  # all seated; told by the server
    official.goto(room)
    expect(official.get_by_text("评标报告签字前，只显示完成人数。")).to_be_visible()


def test_members_review_on_their_own_and_see_each_other_once_all_are_in(
    desk: Desk, members: list[Member], room: str
) -> None:
    for member in members:
        page = member.page
        page.goto(room)
        if member.seat == 1:
            expect(page.get_by_role("link", name=re.compile(r"\.pdf$")).first).to_be_visible()
            look(page, "evaluation-desk", phone=True)
            file = page.get_by_role("link", name=re.compile(r"\.pdf$")).first.get_attribute("href") or ""
            assert page.request.get(file).body()[:5] == b"%PDF-"
        page.get_by_role("link", name="进入符合性评审").click()
        committee.review(page, BIDDERS)
        if member.seat == SEATS:  # one sees a ground the others do not
            bid = page.get_by_role("group", name=THIRD)
            bid.get_by_label("否决", exact=True).check()
            page.get_by_role("button", name="检查并提交").click()
            expect(page.get_by_text("请选择至少一种否决情形").first).to_be_visible()
            bid = page.get_by_role("group", name=THIRD)
            bid.get_by_role("checkbox").first.check()
            bid.get_by_label("理由").fill("投标函附录的缺陷责任期与招标文件不一致。")
        if member.seat == 1:
            look(page, "evaluation-review", phone=True)
        committee.hand_in(page)
        if member.seat < SEATS:
            page.goto(f"{room}/sheets/review")
            expect(page.get_by_text("已提交，不能再改")).to_be_visible()
            expect(page.get_by_text("号评委")).to_have_count(0)
            page.goto(room)
    expect(members[0].page.get_by_role("link", name="进入评分表")).to_be_visible()  # told, not asked again
    page = members[0].page
    page.goto(f"{room}/sheets/review")
    expect(page.get_by_role("heading", name=re.compile("号评委"))).to_have_count(SEATS)
    expect(page.get_by_text("投标函附录的缺陷责任期与招标文件不一致。").first).to_be_visible()
    look(page, "evaluation-reviewed")
    page.goto(f"{room}/prices")
    expect(page.get_by_text("评标基准价").first).to_be_visible()
    look(page, "evaluation-prices", phone=True)


def test_scores_are_nobodys_but_the_members_own_until_all_are_in(desk: Desk, members: list[Member], room: str) -> None:
    for member in members:
        page = member.page
        page.goto(f"{room}/sheets/score")
        committee.score(page, member.seat, SHARES)
        if member.seat == 1:
            wrong = page.get_by_role("row", name=FIRST).get_by_role("textbox").first
            right = wrong.input_value()
            wrong.fill("26")
            page.get_by_role("button", name="检查并提交").click()
            expect(page.get_by_text("不能超过满分").first).to_be_visible()
            look(page, "evaluation-score", phone=True)
            page.get_by_role("row", name=FIRST).get_by_role("textbox").first.fill(right)
        committee.hand_in(page)
        if member.seat == 1:
            page.goto(f"{room}/sheets/score")
            expect(page.get_by_text("已提交，不能再改")).to_be_visible()
            expect(page.get_by_text("号评委")).to_have_count(0)
            watching = desk.person("supervisor")
            watching.goto(room)
            expect(watching.get_by_text("5 人中已有 1 人完成")).to_be_visible()
            expect(watching.get_by_role("link", name="全体成员的评分")).to_have_count(0)
            look(watching, "evaluation-watched")
            stranger = desk.person("bidder-a")
            stranger.goto(room)
            expect(stranger.get_by_role("heading", level=1)).not_to_have_text("评标")
    page = members[0].page
    page.goto(f"{room}/sheets/score")
    expect(page.get_by_role("heading", name=re.compile("号评委"))).to_have_count(SEATS)
    look(page, "evaluation-scores")


def test_the_report_is_signed_by_all_under_their_pseudonyms(
    desk: Desk, story: Story, line: Line, members: list[Member], room: str
) -> None:
    first = members[0].page
    first.goto(room)
    expect(first.get_by_role("link", name="查看评标报告")).to_be_visible()
    for member in members:
        committee.make_key(story, member)
        page = member.page
        page.goto(f"{room}/report")
        if member.seat == SEATS:
            page.get_by_label("不同意见").fill(DISSENT)
            look(page, "evaluation-sign", phone=True)
        committee.sign(story, member)
    official = desk.person("official2")
    official.goto(room)
    line.witnessed()
    official.goto(room)
    expect(official.get_by_text("评标完成")).to_be_visible()
    official.get_by_role("link", name="查看评标报告").click()
    expect(official.get_by_text(DISSENT)).to_be_visible()
    ranked = official.get_by_role("table", name="评分及排名").get_by_role("row")
    for place, bidder in enumerate(BIDDERS, 1):
        expect(ranked.nth(place)).to_contain_text(bidder)
    expect(official.get_by_role("link", name="评标报告 PDF")).to_be_visible()
    look(official, "evaluation-report", phone=True)
    names = [row.split(",")[1] for row in (story.folder / "roster.csv").read_text().splitlines()[1:]]
    assert not [name for name in names if name in official.content()]
    assert NAME in official.content()
