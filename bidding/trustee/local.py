"""The local page's own protection: who on this machine may drive the program.

It listens on 127.0.0.1 alone, yet any web page the trustee visits can send requests there, and a name that resolves to
127.0.0.1 makes them same-origin (DNS rebinding): so the Host header must be ours, the Origin too. Cookies know no
ports, so whatever else serves on this machine would be sent the session's cookie; it therefore hangs below a path that
nobody can guess (the *door*), made anew at each unlocking. Programs use a token from the folder instead.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from bidding.trustee.errors import ApiForbidden, PageStale
from trading.web import csrf
from trading.web.csp import HEADERS

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""The page has no script at all."""
IDLE_SECONDS = 30 * 60
_HEADERS = tuple(
    (name, CONTENT_SECURITY_POLICY.encode() if name == b"content-security-policy" else value) for name, value in HEADERS
)


@dataclass
class Session:
    """A page that was unlocked with the passphrase."""

    door: str
    token: str
    csrf: str
    used: float

    @property
    def base(self) -> str:
        """Where its pages live."""
        return f"/{self.door}"


class Sessions:
    """Open pages; in memory only, so a restart asks for the passphrase again."""

    def __init__(self, port: int) -> None:
        self.cookie_name = f"trustee_{port}"
        self.gate = csrf.new_secret()
        self._open: dict[str, Session] = {}

    def start(self) -> Session:
        """After the right passphrase."""
        session = Session(secrets.token_hex(16), secrets.token_hex(32), csrf.new_secret(), monotonic())
        self._open = {door: item for door, item in self._open.items() if not _idle(item)}
        self._open[session.door] = session
        return session

    def end_all(self) -> None:
        """The keys were locked."""
        self._open.clear()

    def cookie(self, session: Session) -> Cookie:
        """Sent back only below the door."""
        return Cookie(
            key=self.cookie_name, value=session.token, path=session.base, httponly=True, samesite="strict", secure=False
        )

    def find(self, request: Request[Any, Any, Any], door: str) -> Session | None:
        """The session behind a door, if this browser opened it and was not away too long."""
        session = self._open.get(door)
        token = request.cookies.get(self.cookie_name, "")
        if session is None or not hmac.compare_digest(token.encode(), session.token.encode()):
            return None
        if _idle(session):
            del self._open[door]
            return None
        session.used = monotonic()
        return session


def _idle(session: Session) -> bool:
    return monotonic() - session.used > IDLE_SECONDS


async def check_form(request: Request[Any, Any, Any], secret: str) -> dict[str, str]:
    """The fields of a form that this program handed out; anything else is refused."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise PageStale
    origin = request.headers.get("origin")
    if origin not in {None, f"http://{request.headers.get('host')}"}:
        raise PageStale
    if not request.headers.get("content-type", "").startswith(csrf.FORM_TYPES[0]):
        raise PageStale
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    if not csrf.matches(fields.pop(csrf.FIELD, ""), secret):
        raise PageStale
    return fields


def check_api(request: Request[Any, Any, Any], token: str) -> None:
    """Refuses a call without the token of this start; cookies count for nothing here."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    given, wanted = sha256(sent.encode()).digest(), sha256(token.encode()).digest()
    if scheme.lower() != "bearer" or not hmac.compare_digest(given, wanted):
        raise ApiForbidden


class HostGuard:
    """Answers only to its own names, and gives every answer its security headers."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._names = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse another host's name before anything is looked at."""
        if scope["type"] != ScopeType.HTTP:
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(pair for pair in _HEADERS if pair[0] not in present)]
            await send(message)

        if len(hosts) != 1 or hosts[0] not in self._names:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await guarded({"type": "http.response.start", "status": 421, "headers": headers})
            await guarded({"type": "http.response.body", "body": b"another host\n", "more_body": False})
            return
        await self._app(scope, receive, guarded)
