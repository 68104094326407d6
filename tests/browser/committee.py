"""The committee at five screens of their own: in with what their telephones were told, their sheets filled in."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from portal.demo.drawing import Phones
from tests.browser.bidder import keep
from tests.browser.desk import Desk
from tests.browser.story import NAME, Story

SEATS = 5
PASSPHRASE = "稻田 风车 石桥 九月"  # made up, as the members' would be


@dataclass
class Member:
    """A member of the committee."""

    seat: int
    login: str
    page: Page


def enter(desk: Desk, phones: Phones) -> list[Member]:
    """Everybody at a screen of his own, with the login, the password and the key of codes from his telephone."""
    messages = [message for message in phones.accounts() if message["project"] == NAME][-SEATS:]
    found = []
    for seat, message in enumerate(messages, 1):
        page = desk.sign_in(message["login"], password=message["password"], secret=message["totp"])
        found.append(Member(seat, message["login"], page))
    return found


def rows(page: Page, bidder: str) -> Locator:
    """The part of a sheet about one bid."""
    return page.locator("fieldset, tr", has_text=bidder).first


def review(page: Page, bidders: tuple[str, ...]) -> None:
    """Every bid passes."""
    for bidder in bidders:
        page.get_by_role("group", name=bidder).get_by_label("合格", exact=True).check()


def score(page: Page, seat: int, shares: dict[str, int]) -> None:
    """A share of every item's full mark, in per cent; members differ a little."""
    for bidder, share in shares.items():
        for place, field in enumerate(page.get_by_role("row", name=bidder).get_by_role("textbox").all()):
            words = re.search(r"满分 ([\d.]+)", field.get_attribute("aria-label") or "")
            assert words
            field.fill(f"{float(words[1]) * share / 100 - 0.25 * ((seat + place) % 4):.2f}")


def hand_in(page: Page, look_back: str = "") -> None:
    """From the sheet over its last look to its place under seal."""
    page.get_by_role("button", name="检查并提交").click()
    expect(page.get_by_text("提交后不能再改")).to_be_visible()
    if look_back:
        expect(page.get_by_text(look_back).first).to_be_visible()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交。")).to_be_visible()


def make_key(story: Story, member: Member) -> None:
    """The key is made in the page, under the pseudonym; the file stays with the member."""
    page = member.page
    page.goto("/me")
    page.get_by_label("密钥文件口令").fill(PASSPHRASE)
    page.get_by_label("再输入一次口令").fill(PASSPHRASE)
    with page.expect_download() as download:
        page.get_by_role("button", name="生成密钥并申请证书").click()
    keep(story, download.value, f"member-{member.seat}.pem")
    expect(page.get_by_text("密钥文件已下载")).to_be_visible()


def sign(story: Story, member: Member) -> None:
    """The report is signed with it."""
    page = member.page
    page.get_by_label("密钥文件（.pem）").set_input_files(story.saved[f"member-{member.seat}.pem"])
    page.get_by_label("密钥文件口令").fill(PASSPHRASE)
    page.get_by_role("button", name="签署评标报告").click()
    expect(page.get_by_text("您已签署")).to_be_visible()
