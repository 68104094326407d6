"""The few ways a handler answers a person: a page, a redirect with a message, a file, a table for a spreadsheet.

A page is rendered inside the handler, before the commit: what fails while rendering fails the request.
"""

import csv as csv_
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse

from trading.web import csrf
from trading.web.flash import COOKIE as FLASH_COOKIE
from trading.web.flash import Flash, Kind, cookie, read, spent
from trading.web.guard import actor_of
from trading.web.i18n import LANGUAGES, language_of
from trading.web.nav import menu
from trading.web.site import Site, site_of
from trading.web.templating import Rendering, rendering

HTML = "text/html; charset=utf-8"
_GZIP_FROM = 1000
# A spreadsheet takes a cell that begins so for a formula (R47); full-width forms are the same to some of them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def is_htmx(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for a fragment; a boosted link or a restored page wants all of it."""
    headers = request.headers
    return "hx-request" in headers and "hx-boosted" not in headers and "hx-history-restore-request" not in headers


def page(
    request: Request[Any, Any, Any],
    template: str,
    /,
    *,
    status: int = 200,
    part: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[bytes]:
    """A whole page; or, if htmx asks and `part` names the page's `_part.html`, that fragment alone."""
    site = site_of(request)
    lang = language_of(request)
    fragment = part is not None and is_htmx(request)
    cookies: list[Cookie] = []
    secret = request.cookies.get(csrf.cookie_name(https=site.https), "")
    if not csrf.matches(secret, secret):
        secret = csrf.new_secret()
        cookies.append(csrf.new_cookie(secret, https=site.https))
    flash = None if fragment else read(request.cookies.get(FLASH_COOKIE), site.secret)
    if flash:
        cookies.append(spent())
    query = tuple(request.query_params.multi_items())
    with rendering(Rendering(lambda: csrf.mask(secret), request.url.path, query)):
        html = site.templates.render(
            lang, part if fragment and part else template, _frame(request, site, flash) | context
        ).encode()
    sent = {"content-language": lang, "vary": "Cookie, Accept-Language, HX-Request, Accept-Encoding", **(headers or {})}
    if len(html) >= _GZIP_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        html, sent["content-encoding"] = gzip.compress(html, 5, mtime=0), "gzip"
    return Response(html, status_code=status, media_type=HTML, headers=sent, cookies=cookies)


def _frame(request: Request[Any, Any, Any], site: Site, flash: Flash | None) -> dict[str, object]:
    """What the layout shows around every page."""
    actor = actor_of(request)
    path = request.url.path
    return {
        "actor": actor,
        # Where routing failed nobody was looked up: the page then claims neither "signed in" nor "signed out".
        "actor_known": "user" in request.scope,
        "nav": menu(site.nav, actor, path),
        "languages": LANGUAGES,
        "path": path,
        "here": f"{path}?{request.url.query}" if request.url.query else path,
        "now": site.clock(),
        "flash": flash,
        "banner": site.banner,
        "site": {"sign_in": site.sign_in, "sign_out": site.sign_out, "home": site.home},
    }


class Question(msgspec.Struct, frozen=True):
    """What `web/confirm.html` asks; `title`, `text` and `yes` are message keys that share `params`."""

    title: str
    text: str
    yes: str
    action: str
    back: str
    danger: bool = False
    fields: dict[str, str] = {}
    params: dict[str, object] = {}


def confirm(
    request: Request[Any, Any, Any], question: Question, template: str = "web/confirm.html", **context: Any
) -> Response[bytes]:
    """The page before a step that cannot be undone (GET); its form posts to `question.action`."""
    return page(request, template, ask=question, **context)


class SeeOther(Response[bytes]):
    """303; htmx, which would swap the target page into a fragment, is told to go there itself."""

    def __init__(self, url: str, flash: Flash | None = None) -> None:
        super().__init__(b"", status_code=303, media_type="text/plain")
        self.url = url
        self.flash = flash

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **options: Any) -> ASGIResponse:
        """The message is signed here, where the site's secret is at hand."""
        if self.flash:
            site = site_of(request)
            self.cookies = [*self.cookies, cookie(self.flash, site.secret, https=site.https)]
        if "hx-request" in request.headers:
            self.status_code = 204
            self.headers["hx-redirect"] = quote(self.url, safe="/#%[]=:;$&()+,!?*@'~")
        else:
            self.headers["location"] = quote(self.url, safe="/#%[]=:;$&()+,!?*@'~")
        return super().to_asgi_response(app, request, **options)


def redirect(url: str, *, flash: str | None = None, kind: Kind = "done", **params: str | int) -> SeeOther:
    """303 to another page of ours, with a message (a key and its params) shown there once."""
    return SeeOther(url, Flash(flash, kind, params) if flash else None)


def safe_path(url: str | None, default: str = "/") -> str:
    """A path a visitor handed us (`next`, `to`), if it stays on this site."""
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")) or any(ord(char) < 33 for char in url):
        return default
    parts = urlsplit(url)
    return default if parts.scheme or parts.netloc else url


def download(data: bytes, name: str, media_type: str, *, inline: bool = False) -> Response[bytes]:
    """A file under its own name, Chinese names included (RFC 6266); shown in the page only if it is ours (`inline`)."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_. ") else "_" for char in name)
    encoded = quote(name, safe="")
    disposition = f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    headers = {"content-disposition": disposition}
    if not inline:
        headers["content-security-policy"] = "default-src 'none'; sandbox"
    return Response(data, media_type=media_type, headers=headers)


def neutral(cell: object) -> object:
    """A cell no spreadsheet will run; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return "" if cell is None else cell


def csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    """A table for a spreadsheet: UTF-8 with the mark Excel needs for Chinese, formulas neutralised."""
    out = io.StringIO()
    writer = csv_.writer(out)
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return download(out.getvalue().encode("utf-8-sig"), name, "text/csv")  # Litestar names the charset
