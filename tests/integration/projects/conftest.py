"""Pages and API of projects, records and notices, served in process over a database and a store of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, AsyncExitStack

import msgspec
import pytest_asyncio
from litestar import Litestar

from portal.embedded.cluster import DatabaseUrls
from tests.factories.parties import PASSWORD, make_member, make_organisation
from tests.factories.site import make_settings, make_site
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import KeysSettings, ObjectsSettings, Settings
from trading.kernel.signing import PlatformKeys, make_keys
from trading.kernel.tasks import Resources
from trading.parties.types import Organisation

Enter = Callable[..., Awaitable[Browser]]


class Platform(msgspec.Struct, frozen=True):
    """What a test of pages has: the application, its parts, and the trading centre."""

    app: Litestar
    database: Database
    objects: ObjectStore
    settings: Settings
    resources: Resources
    centre: Organisation


@pytest_asyncio.fixture(scope="module")
async def platform(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    tmp_path_factory: object,
) -> AsyncIterator[Platform]:
    folder = tmp_path_factory.mktemp("keys")  # type: ignore[attr-defined]
    make_keys(folder, "test passphrase")
    with new_database() as urls:
        settings = make_settings(urls.app_dsn, object_settings, KeysSettings(folder, "test passphrase"))
        resources = Resources(settings, keys=PlatformKeys.load(folder, "test passphrase"))
        async with resources.database.transaction() as session:
            centre = await make_organisation(session, kind="centre")
            await make_member(session, "official", org=centre)
        app = make_site(resources.database, resources.objects, settings, resources.keys)
        yield Platform(app, resources.database, resources.objects, settings, resources, centre)
        await resources.database.close()


@pytest_asyncio.fixture
async def enter(platform: Platform) -> AsyncIterator[Enter]:
    """`await enter("tenderer")`: a new person of that role, signed in; `await enter()`: a visitor."""
    async with AsyncExitStack() as stack:

        async def come(*roles: str, org: Organisation | None = None) -> Browser:
            browser = await stack.enter_async_context(Browser(platform.app))
            if not roles:
                return browser
            async with platform.database.transaction() as session:
                where = org or (platform.centre if "official" in roles else None)
                member = await make_member(session, *roles, org=where)
            totp = totp_now(member.totp_secret) if member.totp_secret else ""
            answer = await browser.sign_in(member.login, totp=totp, password=PASSWORD)
            assert answer.status_code == 303, answer.text
            return browser

        yield come
