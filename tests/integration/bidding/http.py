"""The lock-box over HTTP as people and programs reach it: the routes of this package behind the site's own guards."""

from pathlib import Path

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

import bidding.api
import bidding.nav
import bidding.pages
import trading.parties.api
from tests.factories import bidding as make
from tests.integration.bidding.conftest import Box
from trading.kernel.clock import system_now
from trading.kernel.db import request_session
from trading.kernel.identity import Actor
from trading.kernel.live import LiveHub
from trading.kernel.settings import DatabaseSettings, KeysSettings, ObjectsSettings, Settings, WebSettings
from trading.parties.authentication import SessionMiddleware
from trading.parties.services import make_token
from trading.web.guard import actor_of
from trading.web.plugin import SitePlugin
from trading.web.site import Site

ORIGIN = "http://platform.local"


def make_app(box: Box, *, base_url: str = ORIGIN) -> Litestar:
    async def actor(request: Request[object, object, State]) -> Actor:
        return actor_of(request)

    settings = Settings(
        database=DatabaseSettings(app=box.urls.app_dsn),
        objects=ObjectsSettings(endpoint="unused", access_key="unused", secret_key="unused"),
        keys=KeysSettings(folder=Path("unused"), passphrase="unused"),
        journal=make.JOURNAL,
        web=WebSettings(base_url=base_url, secret=make.SECRET),
    )
    site = Site(base_url=base_url, secret=make.SECRET, packages=("trading.web", "bidding"), nav=bidding.nav.ITEMS)
    return Litestar(
        route_handlers=[*bidding.pages.ROUTES, *bidding.api.ROUTES, *trading.parties.api.ROUTES],
        plugins=[SitePlugin(site)],
        middleware=[SessionMiddleware],
        dependencies={
            "session": Provide(request_session),
            "actor": Provide(actor),
            "objects": Provide(lambda: box.objects, sync_to_thread=False),
            "keys": Provide(lambda: make.KEYS, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
        },
        state=State({"database": box.database, "hub": LiveHub(box.database)}),
        openapi_config=None,
    )


async def bearer(session: AsyncSession, actor: Actor) -> str:
    """A program's token with every right the actor has."""
    signed_in = replace(actor, step_up_at=system_now())
    return (await make_token(session, signed_in, name="test", scopes=sorted(actor.roles))).secret
