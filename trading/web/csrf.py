"""No other site may act in a signed-in person's name (R41: no token or a foreign Origin → 403).

Double submit: a random secret in a cookie other sites can neither read nor set, and the same secret in the form field
`_csrf` or the header `x-csrf-token`. In pages it is masked afresh each time, so that compressed pages leak nothing;
a program may send the cookie's value itself. A request with `Authorization` carries no cookie's authority (the session
lookup must then ignore cookies) and is exempt.
"""

import secrets
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers.base import BaseRouteHandler

from trading.kernel.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "_csrf"
HEADER = "x-csrf-token"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_BYTES = 16


class CsrfRefused(Forbidden):
    """The request does not prove that it comes from our own page."""

    code = "web.csrf"


class ForeignOrigin(Forbidden):
    """The request was made by another site's page."""

    code = "web.foreign_origin"


def cookie_name(*, https: bool) -> str:
    """With `__Host-` no sibling domain can plant the cookie; browsers accept that only over TLS."""
    return "__Host-csrf" if https else "csrf"


def new_cookie(secret: str, *, https: bool) -> Cookie:
    """The cookie that carries the secret, for the browser session."""
    return Cookie(key=cookie_name(https=https), value=secret, path="/", httponly=True, secure=https, samesite="lax")


def new_secret() -> str:
    """A fresh secret."""
    return secrets.token_hex(_BYTES)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def mask(secret: str) -> str:
    """The secret as a page carries it: different every time."""
    pad = secrets.token_bytes(_BYTES)
    return (pad + _xor(pad, bytes.fromhex(secret))).hex()


def matches(token: str, secret: str) -> bool:
    """Whether a token, masked or bare, is this secret."""
    try:
        raw, wanted = bytes.fromhex(token), bytes.fromhex(secret)
    except ValueError:
        return False
    if len(raw) == 2 * _BYTES:
        raw = _xor(raw[:_BYTES], raw[_BYTES:])
    return len(wanted) == _BYTES and secrets.compare_digest(raw, wanted)


def _own_origin(request: Request[Any, Any, Any], base_url: str) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    netloc = urlsplit(origin).netloc
    return bool(netloc) and netloc in {request.headers.get("host"), urlsplit(base_url).netloc}


async def _sent_token(request: Request[Any, Any, Any]) -> str:
    token = request.headers.get(HEADER)
    if token is None and request.headers.get("content-type", "").startswith(FORM_TYPES):
        value = (await request.form()).get(FIELD)  # Litestar keeps the parsed form for the handler
        token = value if isinstance(value, str) else None
    return token or ""


class CsrfGuard:
    """App-level guard over every unsafe method."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.https = base_url.startswith("https:")

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Refuse what other sites could have sent."""
        if not isinstance(connection, Request) or connection.method in SAFE_METHODS:
            return
        if "authorization" in connection.headers:
            return
        if not _own_origin(connection, self.base_url):
            raise ForeignOrigin
        secret = connection.cookies.get(cookie_name(https=self.https), "")
        if not secret or not matches(await _sent_token(connection), secret):
            raise CsrfRefused
