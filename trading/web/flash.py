"""A message shown once on the next page ("the project is registered"), carried by a signed cookie: no store."""

import base64
import hashlib
import hmac
from typing import Literal

import msgspec
from litestar.datastructures import Cookie

COOKIE = "flash"
Kind = Literal["done", "notice", "warning"]
_LIFE = 300
_MAX = 3000  # a cookie holds 4096 bytes; a longer message is cut at its params, never the page
_CONTEXT = b"trading.web.flash\x00"


class Flash(msgspec.Struct, frozen=True):
    """A message key with its params."""

    key: str
    kind: Kind = "done"
    params: dict[str, str | int] = {}


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), _CONTEXT + body, hashlib.sha256)[:16]


def cookie(flash: Flash, secret: str, *, https: bool) -> Cookie:
    """The cookie that carries it to the next page."""
    body = msgspec.json.encode(flash)
    if len(body) > _MAX:
        raise ValueError("a flash message is one sentence; this one does not fit a cookie")
    value = base64.urlsafe_b64encode(_mac(secret, body) + body).decode()
    return Cookie(key=COOKIE, value=value, path="/", max_age=_LIFE, httponly=True, secure=https, samesite="lax")


def read(value: str | None, secret: str) -> Flash | None:
    """The message in a cookie; None if there is none or it is not ours."""
    if not value:
        return None
    try:
        raw = base64.urlsafe_b64decode(value)
        mac, body = raw[:16], raw[16:]
        return msgspec.json.decode(body, type=Flash) if hmac.compare_digest(mac, _mac(secret, body)) else None
    except ValueError:
        return None


def spent() -> Cookie:
    """Takes the cookie away."""
    return Cookie(key=COOKIE, value="", path="/", max_age=0, httponly=True, samesite="lax")
