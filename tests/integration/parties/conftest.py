"""The pages and API of people alone, served in process over a database of their own."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.response import ServerSentEvent

from portal.embedded.cluster import DatabaseUrls
from tests.factories.parties import PASSWORD, TOTP
from trading.kernel.db import Database, request_session
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.kernel.signing import PlatformKeys, make_keys
from trading.parties import api, nav, pages
from trading.parties.authentication import SessionMiddleware
from trading.parties.listening import listen
from trading.web.guard import actor_of
from trading.web.injected import WebRequest
from trading.web.plugin import SitePlugin
from trading.web.site import Site

ORIGIN = "http://platform.local"


@get("/today", opt=PUBLIC, sync_to_thread=False)
def today() -> str:
    return "today"


@get("/v1/for-trustees", opt=allow("trustee"), sync_to_thread=False)
def for_trustees() -> str:
    return "yes"


@get("/v1/for-officials", opt=allow("official"), sync_to_thread=False)
def for_officials() -> str:
    return "yes"


@get("/v1/live", opt=allow("official"))
async def live_page(request: WebRequest) -> ServerSentEvent:
    return listen(request, "test:live")


@get("/v1/live/public", opt=PUBLIC)
async def public_live_page(request: WebRequest) -> ServerSentEvent:
    return listen(request, "test:live")


class Browser(AsyncClient):
    """A person's browser without script: it keeps cookies, reads the token out of the page, follows no redirect."""

    def __init__(self, app: Litestar) -> None:
        transport = ASGITransport(app)  # type: ignore[arg-type]  # two spellings of the same ASGI types
        super().__init__(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})

    async def submit(self, page: str, /, *, to: str = "", **fields: str | list[str]) -> Response:
        """Open the page, fill in its form, send it."""
        shown = await self.get(page)
        token = re.search(r'name="_csrf" value="([0-9a-f]+)"', shown.text)
        assert token, f"{page} answered {shown.status_code} without a form"
        return await self.post(to or page, data={"_csrf": token[1], **fields})

    async def sign_in(self, login: str, *, totp: str = "", password: str = PASSWORD) -> Response:
        return await self.submit("/sign-in", login=login, password=password, totp=totp)


def totp_now(secret: str = TOTP) -> str:
    return pyotp.TOTP(secret).now()


@pytest.fixture(scope="session")
def platform_keys(tmp_path_factory: pytest.TempPathFactory) -> PlatformKeys:
    folder: Path = tmp_path_factory.mktemp("keys")
    make_keys(folder, "test passphrase")
    return PlatformKeys.load(folder, "test passphrase")


@pytest_asyncio.fixture(scope="module")
async def db(new_database: Callable[[], AbstractContextManager[DatabaseUrls]]) -> AsyncIterator[Database]:
    """One database for a module's tests that go over HTTP; each makes people of its own."""
    with new_database() as urls:
        database = Database(urls.app_dsn)
        yield database
        await database.close()


@pytest_asyncio.fixture(scope="module")
async def app(db: Database, platform_keys: PlatformKeys) -> Litestar:
    async def actor(request: Request[object, object, State]) -> Actor:
        return actor_of(request)

    site = Site(base_url=ORIGIN, secret="s" * 32, packages=("trading.web", "trading.parties"), nav=nav.ITEMS)
    return Litestar(
        route_handlers=[*pages.ROUTES, *api.ROUTES, today, for_trustees, for_officials, live_page, public_live_page],
        plugins=[SitePlugin(site)],
        middleware=[SessionMiddleware],
        dependencies={
            "session": Provide(request_session),
            "actor": Provide(actor),
            "keys": Provide(lambda: platform_keys, sync_to_thread=False),
        },
        state=State({"database": db}),
        openapi_config=None,
    )


@pytest_asyncio.fixture
async def visitor(app: Litestar) -> AsyncIterator[Browser]:
    async with Browser(app) as one:
        yield one


@pytest_asyncio.fixture
async def second_visitor(app: Litestar) -> AsyncIterator[Browser]:
    async with Browser(app) as one:
        yield one
