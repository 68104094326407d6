"""R51: what ends a session ends its open live pages within five seconds; one address keeps only so many of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from litestar import Litestar

from tests.factories.parties import PASSWORD, SETUP, TOTP, make_member
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.db import Database
from trading.kernel.live import LiveHub, publish
from trading.parties import services
from trading.parties.types import Enrolled
from trading.web.site import STATE_KEY, Site

WITHIN = 5.0
End = Callable[[Database, Enrolled, Browser], Awaitable[Any]]


@pytest_asyncio.fixture(autouse=True)
async def hub(app: Litestar, db: Database) -> AsyncIterator[LiveHub]:
    app.state.hub = LiveHub(db)
    await app.state.hub.start()
    yield app.state.hub
    await app.state.hub.stop()


class Listening:
    """A live page as the server feeds it, read piece by piece."""

    def __init__(self, app: Litestar, path: str, headers: dict[str, str]) -> None:
        self.status, self.text, self.over = 0, "", asyncio.Event()
        self.begun, self._gone, self._asked = asyncio.Event(), asyncio.Event(), False
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "query_string": b"",
            "raw_path": path.encode(), "root_path": "", "client": ("198.51.100.7", 1), "server": ("platform.local", 80),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "asgi": {"version": "3.0"},
        }  # fmt: skip
        self._task = asyncio.create_task(app(scope, self._receive, self._send))  # type: ignore[arg-type]

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message["body"].decode()
            self.begun.set()
            if not message.get("more_body"):
                self.over.set()

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, WITHIN)


@pytest_asyncio.fixture
async def listen(app: Litestar) -> AsyncIterator[Callable[..., Awaitable[Listening]]]:
    opened: list[Listening] = []

    async def begin(path: str, browser: Browser | None = None, bearer: str = "") -> Listening:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        if browser is not None:
            headers["cookie"] = f"session={browser.cookies['session']}"
        opened.append(Listening(app, path, headers))
        await asyncio.wait_for(opened[-1].begun.wait(), WITHIN)
        return opened[-1]

    yield begin
    for listening in opened:
        await listening.leave()


async def official(db: Database, browser: Browser) -> Enrolled:
    async with db.transaction() as session:
        who = await make_member(session, "official", totp_secret=TOTP)
    assert (await browser.sign_in(who.login, totp=totp_now())).status_code == 303
    return who


@asynccontextmanager
async def within_five_seconds(listening: Listening) -> AsyncIterator[None]:
    assert listening.status == 200
    assert not listening.over.is_set()
    start = time.monotonic()
    yield
    await asyncio.wait_for(listening.over.wait(), WITHIN - (time.monotonic() - start))


async def sign_out(db: Database, who: Enrolled, browser: Browser) -> None:
    assert (await browser.submit("/me", to="/sign-out")).status_code == 303


async def sign_out_everywhere(db: Database, who: Enrolled, browser: Browser) -> None:
    assert (await browser.submit("/me/sessions/end")).status_code == 303


async def disable(db: Database, who: Enrolled, browser: Browser) -> None:
    async with db.transaction() as session:
        await services.disable_account(session, SETUP, account_id=who.account_id)


async def end_membership(db: Database, who: Enrolled, browser: Browser) -> None:
    async with db.transaction() as session:
        await services.end_membership(session, SETUP, membership_id=who.membership_id)


async def reset_second_factor(db: Database, who: Enrolled, browser: Browser) -> None:
    async with db.transaction() as session:
        await services.reset_second_factor(session, SETUP, account_id=who.account_id)


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/v1/live", sign_out),
        ("/v1/live", sign_out_everywhere),
        ("/v1/live", disable),
        ("/v1/live", end_membership),
        ("/v1/live", reset_second_factor),
        ("/v1/live/public", sign_out),
    ],
)
async def test_r51_an_open_stream_ends_with_the_right_to_it(
    db: Database, visitor: Browser, listen: Callable[..., Awaitable[Listening]], path: str, end: End
) -> None:
    who = await official(db, visitor)
    stream = await listen(path, visitor)
    async with within_five_seconds(stream):
        await end(db, who, visitor)


async def test_r51_a_new_password_ends_the_streams_of_other_browsers_and_no_others(
    db: Database, visitor: Browser, second_visitor: Browser, listen: Callable[..., Awaitable[Listening]]
) -> None:
    async with db.transaction() as session:
        who = await make_member(session, "bidder")
    await visitor.sign_in(who.login)
    await second_visitor.sign_in(who.login)
    here, there = await listen("/v1/live/public", visitor), await listen("/v1/live/public", second_visitor)
    nobody = await listen("/v1/live/public")
    new = "another horse 43"
    async with within_five_seconds(there):
        await visitor.submit("/me/password", current=PASSWORD, password=new, again=new)
    assert not here.over.is_set()
    assert not nobody.over.is_set()


async def test_r51_events_without_pause_do_not_keep_an_ended_session_listening(
    db: Database, visitor: Browser, listen: Callable[..., Awaitable[Listening]]
) -> None:
    await official(db, visitor)
    stream = await listen("/v1/live", visitor)

    async def talk() -> None:
        while not stream.over.is_set():
            async with db.transaction() as session:
                await publish(session, "test:live", "said", {})
            await asyncio.sleep(0.05)

    talking = asyncio.create_task(talk())
    await asyncio.sleep(0.5)
    assert "event: said" in stream.text
    async with within_five_seconds(stream):
        await visitor.submit("/me", to="/sign-out")
    await talking


async def test_r51_a_programs_stream_ends_with_its_token(
    db: Database, visitor: Browser, listen: Callable[..., Awaitable[Listening]]
) -> None:
    await official(db, visitor)
    made = await visitor.submit("/me/tokens/new", name="board", scopes="official")
    secret = made.text.split("tpt_")[1].split("<")[0]
    stream = await listen("/v1/live", bearer=f"tpt_{secret}")
    token = (await visitor.get("/me")).text.split("/me/tokens/")[1].split("/end")[0]
    async with within_five_seconds(stream):
        assert (await visitor.submit(f"/me/tokens/{token}/end")).status_code == 303


async def test_one_address_keeps_only_so_many_pages_open(
    app: Litestar, listen: Callable[..., Awaitable[Listening]], monkeypatch: pytest.MonkeyPatch
) -> None:
    site: Site = app.state[STATE_KEY]
    monkeypatch.setattr(site.streams, "most", 3)
    opened = [await listen("/v1/live/public") for _ in range(3)]
    refused = await listen("/v1/live/public")
    assert (refused.status, "web.too_many_streams" in refused.text) == (429, True)
    await opened[0].leave()
    assert (await listen("/v1/live/public")).status == 200
    assert len(site.streams) == 3


async def test_when_everybody_has_left_nothing_is_kept(
    app: Litestar, hub: LiveHub, listen: Callable[..., Awaitable[Listening]]
) -> None:
    stream = await listen("/v1/live/public")
    await stream.leave()
    site: Site = app.state[STATE_KEY]
    assert (len(site.streams), hub._viewers) == (0, {})
