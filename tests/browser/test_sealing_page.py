"""投标页面 in a real browser: files are sealed in it, uploaded, committed; the receipt verifies; it is withdrawn."""

import asyncio
import os
import socket
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from granian.constants import Interfaces
from granian.server.embed import Server
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from bidding.sealing.envelope import verify_envelope
from bidding.sealing.keyfile import write_key_file
from bidding.sealing.submission import verify_receipt
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.parties import PASSWORD, make_member, make_organisation, new_uscc
from tests.factories.sealing import authority
from tests.integration.bidding.conftest import Box
from tests.integration.bidding.http import make_app
from tests.servers import SharedServers
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore

T = TypeVar("T")
SECRET = "一个相当长的恢复口令 2026"
USCC = new_uscc()


class Loop:
    """An event loop in a thread of its own, as the browser's driver wants this one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@dataclass
class Served:
    """A lot that takes bids, served, and a bidder who can sign in."""

    url: str
    box: Box
    login: str
    run: Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def served(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]], servers: SharedServers
) -> Iterator[Served]:
    loop = Loop()  # no fixture may be asynchronous here: the browser's driver occupies the tests' own loop
    objects = ObjectStore(replace(servers.object_settings(), prefix=f"{uuid.uuid4().hex}/"))
    with new_database() as urls, socket.socket() as free:
        install(urls.owner_dsn)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        url = f"http://127.0.0.1:{port}"

        async def prepare() -> tuple[Box, str, Server]:
            await objects.ensure_bucket()
            database = Database(urls.app_dsn)
            async with database.transaction() as session:
                lot = await make.open_lot(session, objects)
                org = await make_organisation(session, name="甲建设集团", uscc=USCC)
                bidder = await make_member(session, "bidder", org=org)
            box = Box(urls, database, objects, lot)
            app = make_app(box, base_url=url)
            server = Server(app, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False)
            return box, bidder.login, server

        box, login, server = loop.run(prepare())
        serving = asyncio.run_coroutine_threadsafe(server.serve(), loop.loop)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            threading.Event().wait(0.05)
        yield Served(url, box, login, loop.run)
        loop.loop.call_soon_threadsafe(server.stop)
        serving.result(10)
        loop.run(box.database.close())
    loop.stop()


def key_file(folder: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    path = folder / "key.pem"
    path.write_bytes(write_key_file(key, SECRET, certificates=[authority().issue(key, "甲建设集团", USCC)]))
    return path


def sign_in(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/receipts/check")
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    body = {"login": served.login, "password": PASSWORD}
    answer = page.request.post(f"{served.url}/v1/session", data=body, headers={"x-csrf-token": token})
    assert answer.ok, answer.text()


def test_a_bid_is_sealed_in_the_page_submitted_and_withdrawn(served: Served, page: Page, tmp_path: Path) -> None:
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda told: troubles.append(told.text) if told.type == "error" else None)
    lot = served.box.lot
    sign_in(page, served)
    page.goto(f"{served.url}/lots/{lot.id}/bid")
    seal = page.locator("[data-seal]")
    expect(seal).to_have_attribute("data-ready", "")

    page.locator('[data-seal-form="submit"] button[type=submit]').click()
    page.get_by_role("dialog").get_by_role("button", name="加密并提交").click()
    expect(page.locator("section.summary")).to_be_visible()

    technical = tmp_path / "施工组织设计.pdf"
    technical.write_bytes(b"%PDF-1.7\n" + os.urandom(9_000_000) + b"\n%%EOF\n")  # more than one block
    page.locator('[name="part.technical"]').set_input_files(technical)
    for name, value in {
        "price": "1234567.89",
        "price_words": "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分",
        "duration_days": "300",
        "quality": "合格",
        "manager": "王工",
        "key_passphrase": SECRET,
        "recovery_passphrase": SECRET,
        "recovery_passphrase_repeat": SECRET,
    }.items():
        page.locator(f'[data-seal-form="submit"] [name="{name}"]').fill(value)
    page.locator('[name="key_file"]').set_input_files(key_file(tmp_path))
    page.locator('[data-seal-form="submit"] button[type=submit]').click()
    page.get_by_role("dialog").get_by_role("button", name="加密并提交").click()
    expect(seal).to_have_attribute("data-step", "keep", timeout=30_000)
    with page.expect_download() as kept:
        page.locator('[data-seal-action="keep"]').click()
    recovery = tmp_path / "recovery.json"
    kept.value.save_as(recovery)
    expect(seal).to_have_attribute("data-step", "wait", timeout=30_000)
    files = {}
    for name in ("receipt", "envelope"):
        with page.expect_download() as given:
            page.locator(f'[data-seal-step="wait sealed"] [data-seal-action="download-{name}"]').click()
        files[name] = tmp_path / name
        given.value.save_as(files[name])
    envelope = files["envelope"].read_bytes()
    verify_envelope(envelope, lot.world.announcement)
    receipt = verify_receipt(files["receipt"].read_bytes(), lot.world.announcement, envelope)
    assert receipt.kind == "commit"
    assert served.run(served.box.count("envelopes")) == 1

    page.goto(f"{served.url}/receipts/check")
    page.locator("textarea[name=receipt]").fill(files["receipt"].read_text())
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_text("签名有效")).to_be_visible()

    page.goto(f"{served.url}/lots/{lot.id}/bid")
    expect(seal).to_have_attribute("data-ready", "")
    page.get_by_text("撤回投标", exact=True).first.click()
    page.locator('[name="recovery_file"]').set_input_files(recovery)
    page.locator('[data-seal-form="withdraw"] [name="recovery_passphrase"]').fill(SECRET)
    page.locator('[data-seal-form="withdraw"] button[type=submit]').click()
    page.get_by_role("dialog").get_by_role("button", name="撤回投标").click()
    expect(seal).to_have_attribute("data-step", "wait", timeout=30_000)
    assert served.run(served.box.count("envelopes")) == 2
    assert [trouble for trouble in troubles if "404" not in trouble] == []  # the proof is not there yet: 404 by design
