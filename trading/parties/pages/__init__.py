"""Pages about oneself and about everybody: signing in, my account, the administrator's lists."""

from litestar.types import ControllerRouterHandler

from trading.parties.pages import (
    admin_credentials,
    admin_organisations,
    admin_people,
    credentials,
    invitations,
    me,
    signing_in,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *signing_in.ROUTES,
    *me.ROUTES,
    *credentials.ROUTES,
    *invitations.ROUTES,
    *admin_organisations.ROUTES,
    *admin_people.ROUTES,
    *admin_credentials.ROUTES,
)
