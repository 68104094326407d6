"""Experts enter the roster by the pages: every bad row is told and nothing half imported; a second person confirms."""

import pytest
from playwright.sync_api import expect

from portal.demo.roster import roster_csv
from tests.browser.desk import Desk, confirm, look
from tests.browser.story import Story

pytestmark = pytest.mark.usefixtures("quiet_console")


def test_a_file_with_bad_rows_is_explained_row_by_row_and_imports_nothing(desk: Desk, story: Story) -> None:
    good = roster_csv()
    header, first, *rest = good.splitlines()
    cells = first.split(b",")
    broken = b"\n".join([header, b",".join([*cells[:2], b"123", *cells[3:]]), *rest[:20], rest[5]])
    page = desk.person("official")
    page.goto("/experts/roster")
    expect(page.get_by_text("还没有公布过专家库根")).to_be_visible()
    page.get_by_role("link", name="导入专家名单").click()
    page.get_by_label("名单文件").set_input_files(story.file("roster-broken.csv", broken))
    page.get_by_role("button", name="检查并提出").click()
    expect(page.get_by_role("heading", name="不能导入的行")).to_be_visible()
    look(page, "roster-bad", phone=True)
    page.get_by_label("名单文件").set_input_files(story.file("roster.csv", good))
    page.get_by_role("button", name="检查并提出").click()
    expect(page.get_by_text("新增 300 人")).to_be_visible()
    expect(page.get_by_role("link", name="确认变更")).to_have_count(0)  # four eyes
    look(page, "roster-change")


def test_another_official_confirms_and_pages_show_numbers_only(desk: Desk, story: Story) -> None:
    page = desk.person("official2")
    page.goto("/experts/roster")
    page.get_by_role("link", name="导入名单").click()
    page.get_by_role("link", name="确认变更").click()
    confirm(page, "确认变更")
    expect(page.get_by_text("变更已生效")).to_be_visible()
    page.goto("/experts/roster")
    expect(page.get_by_text("300", exact=True).first).to_be_visible()
    look(page, "roster", phone=True)

    names = [row.split(",")[1] for row in (story.folder / "roster.csv").read_text().splitlines()[1:]]
    assert not [name for name in names if name in page.content()]
