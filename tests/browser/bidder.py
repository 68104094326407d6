"""A bidder at the bid page: fills the form in, seals, saves what is to be kept."""

import os
from pathlib import Path

from playwright.sync_api import Download, Page, expect

from tests.browser.desk import confirm
from tests.browser.story import SECRET, Story

OFFER = {
    "price": "128845000.00",
    "price_words": "壹亿贰仟捌佰捌拾肆万伍仟元整",
    "duration_days": "540",
    "quality": "合格",
    "manager": "王建国",
}


def keep(story: Story, download: Download, name: str) -> Path:
    """What a person saves."""
    path = story.folder / name
    download.save_as(path)
    story.saved[name] = path
    return path


def pdf(story: Story, megabytes: int = 1) -> Path:
    """A bid's technical part."""
    return story.file("施工组织设计.pdf", b"%PDF-1.7\n" + os.urandom(megabytes * 1_000_000) + b"\n%%EOF\n")


def fill(page: Page, story: Story, key: Path, passphrase: str, **changes: str) -> None:
    """The form, as a bidder fills it in."""
    form = page.locator('[data-seal-form="submit"]')
    page.get_by_label("技术标").set_input_files(pdf(story))
    page.get_by_label("密钥文件", exact=True).set_input_files(key)
    secrets = {"key_passphrase": passphrase, "recovery_passphrase": SECRET, "recovery_passphrase_repeat": SECRET}
    for name, value in {**OFFER, **secrets, **changes}.items():
        form.locator(f'[name="{name}"]').fill(value)


def seal(page: Page) -> None:
    """Press the button, say yes, wait until it is encrypted."""
    page.locator('[data-seal-form="submit"] button[type=submit]').click()
    confirm(page, "加密并提交")
    expect(page.locator("[data-seal]")).to_have_attribute("data-step", "keep", timeout=30_000)
