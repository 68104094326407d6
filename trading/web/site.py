"""The assembled site: words, templates, files and menu, made once by `portal` and plugged in with `SitePlugin`."""

from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from litestar.connection import ASGIConnection

from trading.kernel.clock import system_now
from trading.web.assets import STATIC_DIR, Assets
from trading.web.i18n import LOCALE_DIR, Words
from trading.web.nav import NavItem
from trading.web.streams import Streams
from trading.web.templating import Templates

Network = IPv4Network | IPv6Network
STATE_KEY = "web_site"


class Site:
    """What every response needs and no request changes.

    `packages` are those with a `templates` folder. `banner` names a template shown above every page (the demonstration
    clock). `clock` tells platform time without a query, for showing only: the countdown starts from it.
    `trusted_proxies` may say in `X-Forwarded-For` whom they speak for; nobody else is believed.
    `most_streams` live pages may stand open from one address in each process.
    `strict` makes a missing word an error: tests and demonstrations say True, production shows the key and logs.
    """

    def __init__(
        self,
        *,
        base_url: str,
        secret: str,
        packages: tuple[str, ...] = ("trading.web",),
        nav: tuple[NavItem, ...] = (),
        strict: bool = True,
        banner: str | None = None,
        clock: Callable[[], datetime] = system_now,
        sign_in: str = "/sign-in",
        sign_out: str = "/sign-out",
        home: str = "/today",
        locale_dir: Path = LOCALE_DIR,
        static_dir: Path = STATIC_DIR,
        trusted_proxies: tuple[Network, ...] = (),
        most_streams: int = 60,
    ) -> None:
        if len(secret) < 32:
            raise ValueError("the web secret must have at least 32 characters")
        self.base_url = base_url
        self.https = base_url.startswith("https:")
        self.secret = secret
        self.nav = nav
        self.trusted_proxies = trusted_proxies
        self.streams = Streams(most_streams)
        self.banner = banner
        self.clock = clock
        self.sign_in = sign_in
        self.sign_out = sign_out
        self.home = home
        self.words = Words(strict=strict, folder=locale_dir)
        self.assets = Assets(static_dir)
        self.templates = Templates(packages, self.words, self.assets)


def site_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Site:
    """The site this request came to."""
    site = connection.app.state[STATE_KEY]
    assert isinstance(site, Site)
    return site
