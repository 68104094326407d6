"""The two routes every page relies on: its files, and the language switch."""

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery

from trading.kernel.errors import NotFound
from trading.kernel.identity import PUBLIC
from trading.web.i18n import COOKIE, as_lang
from trading.web.responses import redirect, safe_path
from trading.web.site import site_of

_FOR_GOOD = "public, max-age=31536000, immutable"
_YEAR = 365 * 86_400


@get("/assets/{name:str}", opt=PUBLIC, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A file by the name that holds its hash, so it never changes and is kept for good."""
    found = site_of(request).assets.get(name)
    if found is None:
        raise NotFound
    headers = {"cache-control": _FOR_GOOD, "vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.gzipped, media_type=found.media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(found.body, media_type=found.media_type, headers=headers)


@get("/lang/{code:str}", opt=PUBLIC, sync_to_thread=False)
def language(request: Request[Any, Any, Any], code: FromPath[str], to: FromQuery[str] = "/") -> Response[Any]:
    """Choose a language and return to the page one was on."""
    lang = as_lang(code)
    if lang is None:
        raise NotFound
    answer = redirect(safe_path(to))
    answer.cookies.append(
        Cookie(key=COOKIE, value=lang, path="/", max_age=_YEAR, secure=site_of(request).https, samesite="lax")
    )
    return answer


ROUTES = (asset, language)
