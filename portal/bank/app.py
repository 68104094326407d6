"""The bank's page and local API, on 127.0.0.1 alone: let somebody pay, hand in the statement."""

import asyncio
import hmac
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import FromPath

from portal.bank.book import BankRefusal, Book
from portal.bank.transfers import FAULTS, Fault, Transfers
from portal.gateway.app import OwnNames
from trading.web import csrf
from trading.web.assets import PREFIX, Assets
from trading.web.i18n import COOKIE, LANGUAGES, Words, language_of
from trading.web.templating import Rendering, Templates, rendering

HOST = "127.0.0.1"
API_TOKEN = "api-token"  # noqa: S105  # a file's name
_HTML = "text/html; charset=utf-8"
_A_YEAR = 365 * 86_400
_SHOWN = 50
LocalRequest = Request[Any, Any, Any]


class Site:
    """Everything a handler needs; one a process."""

    def __init__(self, book: Book) -> None:
        self.book, self.words, self.assets = book, Words(strict=False), Assets()
        self.transfers = Transfers(book)
        self.secret = csrf.new_secret()
        self._templates = Templates(("trading.web", "portal.bank"), self.words, self.assets)
        for lang in LANGUAGES:
            self._templates.environment(lang).globals["languages"] = LANGUAGES

    def page(self, request: LocalRequest, *, refusal: BankRefusal | None = None, status: int = 200) -> Response[bytes]:
        """What came in, newest first, and the form for more."""
        lang = language_of(request)
        book = self.book
        with rendering(Rendering(lambda: csrf.mask(self.secret), request.url.path, ())):
            html = self._templates.render(
                lang,
                "bank/desk.html",
                {
                    "now": datetime.now(UTC),
                    "connected": book.connected,
                    "due": len(book.payments) - book.reported,
                    "payments": list(reversed(list(enumerate(book.payments))))[:_SHOWN],
                    "reported": book.reported,
                    "refusal": refusal,
                    "transfers": list(reversed(self.transfers.known.values()))[:_SHOWN],
                    "faults": FAULTS,
                    "coming": self.transfers.faults,
                },
            ).encode()
        return Response(html, status_code=status, media_type=_HTML, headers={"content-language": lang})


def _site(request: LocalRequest) -> Site:
    site = request.app.state["bank"]
    assert isinstance(site, Site)
    return site


def _admitted(request: LocalRequest) -> Book | None:
    book = _site(request).book
    _, _, sent = request.headers.get("authorization", "").partition(" ")
    return book if hmac.compare_digest(sent.encode(), book.secret(API_TOKEN).encode()) else None


_NOBODY = Response(b"", status_code=401)


@get("/")
async def show(request: LocalRequest) -> Response[bytes]:
    """The desk."""
    return _site(request).page(request)


@post("/", status_code=303)
async def act(request: LocalRequest) -> Response[bytes]:
    """One of the page's forms: connect, pay, report."""
    site = _site(request)
    form = await request.form()
    foreign = request.headers.get("origin") not in {None, f"http://{request.headers.get('host')}"}
    if foreign or not csrf.matches(str(form.get(csrf.FIELD, "")), site.secret):
        return site.page(request, refusal=BankRefusal("page_stale"), status=403)
    try:
        await asyncio.to_thread(_do, site, {name: str(value) for name, value in form.items()})
    except BankRefusal as refusal:
        return site.page(request, refusal=refusal, status=409)
    return Response(b"", status_code=303, headers={"location": "/"})


def _do(site: Site, form: dict[str, str]) -> None:
    book = site.book
    if form.get("token"):
        book.connect(form["token"])
    if form.get("amount"):
        if not form.get("payer_name"):
            raise BankRefusal("payer_missing")
        book.pay(
            amount=form["amount"],
            payer_name=form["payer_name"],
            payer_account=form.get("payer_account", ""),
            sub_account=form.get("sub_account", ""),
        )
    if "report" in form:
        book.report()
    if form.get("fault"):
        site.transfers.fail_next(msgspec.convert([form["fault"]], list[Fault]))
    if form.get("orders"):
        site.transfers.take(form["orders"].replace("\r\n", "\n").encode())
    if "exchange" in form:
        site.transfers.exchange()


@post("/api/connect", status_code=200)
async def connect(request: LocalRequest) -> Response[Any]:
    """The token under which this bank hands in statements."""
    book = _admitted(request)
    if book is None:
        return _NOBODY
    await asyncio.to_thread(book.connect, str((await request.json())["token"]))
    return Response({})


@post("/api/payments", status_code=200)
async def pay(request: LocalRequest) -> Response[Any]:
    """Money arrives: amount, payer_name, sub_account, and payer_account, time if they matter."""
    book = _admitted(request)
    if book is None:
        return _NOBODY
    body = await request.json()
    try:
        payment = await asyncio.to_thread(lambda: book.pay(**body))
    except BankRefusal as refusal:
        return Response({"code": refusal.code, "detail": refusal.detail}, status_code=409)
    return Response({"reference": payment.reference, "time": payment.time})


@post("/api/report", status_code=200)
async def report(request: LocalRequest) -> Response[Any]:
    """Hand in the statement."""
    book = _admitted(request)
    if book is None:
        return _NOBODY
    try:
        return Response({"lines": await asyncio.to_thread(book.report)})
    except BankRefusal as refusal:
        return Response({"code": refusal.code, "detail": refusal.detail}, status_code=409)


@post("/api/exchange", status_code=200)
async def exchange(request: LocalRequest) -> Response[Any]:
    """Fetch orders, execute them, answer."""
    return await _answered(request, lambda transfers, _: transfers.exchange())


@post("/api/faults", status_code=200)
async def faults(request: LocalRequest) -> Response[Any]:
    """What befalls the next new orders: a list of faults, one each."""
    return await _answered(request, lambda transfers, body: {"coming": transfers.fail_next(body["faults"])})


@post("/api/orders", status_code=200)
async def orders(request: LocalRequest) -> Response[Any]:
    """A payment file carried here by hand; what was executed is answered when the platform next asks."""
    return await _answered(request, lambda transfers, body: {"answers": transfers.take(body["file"].encode())})


async def _answered(request: LocalRequest, act: Callable[[Transfers, Any], dict[str, Any]]) -> Response[Any]:
    if _admitted(request) is None:
        return _NOBODY
    body = await request.json()
    try:
        return Response(await asyncio.to_thread(act, _site(request).transfers, body))
    except BankRefusal as refusal:
        return Response({"code": refusal.code, "detail": refusal.detail}, status_code=409)


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


def create_app(book: Book, port: int) -> OwnNames:
    """The application."""
    book.secret(API_TOKEN)
    app = Litestar(
        route_handlers=[show, act, connect, pay, report, exchange, faults, orders, language, asset],
        state=State({"bank": Site(book)}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=64 * 1024,
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
