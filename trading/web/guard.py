"""The one gate before every handler: a route says in `opt` whom it admits; a route that says nothing admits nobody.

The authentication middleware of `trading.parties` puts the `Actor` into the connection's scope as `user`; without it
the visitor is anonymous. Ownership of a thing (is this lot mine?) is the service's question, not the gate's.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from trading.kernel.errors import Forbidden, Unauthenticated
from trading.kernel.identity import ANONYMOUS, Actor, Permit


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Who makes this request; anonymous until the authentication middleware has said otherwise."""
    user = connection.scope.get("user")
    return user if isinstance(user, Actor) else ANONYMOUS


async def permit_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """App-level guard, deny by default."""
    permit = handler.opt.get("permit")
    actor = actor_of(connection)
    if isinstance(permit, Permit) and permit.admits(actor):
        return
    if not actor.signed_in:
        raise Unauthenticated
    raise Forbidden
