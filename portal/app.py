"""The web application: every package's routes, one guard, one error mapper, one transaction a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import archive.api
import archive.nav
import archive.pages
import bidding.api
import bidding.nav
import bidding.opening.api
import bidding.opening.pages
import bidding.pages
import experts.api
import experts.evaluation.api
import experts.evaluation.pages
import experts.nav
import experts.pages
import notices.api
import notices.nav
import notices.ocds.api
import notices.ocds.pages
import notices.pages
import notices.results.pages
import portal.api
import portal.nav
import portal.pages
import supervision.api
import supervision.nav
import supervision.pages
import trading.awards.api
import trading.awards.nav
import trading.awards.pages
import trading.funds.api
import trading.funds.nav
import trading.funds.pages
import trading.parties.api
import trading.parties.nav
import trading.parties.pages
import trading.projects.api
import trading.projects.nav
import trading.projects.pages
import trading.records.api
import trading.records.pages
import trading.schedule.api
import trading.schedule.nav
import trading.schedule.pages
from portal.demo import routes as demo_routes
from portal.platform_clock import PlatformClock
from trading.kernel.db import request_session
from trading.kernel.errors import StartupRefused
from trading.kernel.identity import PUBLIC, Actor
from trading.kernel.live import LiveHub
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import Settings
from trading.kernel.signing import PlatformKeys
from trading.kernel.tasks import Resources
from trading.parties.authentication import SessionMiddleware
from trading.web.address import networks
from trading.web.guard import actor_of
from trading.web.plugin import SitePlugin
from trading.web.site import Site

PACKAGES = (
    "trading.web",
    "trading.parties",
    "trading.projects",
    "trading.schedule",
    "trading.records",
    "trading.funds",
    "trading.awards",
    "notices",
    "bidding",
    "experts",
    "archive",
    "supervision",
    "portal",
)
_MODULES = (
    portal.pages,
    portal.api,
    trading.parties.pages,
    trading.parties.api,
    trading.projects.pages,
    trading.projects.api,
    trading.records.api,
    trading.records.pages,
    trading.schedule.pages,
    trading.schedule.api,
    trading.funds.pages,
    trading.funds.api,
    trading.awards.pages,
    trading.awards.api,
    notices.pages,
    notices.api,
    notices.results.pages,
    notices.ocds.pages,
    notices.ocds.api,
    bidding.pages,
    bidding.api,
    bidding.opening.pages,
    bidding.opening.api,
    experts.pages,
    experts.api,
    experts.evaluation.pages,
    experts.evaluation.api,
    archive.pages,
    archive.api,
    supervision.pages,
    supervision.api,
)
_NAV = (
    *portal.nav.ITEMS,
    *trading.parties.nav.ITEMS,
    *trading.projects.nav.ITEMS,
    *trading.schedule.nav.ITEMS,
    *trading.funds.nav.ITEMS,
    *trading.awards.nav.ITEMS,
    *notices.nav.ITEMS,
    *bidding.nav.ITEMS,
    *experts.nav.ITEMS,
    *archive.nav.ITEMS,
    *supervision.nav.ITEMS,
)


MOST_BODY = 512 * 1024
"""What anyone may send; a route that takes more (documents, blocks, batches) says so itself."""


async def check_origin(session: AsyncSession, settings: Settings) -> None:
    """A database belongs to one journal origin for ever; demonstration and real never mix."""
    await session.execute(
        text("INSERT INTO platform_facts (name, value) VALUES ('journal_origin', :origin) ON CONFLICT DO NOTHING"),
        {"origin": settings.journal.origin},
    )
    stored = (
        await session.execute(text("SELECT value FROM platform_facts WHERE name = 'journal_origin'"))
    ).scalar_one()
    demonstration = bool((await session.execute(text("SELECT to_regclass('demo_clock') IS NOT NULL"))).scalar_one())
    if stored != settings.journal.origin:
        raise StartupRefused(f"this database belongs to the journal {stored!r}, not {settings.journal.origin!r}")
    if not demonstration == settings.web.demo == stored.startswith("demo/"):
        raise StartupRefused(
            "demonstration database, TRADING_DEMO and a demo/ journal origin go together or not at all"
        )


def create_app(settings: Settings, resources: Resources | None = None) -> Litestar:
    """The application for these settings; `resources` lets a test share what it made."""
    held = resources or Resources(settings)
    hub = LiveHub(held.database)
    clock = PlatformClock(held.database, moves=settings.web.demo)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            await held.database.refuse_strong_login()
            async with held.database.transaction() as session:
                await check_origin(session, settings)
            await held.objects.ensure_bucket()
            await hub.start()
            await clock.start()
            yield
        finally:
            await clock.stop()
            await hub.stop()
            await held.database.close()

    async def actor(request: Request[object, object, State]) -> Actor:
        return actor_of(request)

    def objects() -> ObjectStore:
        return held.objects

    def keys() -> PlatformKeys:
        return held.keys

    def current_settings() -> Settings:
        return held.settings

    handlers = [handler for module in _MODULES for handler in module.ROUTES]
    if settings.web.demo:
        handlers += demo_routes.ROUTES
    site = Site(
        base_url=settings.web.base_url,
        secret=settings.web.secret,
        packages=PACKAGES,
        nav=_NAV,
        banner="portal/demo_banner.html" if settings.web.demo else None,
        clock=clock.now,
        trusted_proxies=networks(settings.web.trusted_proxies),
    )
    return Litestar(
        route_handlers=handlers,
        plugins=[SitePlugin(site)],
        middleware=[SessionMiddleware],
        dependencies={
            "session": Provide(request_session),
            "actor": Provide(actor),
            "objects": Provide(objects, sync_to_thread=False),
            "keys": Provide(keys, sync_to_thread=False),
            "settings": Provide(current_settings, sync_to_thread=False),
        },
        lifespan=[lifespan],
        state=State({"database": held.database, "hub": hub, "clock": clock}),
        openapi_config=OpenAPIConfig(
            title="Public resource trading platform",
            version="1",
            render_plugins=[JsonRenderPlugin()],
            openapi_router=Router("/v1/openapi", route_handlers=[], opt=PUBLIC),
        ),
        request_max_body_size=MOST_BODY,
    )
