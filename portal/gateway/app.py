"""The gateway as an ASGI application: for the platform with its token, for whoever holds a telephone on the local page.

It listens on 127.0.0.1 alone. The page changes something only by a form this program handed out, and only under its own
name, so that no other page that is open in the browser can answer a call.
"""

import asyncio
import hmac
import signal
from datetime import UTC, datetime
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.enums import ScopeType
from litestar.params import FromPath
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from experts.answers import REASONS
from portal.gateway.book import Book, Call, Refusal
from trading.kernel.clock import parse_rfc3339
from trading.web import csrf
from trading.web.assets import PREFIX, Assets
from trading.web.csp import HEADERS
from trading.web.formats import time_element
from trading.web.i18n import COOKIE, LANGUAGES, Words, language_of
from trading.web.templating import Rendering, Templates, rendering

HOST = "127.0.0.1"
PLATFORM_TOKEN, PHONE_TOKEN = "platform-token", "api-token"  # names of files
_HTML = "text/html; charset=utf-8"
_SHOWN = 30
_A_YEAR = 365 * 86_400
_LARGEST = 4 * 1024 * 1024
LocalRequest = Request[Any, Any, Any]


class Site:
    """Everything a handler needs; one a process."""

    def __init__(self, book: Book) -> None:
        self.book, self.words, self.assets = book, Words(strict=False), Assets()
        self.secret = csrf.new_secret()
        self._templates = Templates(("trading.web", "portal.gateway"), self.words, self.assets)
        for lang in LANGUAGES:
            environment = self._templates.environment(lang)
            environment.filters["instant"] = lambda text, lang=lang: time_element(parse_rfc3339(text), lang)
            environment.globals["languages"] = LANGUAGES

    def page(self, request: LocalRequest, *, refusal: Refusal | None = None, status: int = 200) -> Response[bytes]:
        """Calls and messages of the telephone asked for, newest first."""
        lang, to = language_of(request), request.query_params.get("to", "").strip()
        calls = [call for call in reversed(self.book.calls.values()) if to in call.to]
        messages = [message for message in reversed(self.book.messages.values()) if to in message.to]
        with rendering(Rendering(lambda: csrf.mask(self.secret), request.url.path, ())):
            html = self._templates.render(
                lang,
                "gateway/phones.html",
                {
                    "now": datetime.now(UTC),
                    "to": to,
                    "waiting": [call for call in calls if call.state == "waiting"],
                    "over": [call for call in calls if call.state != "waiting"][:_SHOWN],
                    "messages": messages[:_SHOWN],
                    "more": max(0, len(messages) - _SHOWN),
                    "reasons": REASONS,
                    "refusal": refusal,
                    "public": self.book.public,
                },
            ).encode()
        return Response(html, status_code=status, media_type=_HTML, headers={"content-language": lang})


def _site(request: LocalRequest) -> Site:
    site = request.app.state["gateway"]
    assert isinstance(site, Site)
    return site


def _admitted(request: LocalRequest, token_file: str) -> Book | None:
    book = _site(request).book
    _, _, sent = request.headers.get("authorization", "").partition(" ")
    return book if hmac.compare_digest(sent.encode(), book.secret(token_file).encode()) else None


_NOBODY = Response(b"", status_code=401)


@get("/key", sync_to_thread=False)
def key(request: LocalRequest) -> Response[str]:
    """The public key that signs every outcome."""
    return Response(_site(request).book.public, media_type="text/plain")


@post("/messages", status_code=200)
async def messages(request: LocalRequest) -> Response[Any]:
    """Texts from the platform."""
    book = _admitted(request, PLATFORM_TOKEN)
    if book is None:
        return _NOBODY
    body = await request.json()
    await asyncio.to_thread(book.take_messages, body["messages"])
    return Response({})


@post("/calls", status_code=200)
async def calls(request: LocalRequest) -> Response[Any]:
    """A call from the platform."""
    book = _admitted(request, PLATFORM_TOKEN)
    if book is None:
        return _NOBODY
    call = await asyncio.to_thread(book.take_call, await request.json())
    return Response({"called_at": call.called_at, "ends_at": call.ends_at})


@post("/calls/{call_id:str}/close", status_code=200)
async def close(request: LocalRequest, call_id: FromPath[str]) -> Response[Any]:
    """The platform asks what became of a call whose window is over."""
    book = _admitted(request, PLATFORM_TOKEN)
    if book is None:
        return _NOBODY
    if call_id not in book.calls:
        return Response({}, status_code=404)
    try:
        call = await asyncio.to_thread(book.close, call_id)
    except Refusal as refusal:
        return Response({"code": refusal.code}, status_code=409)
    return Response({"answer": call.answer, "pin": call.pin, "salt": call.salt})


@get("/api/phones")
async def phones(request: LocalRequest) -> Response[Any]:
    """What arrived on every telephone, for programs that play the people called."""
    book = _admitted(request, PHONE_TOKEN)
    if book is None:
        return _NOBODY
    shown = [{"id": m.id, "to": m.to, "kind": m.kind, **m.values} for m in book.messages.values()]
    return Response({"messages": shown, "calls": [_shown(call) for call in book.calls.values()]})


@post("/api/calls/{call_id:str}/answer", status_code=200)
async def answer_by_program(request: LocalRequest, call_id: FromPath[str]) -> Response[Any]:
    """The same as the page's form."""
    book = _admitted(request, PHONE_TOKEN)
    if book is None:
        return _NOBODY
    body = await request.json()
    try:
        call = await asyncio.to_thread(
            book.reply,
            call_id,
            accept=body["accept"],
            pin=body.get("pin", ""),
            reason=body.get("reason", "other"),
        )
    except Refusal as refusal:
        return Response({"code": refusal.code}, status_code=409)
    return Response(_shown(call))


@get("/")
async def show(request: LocalRequest) -> Response[bytes]:
    """Telephones."""
    return _site(request).page(request)


@post("/calls/{call_id:str}/answer")
async def answer(request: LocalRequest, call_id: FromPath[str]) -> Response[bytes]:
    """The person called answers on the page."""
    site = _site(request)
    form = await request.form()
    origin = request.headers.get("origin")
    foreign = origin not in {None, f"http://{request.headers.get('host')}"}
    if foreign or not csrf.matches(str(form.get(csrf.FIELD, "")), site.secret):
        return site.page(request, refusal=Refusal("gateway.page_stale"), status=403)
    if call_id not in site.book.calls:
        return site.page(request, refusal=Refusal("draws.call_unknown"), status=404)
    try:
        await asyncio.to_thread(
            site.book.reply,
            call_id,
            accept=form.get("answer") == "accept",
            pin=str(form.get("pin", "")).strip(),
            reason=str(form.get("reason", "other")),
        )
    except Refusal as refusal:
        return site.page(request, refusal=refusal, status=409)
    return Response(b"", status_code=303, headers={"location": "/"})


@get("/lang/{code:str}", sync_to_thread=False)
def language(code: FromPath[str]) -> Response[bytes]:
    """Choose the language."""
    chosen = code if code in LANGUAGES else next(iter(LANGUAGES))
    cookie = Cookie(key=COOKIE, value=chosen, path="/", max_age=_A_YEAR, httponly=True, samesite="lax")
    return Response(b"", status_code=303, headers={"location": "/"}, cookies=[cookie])


@get(PREFIX + "{name:str}", sync_to_thread=False)
def asset(request: LocalRequest, name: FromPath[str]) -> Response[bytes]:
    """The platform's style sheet and icon."""
    found = _site(request).assets.get(name)
    if found is None:
        return Response(b"", status_code=404)
    return Response(found.body, media_type=found.media_type, headers={"cache-control": "private, max-age=86400"})


def _shown(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "to": call.to,
        "draw": call.draw,
        "state": call.state,
        "specialty": call.specialty,
        "position": call.position,
        "ends_at": call.ends_at,
    }


class OwnNames:
    """Answers only to its own names (DNS rebinding), and gives every answer its security headers."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app, self._names = app, {f"{name}:{port}".encode() for name in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse another host's name before anything is looked at."""
        if scope["type"] != ScopeType.HTTP:
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(pair for pair in HEADERS if pair[0] not in present)]
            await send(message)

        if [value for name, value in scope["headers"] if name == b"host"][:1] not in ([name] for name in self._names):
            await guarded({"type": "http.response.start", "status": 421, "headers": []})
            await guarded({"type": "http.response.body", "body": b"another host\n", "more_body": False})
            return
        await self._app(scope, receive, guarded)


ROUTES = (key, messages, calls, close, phones, answer_by_program, show, answer, language, asset)


def create_app(book: Book, port: int) -> OwnNames:
    """The application."""
    book.secret(PLATFORM_TOKEN)
    book.secret(PHONE_TOKEN)
    app = Litestar(
        route_handlers=list(ROUTES),
        state=State({"gateway": Site(book)}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=_LARGEST,
    )
    return OwnNames(app, port)


def run(book: Book, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    app = create_app(book, port)

    async def serve() -> None:
        server = Server(app, HOST, port, interface=Interfaces.ASGINL, log_enabled=False)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        await server.serve()
        await asyncio.sleep(0.3)  # the server's own threads end after it returned

    asyncio.run(serve())
