"""Plugs the site into Litestar.

    site = Site(base_url=…, secret=…, packages=("trading.web", "trading.parties", …), nav=(*parties.ITEMS, …))
    Litestar(route_handlers=[…], plugins=[SitePlugin(site)], …)

It adds the permit guard and the CSRF guard before every handler, the error mapper, the security headers, `/assets/…`
and `/lang/…`. The authentication middleware (it sets `scope["user"]`) and the dependencies `session` and `actor` are
portal's.
"""

from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin

from trading.web.csp import SecurityHeaders
from trading.web.csrf import CsrfGuard
from trading.web.errors import handle
from trading.web.guard import permit_guard
from trading.web.routes import ROUTES
from trading.web.site import STATE_KEY, Site


class SitePlugin(InitPlugin):
    """Everything of `trading.web` an application needs, in one line."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Called by Litestar before routes are built."""
        app_config.state[STATE_KEY] = self.site
        app_config.guards = [permit_guard, CsrfGuard(self.site.base_url), *app_config.guards]
        app_config.exception_handlers = {Exception: handle, **app_config.exception_handlers}
        app_config.before_send = [SecurityHeaders(https=self.site.https), *app_config.before_send]
        app_config.route_handlers = [*ROUTES, *app_config.route_handlers]
        return app_config
