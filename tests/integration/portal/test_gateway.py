"""The gateway program as a process of its own: its tokens, its page's protection, one signed outcome a call."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from experts.answers import pin_commitment, verify_answer
from portal.children import Child
from portal.embedded.ports import free_port

NOW, ENDS = "2026-12-01T01:00:00.000Z", "2026-12-01T01:30:00.000Z"


@dataclass
class Platform:
    """What the gateway asks of the platform: the time, and to take an answer."""

    now: str = NOW
    refusal: dict[str, Any] | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(200, {"now": told.now})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if told.refusal is not None:
                    self.reply(409, told.refusal)
                else:
                    told.taken.append(body)
                    self.reply(200, {"state": "taken"})

            def reply(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


@dataclass
class Running:
    address: str
    folder: Path
    platform: Platform
    child: Child

    def http(self, token: str = "") -> httpx.Client:
        headers = {"authorization": f"Bearer {(self.folder / token).read_text()}"} if token else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=20)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Running]:
    platform = Platform()
    server = ThreadingHTTPServer(("127.0.0.1", 0), platform.handler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, folder = free_port(), tmp_path / "gateway"
    address = f"http://127.0.0.1:{server.server_address[1]}"
    arguments = ["gateway", "--folder", str(folder), "--port", str(port), "--platform", address]
    child = Child("gateway", arguments, {}, tmp_path / "gateway.log")
    try:
        child.wait_for(f"http://127.0.0.1:{port}/key")
        yield Running(f"http://127.0.0.1:{port}", folder, platform, child)
    finally:
        child.stop()
        server.shutdown()
        server.server_close()


def call(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{number:032x}",
        "to": f"1390000{number:04d}",
        "draw": "draw:01a2",
        "specialty": "A08",
        "position": number,
        "leaf": f"{number:064x}",
        "called_at": NOW,
        "ends_at": ENDS,
        "meets_at": "2026-12-02T01:00:00.000Z",
        "minutes": 240,
        "place": "评标三室",
        **changes,
    }


def test_only_the_platform_calls_and_only_owners_answer(gateway: Running) -> None:
    with gateway.http() as nobody, gateway.http("api-token") as phone:
        for client in (nobody, phone):
            assert client.post("/calls", json=call()).status_code == 401
            assert client.post("/messages", json={"messages": []}).status_code == 401
            assert client.post(f"/calls/{call()['id']}/close", json={}).status_code == 401
        assert nobody.get("/api/phones").status_code == 401
        assert nobody.post(f"/api/calls/{call()['id']}/answer", json={"accept": True}).status_code == 401
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in gateway.folder.iterdir() if path.is_file()}
    assert set(modes.values()) == {"0o600"}


def test_told_twice_the_first_time_stands(gateway: Running) -> None:
    with gateway.http("platform-token") as platform:
        first = platform.post("/calls", json=call()).json()
        again = platform.post("/calls", json=call(called_at=ENDS, ends_at="2026-12-01T02:00:00.000Z")).json()
    assert first == again == {"called_at": NOW, "ends_at": ENDS}


def test_an_acceptance_is_signed_and_the_pin_only_committed_to(gateway: Running) -> None:
    with gateway.http("platform-token") as platform, gateway.http("api-token") as phone:
        key = platform.get("/key").text
        platform.post("/calls", json=call())
        assert phone.post(f"/api/calls/{call()['id']}/answer", json={"accept": True, "pin": "123456"}).is_success
        (sent,) = gateway.platform.taken
        answer = verify_answer(sent["answer"].encode(), key)
        assert (answer.outcome, answer.position, answer.answered_at) == ("accepted", 1, NOW)
        assert answer.pin == pin_commitment(bytes.fromhex(sent["salt"]), "123456")
        again = phone.post(f"/api/calls/{call()['id']}/answer", json={"accept": False})
        assert (again.status_code, again.json()["code"]) == (409, "draws.call_over")
    kept = b"".join(path.read_bytes() for path in (gateway.folder / "calls").iterdir())
    assert b"123456" not in kept


def test_what_the_platform_refuses_is_not_answered(gateway: Running) -> None:
    gateway.platform.refusal = {"code": "draws.pin_wrong", "params": {"left": 2}}
    with gateway.http("platform-token") as platform, gateway.http("api-token") as phone:
        platform.post("/calls", json=call())
        wrong = phone.post(f"/api/calls/{call()['id']}/answer", json={"accept": True, "pin": "1"})
        assert wrong.json()["code"] == "draws.pin_wrong"
        gateway.platform.refusal = None
        right = phone.post(f"/api/calls/{call()['id']}/answer", json={"accept": True, "pin": "123456"})
        assert right.json()["state"] == "accepted"


def test_after_the_window_it_signs_that_nobody_answered(gateway: Running) -> None:
    with gateway.http("platform-token") as platform, gateway.http("api-token") as phone:
        key = platform.get("/key").text
        platform.post("/calls", json=call())
        early = platform.post(f"/calls/{call()['id']}/close", json={})
        assert (early.status_code, early.json()["code"]) == (409, "gateway.not_over")
        gateway.platform.now = "2026-12-01T01:30:01.000Z"
        late = phone.post(f"/api/calls/{call()['id']}/answer", json={"accept": False})
        assert late.json()["code"] == "draws.call_over"
        file = platform.post(f"/calls/{call()['id']}/close", json={}).json()["answer"]
        assert verify_answer(file.encode(), key).outcome == "unanswered"
        assert platform.post(f"/calls/{call()['id']}/close", json={}).json()["answer"] == file
        assert platform.post(f"/calls/{'f' * 32}/close", json={}).status_code == 404


def test_it_remembers_after_a_restart(gateway: Running, tmp_path: Path) -> None:
    with gateway.http("platform-token") as platform:
        key = platform.get("/key").text
        platform.post("/calls", json=call())
        platform.post("/messages", json={"messages": [{"id": "a" * 32, "to": "139", "kind": "pin", "pin": "1"}]})
    gateway.child.kill()
    port = gateway.address.rsplit(":", 1)[1]
    arguments = ["gateway", "--folder", str(gateway.folder), "--port", port, "--platform", "http://127.0.0.1:9"]
    again = Child("gateway", arguments, {}, tmp_path / "again.log")
    try:
        again.wait_for(f"{gateway.address}/key")
        with gateway.http("api-token") as phone:
            assert phone.get("/key").text == key
            shown = phone.get("/api/phones").json()
            assert ([item["id"] for item in shown["calls"]], len(shown["messages"])) == ([call()["id"]], 1)
    finally:
        again.stop()


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_page_answers_only_its_own_form(gateway: Running, lang: str) -> None:
    with gateway.http("platform-token") as platform:
        platform.post("/calls", json=call())
        platform.post("/calls", json=call(2))
    with httpx.Client(base_url=gateway.address, headers={"accept-language": lang}) as page:
        shown = page.get("/")
        assert "script" not in shown.headers["content-security-policy"].replace("script-src 'self'", "")
        assert call()["to"] in shown.text
        token = re.search(r'name="_csrf" value="([0-9a-f]+)"', shown.text)
        assert token is not None
        where, good = f"/calls/{call()['id']}/answer", {"_csrf": token[1], "answer": "decline", "reason": "ill"}
        assert page.post(where, data={"answer": "decline"}).status_code == 403
        assert page.post(where, data=good, headers={"origin": "http://evil.example"}).status_code == 403
        assert page.get("/", headers={"host": "evil.example"}).status_code == 421
        assert page.post(f"/calls/{'e' * 32}/answer", data=good).status_code == 404
        assert page.post(where, data={**good, "reason": "bored"}).status_code == 409
        assert gateway.platform.taken == []
        assert page.post(where, data=good).status_code == 303
        assert json.loads(json.loads(gateway.platform.taken[0]["answer"])["record"])["reason"] == "ill"
        assert call()["to"] not in page.get("/", params={"to": call(2)["to"]}).text


def test_the_folder_is_its_owners_alone(gateway: Running) -> None:
    assert oct(gateway.folder.stat().st_mode & 0o777) == "0o700"
