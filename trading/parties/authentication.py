"""Who makes this request: a session cookie, or a program's bearer token, looked up in the database every time.

A request with `Authorization` carries no cookie's authority, which is why CSRF protection may leave it alone.
"""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.types import ASGIApp, Receive, Scope, Send

from trading.kernel.db import Database
from trading.kernel.identity import ANONYMOUS, Actor
from trading.parties import reads, services
from trading.web.address import address_of
from trading.web.assets import PREFIX as ASSETS
from trading.web.site import site_of


def cookie_name(*, https: bool) -> str:
    """With `__Host-` no sibling domain can plant a session; browsers accept that only over TLS."""
    return "__Host-session" if https else "session"


def session_cookie(token: str, *, https: bool) -> Cookie:
    """The cookie that carries a session; it ends with the browser, and on the server after hours at most."""
    return Cookie(key=cookie_name(https=https), value=token, path="/", httponly=True, secure=https, samesite="lax")


def spent_cookie(*, https: bool) -> Cookie:
    """Takes the cookie away."""
    return Cookie(
        key=cookie_name(https=https), value="", path="/", max_age=0, httponly=True, secure=https, samesite="lax"
    )


async def throttled(request: Request[Any, Any, Any], *, purpose: str, key: str) -> None:
    """Count a guess before it is checked, and keep the count when the guess is wrong: a transaction of its own."""
    database: Database = request.app.state.database
    async with database.transaction() as session:
        await services.count_attempt(session, purpose=purpose, key=key, address=address_of(request))


class SessionMiddleware:
    """Sets `scope["user"]` to the `Actor`, anonymous if there is none."""

    def __init__(self, app: ASGIApp, **_: object) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look the actor up, then go on."""
        if scope["type"] in {"http", "websocket"}:
            scope["user"] = await _find(ASGIConnection(scope))
        await self.app(scope, receive, send)


async def _find(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":  # an upload's token is nobody's: submission must not show who submits
            return ANONYMOUS
        lookup = reads.actor_for_bearer
    else:
        token = connection.cookies.get(cookie_name(https=site_of(connection).https), "")
        lookup = reads.actor_for_session
    if not token or connection.scope["path"].startswith(ASSETS):
        return ANONYMOUS
    database: Database = connection.app.state.database
    async with database.transaction() as session:
        return await lookup(session, token) or ANONYMOUS
