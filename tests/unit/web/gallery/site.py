"""The gallery's pages, forms and refusals."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
import sqlalchemy.exc
from litestar import Litestar, Request, Response, get, post, put
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from trading.kernel.errors import FieldProblem, Invalid, NotFound, RateLimited, Refused
from trading.kernel.identity import ANONYMOUS, PUBLIC, SIGNED_IN, Actor, allow
from trading.kernel.ids import new_id
from trading.web.fields import Upload, Yuan
from trading.web.forms import Form, parse
from trading.web.nav import EVERYONE, NavItem
from trading.web.paging import Page
from trading.web.plugin import SitePlugin
from trading.web.responses import Question, confirm, csv, download, page, redirect
from trading.web.site import Site
from trading.web.tables import Sortable, SortKey, Words, export, yuan

NOW = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
AGENT = Actor(
    name="李敏",
    account_id=new_id(),
    org_id=new_id(),
    org_name="临江市政工程招标代理有限公司",
    roles=frozenset({"agency"}),
)
NAV = (
    NavItem("gallery.nav.today", "/today", ("agency",), 10),
    NavItem("gallery.nav.notices", "/notices", EVERYONE, 20),
    NavItem("gallery.nav.projects", "/projects", ("agency",), 30),
    NavItem("gallery.nav.secret", "/secret", ("admin",), 40),
    NavItem("gallery.nav.verify", "/verify", EVERYONE, 50, footer=True),
)


class TooEarly(Refused):
    """A rule with an instant in it."""

    code = "gallery.too_early"


class LotForm(msgspec.Struct, frozen=True):
    """标段."""

    name: Annotated[str, Meta(title="gallery.lot", min_length=1, max_length=20)]
    price: Annotated[Yuan, Meta(title="gallery.price")]


class ProjectForm(msgspec.Struct, frozen=True, kw_only=True):
    """登记项目."""

    name: Annotated[str, Meta(title="gallery.name", description="gallery.name.hint", min_length=1, max_length=30)]
    kind: Annotated[Literal["works", "goods"], Meta(title="gallery.kind")]
    price: Annotated[Yuan, Meta(title="gallery.price")]
    opening: Annotated[dt.datetime, Meta(title="gallery.opening")]
    days: Annotated[int, Meta(title="gallery.days", ge=20, le=200)] = 20
    method: Annotated[Literal["low", "score"], Meta(title="gallery.method")] = "score"
    note: Annotated[str, Meta(title="gallery.note", max_length=200)] | None = None
    joint: Annotated[bool, Meta(title="gallery.joint")] = False
    areas: Annotated[list[Literal["road", "bridge"]], Meta(title="gallery.areas")] = []
    lots: list[LotForm] = []
    plan: Annotated[Upload, Meta(title="gallery.plan")] | None = None


class Row(msgspec.Struct, frozen=True):
    """A row of the table."""

    name: str
    code: str
    state: str
    price: int
    at: dt.datetime


ROWS = (
    Row(
        "沿江路（解放桥至东门段）道路改造工程",
        "A3301000123000567001",
        "open",
        4_862_350_000,
        NOW + dt.timedelta(days=20),
    ),
    Row("第二人民医院住院楼机电安装", "A3301000123000566002", "draft", 1_290_000_000, NOW + dt.timedelta(days=31)),
    Row("城东污水处理厂提标改造", "A3301000123000561001", "closed", 23_175_560_012, NOW - dt.timedelta(days=2)),
    Row("中心小学操场翻新", "A3301000123000560001", "failed", 86_000_000, NOW - dt.timedelta(days=9)),
)


@get("/", opt=PUBLIC, sync_to_thread=False)
def show(request: Request[Any, Any, Any]) -> Response[Any]:
    return page(request, "gallery/parts.html", part="gallery/_rows.html", rows=Page(ROWS, "next-one"))


@get("/projects/new", opt=allow("agency"), sync_to_thread=False)
def new(request: Request[Any, Any, Any]) -> Response[Any]:
    return page(request, "gallery/new.html", form=Form(ProjectForm), kinds=("works", "goods"))


@post("/projects/new", opt=allow("agency"))
async def create(request: Request[Any, Any, Any]) -> Response[Any]:
    command = await parse(request, ProjectForm, "gallery/new.html", kinds=("works", "goods"))
    if command.opening < NOW:
        raise TooEarly(earliest=NOW)
    if command.name == "taken":
        raise Invalid({"name": FieldProblem("gallery.taken")})
    return redirect("/?tab=一", flash="gallery.done", name=command.name)


@post("/v1/projects", opt=allow("agency"))
async def create_api(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return msgspec.to_builtins(await parse(request, ProjectForm))


@get("/withdraw", opt=SIGNED_IN, sync_to_thread=False)
def ask(request: Request[Any, Any, Any]) -> Response[Any]:
    question = Question(
        title="gallery.ask", text="gallery.ask.text", yes="gallery.ask", action="/withdraw", back="/", danger=True
    )
    return confirm(request, question)


@put("/v1/blocks", opt=SIGNED_IN)
async def block(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"size": len(await request.body())}


@get("/fail/{how:str}", opt=PUBLIC, sync_to_thread=False)
def fail(how: FromPath[str]) -> None:
    class Driver(Exception):
        sqlstate = "55P03"

    class Wrong(Exception):
        sqlstate = "22P02"

    raise {
        "early": TooEarly(earliest=NOW),
        "missing": NotFound(),
        "limited": RateLimited(seconds=90),
        "bug": RuntimeError("password=hunter2 at 10.0.0.7"),
        "busy": sqlalchemy.exc.OperationalError("SELECT secret", {}, Driver("canceling statement")),
        "unique": sqlalchemy.exc.IntegrityError("INSERT secret", {}, Exception("duplicate key")),
        "data": sqlalchemy.exc.DataError("INSERT secret", {}, Wrong("invalid input syntax")),
        "unstorable": sqlalchemy.exc.DataError("INSERT secret", {}, Exception("invalid byte sequence")),
    }[how]


@get("/typed", opt=PUBLIC, sync_to_thread=False)
def typed(count: FromQuery[int]) -> dict[str, int]:
    return {"count": count}


@get("/unpermitted", sync_to_thread=False)
def unpermitted() -> dict[str, str]:
    return {}


@get("/file", opt=PUBLIC, sync_to_thread=False)
def file() -> Response[Any]:
    return download(b"%PDF", "招标公告 1.pdf", "application/pdf")


@get("/table", opt=PUBLIC, sync_to_thread=False)
def table() -> Response[Any]:
    return csv("项目.csv", ["名称", "金额"], [["=HYPERLINK(1)", -5], ["＠x", None], ["普通", 3]])


_ROWS = sa.table("rows", sa.column("name", sa.Text), sa.column("price", sa.BigInteger))
SORTED = Sortable(
    {
        "name": SortKey(_ROWS.c.name, str, lambda row: row.name),
        "price": SortKey(_ROWS.c.price, int, lambda row: row.price),
    },
    tie=_ROWS.c.name,
    start="-price",
    identity="name",
)


@get("/sorted", opt=PUBLIC, sync_to_thread=False)
def sorted_(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    order = SORTED.asked(request, size=3)
    value = SORTED.keys[order.column].value
    rows = sorted((row for row in ROWS if q in row.name), key=value, reverse=order.descending)
    if order.export:
        return export(
            request,
            "rows",
            [
                ("gallery.name", lambda row: row.name),
                ("gallery.price", lambda row: yuan(row.price)),
                ("gallery.opening", lambda row: row.at),
                ("gallery.kind", lambda row: [Words(f"gallery.state.{row.state}")]),
            ],
            rows,
        )
    shown = SORTED.page(rows[: order.limit], order)
    return page(request, "gallery/sorted.html", found=shown, order=order, q=q)


class Who(AbstractAuthenticationMiddleware):
    """Signed in as the agency if the cookie says so."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        return AuthenticationResult(user=AGENT if "agent" in connection.cookies else ANONYMOUS, auth=None)


def gallery_site(locale_dir: Path, base_url: str = "http://testserver.local", banner: str | None = None) -> Site:
    """The site of the gallery."""
    return Site(
        base_url=base_url,
        secret="s" * 32,
        packages=("trading.web", "tests.unit.web.gallery"),
        nav=NAV,
        clock=lambda: NOW,
        locale_dir=locale_dir,
        banner=banner,
    )


def gallery_app(site: Site) -> Litestar:
    """The gallery as an application."""
    handlers = [show, new, create, create_api, ask, block, fail, typed, unpermitted, file, table, sorted_]
    return Litestar(handlers, plugins=[SitePlugin(site)], middleware=[Who], request_max_body_size=100_000)
