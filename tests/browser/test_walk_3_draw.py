"""The committee is drawn by the pages: two officials, three parties, a silent one, two witnesses, a replay."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.demo import drawing
from portal.demo.line import SEATS, Line
from tests.browser.bidder import keep
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import Story
from tests.journeys.tenders import published

pytestmark = pytest.mark.usefixtures("quiet_console")
QUOTAS = (("A08", "3", "2"), ("A06", "2", "1"))


@pytest.fixture(scope="module")
def hall(desk: Desk) -> Page:
    """Somebody who only watches."""
    return desk.new_page()


def test_one_official_proposes_the_draw_and_another_one_announces_it(desk: Desk, story: Story, line: Line) -> None:
    story.empty = published(line, "临江市东湖泵站改造工程")
    line.announce(story.empty)  # nobody will bid there
    line.move_to(line.now() + drawing.ROSTER_AGE)
    page = desk.person("official")
    page.goto(f"{story.lot}/draw")
    page.get_by_role("link", name="提出抽取方案").click()
    for row, (specialty, quota, reserve) in enumerate(QUOTAS):
        page.locator(f'[name="quotas.{row}.specialty"]').select_option(specialty)
        page.locator(f'[name="quotas.{row}.quota"]').fill(quota)
        page.locator(f'[name="quotas.{row}.reserve"]').fill(reserve)
    for party, login in drawing.PARTIES.items():
        page.locator(f'[name="{party}"]').select_option(line.person(login).get("/v1/me")["membership_id"])
    for row, (name, issue) in enumerate((("中国福利彩票双色球", "2026140"), ("中国体育彩票大乐透", "26140"))):
        page.locator(f'[name="beacons.{row}.kind"]').select_option("lottery")
        page.locator(f'[name="beacons.{row}.name"]').fill(name)
        page.locator(f'[name="beacons.{row}.issue"]').fill(issue)
    page.locator('[name="place"]').fill("临江市公共资源交易中心 评标三室")
    look(page, "draw-plan", phone=True)
    page.get_by_role("button", name="提出，等第二人确认").click()
    expect(page.get_by_text("等待第二人确认").first).to_be_visible()
    story.draw = page.url.rsplit("/", 1)[-1]
    second = desk.person("official2")
    second.goto(f"/draws/{story.draw}")
    second.get_by_role("link", name="确认并公告抽取").click()
    confirm(second, "确认并公告抽取")
    expect(second.get_by_text("抽取已公告")).to_be_visible()


def test_the_escrows_trustees_make_keys_for_this_draw_alone(desk: Desk, story: Story, line: Line) -> None:
    page = desk.person("official2")
    page.goto(f"/draws/{story.draw}")
    page.get_by_role("link", name="开始托管密钥仪式").click()
    for label in ("招标人", "行政监督部门", "公证机构"):
        page.get_by_label(label, exact=True).select_option(index=1)
    page.get_by_role("button", name="开始托管密钥仪式").click()
    expect(page.get_by_text("托管密钥仪式已开始")).to_be_visible()
    mine = line.person("trustee-notary").get("/v1/ceremonies")
    ceremony = next(item["id"] for item in mine if item["subject"] == f"draw:{story.draw}")
    for step in ("keys", "sign"):
        for seat in SEATS:
            line.trustee(seat).call("POST", f"/api/ceremonies/{ceremony}/{step}", {})
    page.goto(f"/draws/{story.draw}")
    page.get_by_role("button", name="公布托管密钥公告").click()
    expect(page.get_by_text("托管密钥公告已公布")).to_be_visible()


def test_three_parties_commit_in_their_browsers_and_two_reveal(
    desk: Desk, story: Story, line: Line, hall: Page
) -> None:
    hall.goto(f"/draws/{story.draw}")
    hall.evaluate("window.neverReloaded = true")
    for party, login in drawing.PARTIES.items():
        page = desk.person(login)
        page.goto(f"/draws/{story.draw}")
        if party == "centre":
            look(page, "draw-commit", phone=True)
        with page.expect_download() as download:
            page.get_by_role("button", name="生成随机数并提交承诺").click()
        keep(story, download.value, f"draw-{party}.json")
        expect(page.get_by_role("button", name="生成随机数并提交承诺")).to_have_count(0, timeout=30_000)
    expect(hall.get_by_text("3 / 3").first).to_be_visible(timeout=30_000)
    times = line.anyone.get(f"/v1/draws/{story.draw}/progress")
    line.move_to(datetime.fromisoformat(times["commit_until"]) + timedelta(minutes=2))
    wrong = desk.person("supervisor")
    wrong.goto(f"/draws/{story.draw}")
    wrong.get_by_label("承诺时保存的文件").set_input_files(story.saved["draw-centre.json"])
    wrong.get_by_role("button", name="揭示", exact=True).click()
    expect(wrong.get_by_text("这不是本次抽取、本方的文件")).to_be_visible()
    for party in ("centre", "supervisor"):
        page = desk.person(drawing.PARTIES[party])
        page.goto(f"/draws/{story.draw}")
        page.get_by_label("承诺时保存的文件").set_input_files(story.saved[f"draw-{party}.json"])
        page.get_by_role("button", name="揭示", exact=True).click()
        expect(page.get_by_role("button", name="揭示", exact=True)).to_have_count(0, timeout=30_000)
    assert hall.evaluate("window.neverReloaded")


def test_the_silent_partys_number_comes_from_the_escrow(desk: Desk, story: Story, line: Line, hall: Page) -> None:
    line.witnessed()
    for seat in ("tenderer", "notary"):
        line.trustee(seat).call("POST", f"/api/draws/{story.draw}/release", {"phase": 1})
    page = desk.person("official2")
    page.goto(f"/draws/{story.draw}")
    page.get_by_role("link", name="确定托管开启").click()
    page.get_by_role("button", name="确定托管开启").click()
    expect(hall.get_by_text("由密钥保管人从托管中打开")).to_be_visible(timeout=30_000)


def test_two_witnesses_type_the_beacon_and_the_order_is_computed(
    desk: Desk, story: Story, line: Line, hall: Page
) -> None:
    times = line.anyone.get(f"/v1/draws/{story.draw}/progress")
    line.move_to(datetime.fromisoformat(times["beacon_at"]) + timedelta(minutes=1))
    for login in drawing.WITNESSES:
        page = desk.person(login)
        page.goto(f"/draws/{story.draw}")
        page.get_by_label("开奖号码").fill(drawing.BEACON)
        if login == "witness":
            look(page, "draw-beacon", phone=True)
        page.get_by_role("button", name="录入公共随机源").click()
        confirm(page, "录入公共随机源")
        expect(page.get_by_text("已录入。")).to_be_visible()
    expect(hall.get_by_text("正在通知").first).to_be_visible(timeout=30_000)


def test_people_answer_at_their_telephones_in_the_computed_order(
    desk: Desk, story: Story, line: Line, phones: drawing.Phones, hall: Page
) -> None:
    line.until(lambda: bool(phones.waiting(story.draw)), "somebody is called")
    gateway = desk.new_page(base_url=line.places.gateway)
    gateway.goto("/")
    look(gateway, "gateway", phone=True)
    gateway.get_by_role("button", name="拒绝").first.click()
    drawn = drawing.Drawn(story.draw, line.now(), line.now(), line.now())
    drawing.answer_calls(line, drawn, phones, declining=0)
    expect(hall.get_by_text("人选已齐").first).to_be_visible(timeout=30_000)
    look(hall, "draw", phone=True)
    names = [row.split(",")[1] for row in (story.folder / "roster.csv").read_text().splitlines()[1:]]
    assert not [name for name in names if name in hall.content()]


def test_anyone_replays_the_draw_in_the_browser(desk: Desk, story: Story) -> None:
    page = desk.anyone()
    page.goto(f"/draws/{story.draw}")
    page.get_by_role("link", name="自己核对这次抽取").click()
    expect(page.get_by_text("✓").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("✗")).to_have_count(0)
    look(page, "draw-check", phone=True)
