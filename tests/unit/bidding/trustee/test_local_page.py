"""The local page and API over HTTP: who may drive the program, and the whole flow by forms, as a browser sends them."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.trustee.app import API_TOKEN_FILE, create_app
from bidding.trustee.local import IDLE_SECONDS
from bidding.trustee.program import Program
from tests.factories.trustee_lot import Lot
from tests.factories.trustee_stage import TOKEN, Platform, WitnessServer
from tests.unit.bidding.trustee.conftest import AFTER, BEFORE, PASSPHRASE

PORT = 8299
HERE = f"http://127.0.0.1:{PORT}"


class Browser:
    """Follows links, fills in forms; `door` is where it was let in."""

    def __init__(self, app):
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HERE)
        self.last = None
        self.door = ""

    async def get(self, path, **headers):
        self.last = await self.http.get(path, headers=headers, follow_redirects=True)
        return self.last

    async def post(self, path, headers=None, **fields):
        token = re.search(r'name="_csrf" value="([0-9a-f]+)"', self.last.text)
        data = {"_csrf": token[1], **fields} if token else fields
        self.last = await self.http.post(path, data=data, headers=headers, follow_redirects=True)
        if match := re.match(r"/([0-9a-f]{32})(/|$)", self.last.url.path):
            self.door = f"/{match[1]}"
        return self.last

    async def unlock(self, **fields):
        await self.get("/")
        return await self.post("/unlock", passphrase=PASSPHRASE, **fields)


@pytest.fixture
def scene(tmp_path):
    """A program that has never been started, a platform with a ceremony, a witness."""
    log_key = Ed25519PrivateKey.generate()
    witness = WitnessServer(tmp_path / "witness", log_key)
    platform = Platform(uuid4())
    platform.start()
    platform.announce(witness.key, log_key)
    program = Program(tmp_path / "trustee", platform=platform.url, witnesses=[witness.url])
    app, _ = create_app(program, PORT)
    yield app, program, platform, witness
    program.close()
    platform.close()
    witness.close()


@pytest.fixture
def shown(stage):
    """The stage after the deadline, served."""
    app, token = create_app(stage.program, PORT)
    return app, stage, token


async def test_a_trustee_walks_from_the_first_start_to_the_release(scene):
    app, program, platform, witness = scene
    page = Browser(app)
    await page.get("/", **{"accept-language": "en"})
    assert "Choose a passphrase" in page.last.text
    assert (await page.post("/unlock", passphrase=PASSPHRASE, again="else")).status_code == 422
    assert (await page.post("/unlock", passphrase="short", again="short")).status_code == 422
    assert not program.vault.created
    await page.unlock(again=PASSPHRASE)
    assert page.last.status_code == 200
    assert page.door
    refused = await page.post(f"{page.door}/connect", token="wrong")
    assert refused.status_code == 409
    await page.post(f"{page.door}/connect", token=TOKEN)
    assert "王保管 · 市水务局" in page.last.text
    ceremony = f"{page.door}/ceremonies/{platform.ceremony_id}"
    assert f'href="{ceremony}"' in page.last.text
    await page.get(ceremony)
    await page.post(f"{ceremony}/keys")
    assert (page.last.status_code, str(page.last.url)) == (200, HERE + ceremony)
    kid = platform.view.seats[0].keys[0].kid
    assert " ".join(kid[at : at + 4] for at in range(0, 32, 4)) in page.last.text
    witness.now = BEFORE
    witness.cosign([b"{}"])
    await page.post(f"{ceremony}/review")
    assert ("保密强度降低" in page.last.text, page.last.status_code) == (True, 200)
    [ann] = re.findall(r'name="ann" value="([0-9a-f]{64})"', page.last.text)
    assert (await page.post(f"{ceremony}/sign", ann="ab" * 32)).status_code == 409
    await page.get(ceremony)
    await page.post(f"{ceremony}/sign", ann=ann)
    assert platform.view.seats[0].signed
    lot = Lot(platform.publish(), platform.receipt)
    await page.get(ceremony)
    assert "等待截止" in page.last.text
    await page.post(f"{ceremony}/examine", subject=f"lot:{platform.lot_id}", phase="1")
    assert (page.last.status_code, "已拒绝" in page.last.text) == (409, True)
    platform.log, platform.box, witness.now = lot.log(), lot.answer(), AFTER
    witness.cosign(platform.log)
    await page.get(ceremony)
    await page.post(f"{ceremony}/examine", subject=f"lot:{platform.lot_id}", phase="1")
    assert (page.last.status_code, platform.batches) == (200, [])
    [box] = re.findall(r'name="box" value="([0-9a-f]{64})"', page.last.text)
    assert box == lot.box.root
    await page.post(f"{ceremony}/release", subject=f"lot:{platform.lot_id}", phase="1", box=box)
    assert (page.last.status_code, len(platform.batches)) == (200, 1)
    assert "已释放" in page.last.text
    await page.get(f"{page.door}/refusals")
    [link] = re.findall(r'href="([^"]+/refusals/[^"]+\.json)"', page.last.text)
    saved = await page.get(link)
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.json()["sig"]


async def test_other_hosts_and_other_origins_are_refused(shown):
    app, _, token = shown
    page = Browser(app)
    for host in ("evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""):
        answer = await page.get("/", host=host)
        assert (answer.status_code, answer.headers["x-content-type-options"]) == (421, "nosniff")
        answer = await page.http.get("/api/state", headers={"host": host, "authorization": f"Bearer {token}"})
        assert answer.status_code == 421
    assert (await page.get("/", host=f"localhost:{PORT}")).status_code == 200
    await page.get("/")
    for headers in (
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
    ):
        assert (await page.post("/unlock", headers=headers, passphrase=PASSPHRASE)).status_code == 403
        await page.get("/")


async def test_a_form_needs_its_token_and_a_page_its_door_and_its_cookie(shown):
    app, stage, _ = shown
    page = Browser(app)
    await page.get("/")
    assert (await page.http.post("/unlock", data={"passphrase": PASSPHRASE})).status_code == 403
    assert (await page.http.post("/unlock", json={"passphrase": PASSPHRASE})).status_code == 403
    await page.unlock()
    [cookie] = page.http.cookies.jar
    assert (cookie.name, cookie.path) == (f"trustee_{PORT}", page.door)
    lock = f"{page.door}/lock"
    assert (await page.http.post(lock)).status_code == 403
    assert (await page.http.post(lock, data={"_csrf": "ab" * 16})).status_code == 403
    # The cookie alone, the door alone.
    stranger = Browser(app)
    assert (await stranger.get(f"{page.door}/refusals")).url.path == "/"
    stranger.http.cookies.set(cookie.name, cookie.value)
    assert (await stranger.get(f"/{'ab' * 16}/refusals")).url.path == "/"
    await page.get(f"{page.door}/refusals")
    assert page.last.url.path == f"{page.door}/refusals"
    await page.post(lock)
    assert not stage.program.vault.unlocked
    assert (await page.get(f"{page.door}/refusals")).url.path == "/"
    stage.program.unlock(PASSPHRASE)
    assert (await page.get(f"{page.door}/refusals")).url.path == "/"


async def test_a_page_left_alone_asks_for_the_passphrase_again(shown, monkeypatch):
    app, _, _ = shown
    page = Browser(app)
    await page.unlock()
    monkeypatch.setattr("bidding.trustee.local.IDLE_SECONDS", -1.0)
    assert timedelta(hours=1).total_seconds() >= IDLE_SECONDS
    assert (await page.get(f"{page.door}/refusals")).url.path == "/"


async def test_no_script_no_frame_no_store(shown):
    app, _, _ = shown
    page = Browser(app)
    await page.unlock()
    for path in ("/", f"{page.door}/", f"{page.door}/refusals", "/nowhere", "/api/state", "/assets/trustee.css"):
        answer = await page.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "same-origin")


async def test_a_wrong_passphrase_opens_nothing(shown):
    app, stage, _ = shown
    page = Browser(app)
    await page.get("/")
    stage.program.lock()
    try:
        answer = await page.post("/unlock", passphrase=PASSPHRASE + "!")
        assert (answer.status_code, page.door, stage.program.vault.unlocked) == (403, "", False)
    finally:
        stage.program.unlock(PASSPHRASE)


async def test_the_api_is_for_holders_of_its_token(shown):
    app, stage, token = shown
    assert stage.program.folder.read(API_TOKEN_FILE) == token.encode()
    page = Browser(app)
    await page.unlock()
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {token}"}):
        answer = await page.http.get("/api/state", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "trustee.api_forbidden")
        answer = await page.http.post("/api/lock", headers=headers)
        assert answer.status_code == 401
    assert stage.program.vault.unlocked


async def test_the_api_does_what_the_page_does(shown):
    app, stage, token = shown
    headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HERE, headers=headers) as api:
        state = (await api.get("/api/state")).json()
        assert (state["unlocked"], state["connected"], state["me"]["name"]) == (True, True, "王保管")
        [ceremony] = state["ceremonies"]
        assert (ceremony["next"], ceremony["kept"], ceremony["x"]) == ("release", True, 1)
        lot = f"/api/lots/{stage.platform.lot_id}"
        cleared = (await api.post(f"{lot}/examine", json={"phase": 1})).json()
        assert cleared["box"] == stage.lot.box.root
        assert stage.opened == []
        early = await api.post(f"{lot}/release", json={"phase": 2})
        assert early.status_code == 409
        assert (early.json()["code"], early.json()["refusal"]["reason"]) == ("trustee.declined", "phase_early")
        assert (await api.get("/api/refusals")).json()[0]["document"] == early.json()["refusal"]["document"]
        released = (await api.post(f"{lot}/release", json={"phase": 1, "box": cleared["box"]})).json()
        assert (set(released["batches"]), released["complaints"]) == ({"identity"}, 0)
        for bad in ({}, {"phase": "1"}, {"phase": 1, "more": 1}):
            answer = await api.post(f"{lot}/release", json=bad)
            assert (answer.status_code, answer.json()["code"]) == (422, "kernel.invalid")
        assert (await api.post("/api/lock")).json()["unlocked"] is False
        locked = await api.post(f"{lot}/release", json={"phase": 1})
        assert (locked.status_code, locked.json()["code"]) == (401, "trustee.locked")
        wrong = await api.post("/api/unlock", json={"passphrase": "not the passphrase"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "trustee.passphrase_wrong")
        assert (await api.post("/api/unlock", json={"passphrase": PASSPHRASE})).json()["connected"] is True
        assert (await api.get("/api/nothing")).status_code == 404


async def test_the_language_is_the_readers(shown):
    app, _, _ = shown
    page = Browser(app)
    assert 'lang="zh-CN"' in (await page.get("/")).text
    assert 'lang="en"' in (await page.get("/lang/en?to=/")).text
    for away in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = await page.http.get("/lang/en", params={"to": away})
        assert answer.headers["location"] == "/"
    assert (await page.get("/lang/de")).status_code == 404
