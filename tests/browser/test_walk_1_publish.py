"""Steps 1 and 2 by the pages: a project registered, its documents filed, its notice published, and read by anyone."""

import re

import pytest
from playwright.sync_api import expect

from portal.demo.papers import TEXTS
from tests.browser.desk import Desk, look
from tests.browser.story import CODE, NAME, Story

PAPERS = {"招标文件.pdf": b"%PDF-1.7 what bidders must know", "工程量清单.pdf": b"%PDF-1.7 what is to be built"}
pytestmark = pytest.mark.usefixtures("quiet_console")


def test_nobody_has_published_yet_and_a_wrong_password_is_refused(desk: Desk) -> None:
    page = desk.anyone()
    page.goto("/")
    expect(page.get_by_text("暂无公告")).to_be_visible()
    page.goto("/projects/new")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_label("登录名").fill("tenderer")
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("textbox", name="登录名")).to_have_value("tenderer")
    look(page, "sign-in", phone=True)


def test_a_tenderer_registers_a_project(desk: Desk, story: Story) -> None:
    page = desk.sign_in("tenderer")
    expect(page).to_have_url(re.compile("/today"))
    expect(page.get_by_text("今天没有待办事项")).to_be_visible()
    page.get_by_role("link", name="登记新项目").click()
    for label, value in {
        "项目名称": NAME,
        "项目代码": CODE,
        "行政区划代码": "350100",
        "标段名称": "一标段施工",
        "招标范围": "道路、排水、照明及附属工程的施工",
        "估算价": "135000000",
        "最高投标限价": "135000000",
        "投标保证金": "500000",
        "工期": "600",
        "质量要求": "合格",
    }.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("工程类别").select_option("A02")
    page.get_by_label("资金来源").select_option(label="财政资金")
    deadline = page.get_by_label("投标截止时间")
    lawful = deadline.input_value()
    deadline.fill(page.get_by_label("招标文件发售截止").input_value() + "T09:30")  # days too early
    page.get_by_role("button", name="检查并继续").click()

    beside = page.locator(".field.wrong", has_text="投标截止时间")
    expect(beside).to_contain_text("第二十四条")
    year, month, day = (int(part) for part in lawful[:10].split("-"))
    expect(beside).to_contain_text(f"{year}年{month}月{day}日")
    expect(page.get_by_label("项目名称")).to_have_value(NAME)
    expect(page.get_by_label("最高投标限价")).to_have_value(re.compile("135,?000,?000"))
    expect(page.locator("section.summary")).to_be_focused()
    look(page, "project-form-errors", phone=True)

    deadline.fill(lawful)
    page.get_by_role("button", name="检查并继续").click()
    expect(page.get_by_role("heading", name=f"登记项目：{NAME}")).to_be_visible()
    look(page, "project-confirm")
    provisional = page.get_by_label("我知道暂定日期可能顺延")
    if provisional.count():
        provisional.check()
    page.get_by_role("button", name="确认登记").click()
    expect(page.get_by_text("登记完成，受理号")).to_be_visible()
    expect(page.get_by_role("list", name="进程")).to_contain_text("投标截止")
    story.project = page.url.removeprefix(desk.base_url)
    story.lot = page.get_by_role("link", name="一标段施工").get_attribute("href") or ""


def test_documents_are_filed_and_the_notice_is_drafted(desk: Desk, story: Story) -> None:
    page = desk.sign_in("tenderer")
    expect(page.get_by_text("上传招标文件并拟写公告")).to_be_visible()
    look(page, "today-tenderer")
    page.get_by_role("link", name="打开项目").click()
    page.get_by_role("button", name="上传招标文件").click()
    expect(page.locator(".field.wrong")).to_be_visible()
    for name, data in PAPERS.items():
        page.locator("input[name=file]").set_input_files(story.file(name, data))
        page.get_by_role("button", name="上传招标文件").click()
        expect(page.get_by_text(f"已归档：{name}")).to_be_visible()
    page.get_by_role("link", name="起草招标公告").click()
    page.get_by_role("button", name="保存并预览").click()
    expect(page.locator(".field.wrong").first).to_be_visible()
    for label, key in {
        "工程概况": "overview",
        "投标人资格要求": "qualification",
        "联系人": "contact_name",
        "联系电话": "contact_phone",
        "联系地址": "contact_address",
    }.items():
        page.get_by_label(label).fill(TEXTS[key])
    look(page, "notice-form")
    page.get_by_role("button", name="保存并预览").click()
    expect(page.get_by_text("这是发布前的样子")).to_be_visible()
    look(page, "notice-draft")
    story.notice = page.url.removeprefix(desk.base_url)
    expect(page.get_by_role("link", name="发布公告")).to_have_count(0)
    page.goto(f"{story.notice}/publish")
    expect(page.get_by_role("heading", name="没有权限")).to_be_visible()
    stranger = desk.anyone()
    stranger.goto(story.notice)
    expect(stranger.get_by_role("heading", name="找不到")).to_be_visible()


def test_an_official_publishes_what_somebody_else_drafted(desk: Desk, story: Story) -> None:
    page = desk.sign_in("official2")
    expect(page.get_by_text("公告等待发布")).to_be_visible()
    look(page, "today-official", phone=True)
    page.get_by_role("link", name="查看并发布").click()
    page.get_by_role("link", name="发布公告").click()
    expect(page.get_by_text("不能撤回")).to_be_visible()
    look(page, "notice-publish")
    page.get_by_role("button", name="发布公告").click()
    expect(page.get_by_text("公告已发布")).to_be_visible()
    expect(page.get_by_role("link", name="下载 PDF/A")).to_be_visible(timeout=60_000)  # the worker made it, no reload


def test_anyone_reads_the_notice_and_its_documents_without_signing_in(desk: Desk, story: Story) -> None:
    page = desk.anyone()
    page.goto("/")
    expect(page.get_by_role("link", name=f"{NAME}招标公告")).to_be_visible()
    look(page, "front", phone=True)
    page.goto("/notices")
    words = page.locator('main [name="q"]')
    words.fill("没有这样的工程")
    words.press("Enter")
    expect(page.get_by_role("link", name=f"{NAME}招标公告")).to_have_count(0)
    words.fill("滨江")
    words.press("Enter")
    expect(page.get_by_role("link", name=f"{NAME}招标公告")).to_be_visible()
    look(page, "notices", phone=True)
    page.get_by_role("link", name=f"{NAME}招标公告").click()
    expect(page.locator(".countdown-left")).to_contain_text("还有")
    look(page, "notice", phone=True)
    for link in ("招标文件.pdf", "下载 PDF/A"):
        address = page.get_by_role("link", name=link).get_attribute("href") or ""
        answer = page.request.get(address)
        assert (answer.status, answer.body()[:5]) == (200, b"%PDF-"), link
    page.goto(story.project)
    look(page, "project", phone=True)
    page.goto(story.lot)
    expect(page.get_by_role("list", name="进程")).to_contain_text("开标密钥公告")
    look(page, "lot", phone=True)
    page.goto(f"{story.lot}/bid")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
