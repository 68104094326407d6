"""The web application of people, projects, records, rooms and notices alone, over a test's own database and store."""

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide

import notices.api
import notices.nav
import notices.pages
import trading.parties.nav
import trading.parties.pages
import trading.projects.api
import trading.projects.nav
import trading.projects.pages
import trading.records.api
import trading.schedule.api
import trading.schedule.nav
import trading.schedule.pages
from trading.kernel.db import Database, request_session
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import (
    DatabaseSettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
)
from trading.kernel.signing import PlatformKeys
from trading.parties.authentication import SessionMiddleware
from trading.web.guard import actor_of
from trading.web.plugin import SitePlugin
from trading.web.site import Site

ORIGIN = "http://platform.local"
SECRET = "s" * 32


def make_settings(database: str, objects: ObjectsSettings, keys: KeysSettings) -> Settings:
    return Settings(
        database=DatabaseSettings(app=database),
        objects=objects,
        keys=keys,
        journal=JournalSettings(origin="test.example/journal", slot_seconds=3600),
        web=WebSettings(base_url=ORIGIN, secret=SECRET),
    )


def make_site(database: Database, objects: ObjectStore, settings: Settings, keys: PlatformKeys) -> Litestar:
    async def actor(request: Request[object, object, State]) -> Actor:
        return actor_of(request)

    site = Site(
        base_url=ORIGIN,
        secret=SECRET,
        packages=("trading.web", "trading.parties", "trading.projects", "trading.schedule", "notices"),
        nav=(
            *trading.parties.nav.ITEMS,
            *trading.projects.nav.ITEMS,
            *trading.schedule.nav.ITEMS,
            *notices.nav.ITEMS,
        ),
    )
    modules = (
        trading.parties.pages,
        trading.projects.pages,
        trading.projects.api,
        trading.records.api,
        trading.schedule.pages,
        trading.schedule.api,
        notices.pages,
        notices.api,
    )
    return Litestar(
        route_handlers=[handler for module in modules for handler in module.ROUTES],
        plugins=[SitePlugin(site)],
        middleware=[SessionMiddleware],
        dependencies={
            "session": Provide(request_session),
            "actor": Provide(actor),
            "objects": Provide(lambda: objects, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "keys": Provide(lambda: keys, sync_to_thread=False),
        },
        state=State({"database": database}),
        openapi_config=None,
        request_max_body_size=64 * 1024 * 1024,
    )
