"""The one mapper from what was raised to what is answered.

A refusal becomes problem details (RFC 9457) for programs or a page for people, in their language, saying what to do
next. What nobody foresaw becomes a fixed sentence and an incident number; driver text never leaves the server.
"""

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy import exc as sa

from trading.kernel.errors import (
    FieldProblem,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    TradingError,
    Unauthenticated,
    Unavailable,
)
from trading.kernel.ids import random_id
from trading.web.forms import remembered, shown_again
from trading.web.i18n import language_of
from trading.web.responses import SeeOther, is_htmx, page
from trading.web.site import site_of

log = structlog.get_logger(__name__)

STATUS: tuple[tuple[type[TradingError], int], ...] = (
    (Invalid, 422),
    (NotFound, 404),
    (Forbidden, 403),
    (Unauthenticated, 401),
    (RateLimited, 429),
    (Unavailable, 503),
    (TooLarge, 413),
    (Refused, 409),
)
# Statuses that have a title (`web.status.<n>`); any other is told as 400 or 500 is.
TITLES = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)
_BUSY_STATES = frozenset({"55P03", "40001", "40P01", "57014", "53300", "57P01", "57P02", "57P03"})
# Numeric value out of range, bytes or characters PostgreSQL does not store; without a state, the driver's own refusal.
_UNSTORABLE = frozenset({"22003", "22021", "22P05", None})
_JSON = "application/problem+json"


class BadRequest(TradingError):
    """The address or its parameters cannot be read."""

    code = "web.bad_request"


class MethodNotAllowed(TradingError):
    """The address exists, this method on it does not."""

    code = "web.method_not_allowed"


class UnsupportedType(TradingError):
    """The body's media type is not one we read."""

    code = "web.unsupported_type"


class Conflict(Refused):
    """Somebody else changed the same thing first; seen by the database at the latest moment."""

    code = "web.conflict"


class Incident(TradingError):
    """Our own defect; the number finds it in the log."""

    code = "web.incident"


class DatabaseBusy(Unavailable):
    """The database did not answer in time, or chose to let another go first."""

    code = "web.database_busy"


class _Missing(NotFound):
    """No such page."""

    code = "web.not_found"


_OWN_STATUS: dict[type[TradingError], int] = {
    BadRequest: 400,
    MethodNotAllowed: 405,
    UnsupportedType: 415,
    Incident: 500,
}
_FRAMEWORK: dict[int, type[TradingError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: _Missing,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedType,
    429: RateLimited,
    503: Unavailable,
}


def status_of(error: TradingError) -> int:
    """The HTTP status of a refusal."""
    own = _OWN_STATUS.get(type(error))
    return own or next((status for kind, status in STATUS if isinstance(error, kind)), 409)


def as_refusal(request: Request[Any, Any, Any], error: Exception) -> TradingError:
    """Whatever was raised, as something we can say."""
    if isinstance(error, TradingError):
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _FRAMEWORK.get(error.status_code, BadRequest)()
    if isinstance(error, sa.IntegrityError):
        log.warning("web.integrity", route=_route(request), constraint=_constraint(error))
        return Conflict()
    if _is_unstorable(error):
        return BadRequest()
    if _is_busy(error):
        log.warning("web.database_busy", route=_route(request), error=type(error).__name__)
        return DatabaseBusy()
    incident = random_id()[:12]
    log.error("web.incident", incident=incident, route=_route(request), method=request.method, exc_info=error)
    return Incident(incident=incident)


def _is_unstorable(error: Exception) -> bool:
    """A number too large for its column or a NUL in a text: the address or the body is wrong, nothing of ours."""
    return isinstance(error, sa.DataError) and getattr(error.orig, "sqlstate", None) in _UNSTORABLE


def _is_busy(error: Exception) -> bool:
    if isinstance(error, sa.TimeoutError | TimeoutError):
        return True
    if not isinstance(error, sa.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    # No state at all: the connection itself failed.
    return state in _BUSY_STATES or (state is None and isinstance(error, sa.OperationalError))


def _constraint(error: sa.IntegrityError) -> str | None:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return name if isinstance(name, str) else None


def _route(request: Request[Any, Any, Any]) -> str:
    """The route's pattern, never the path: a path may hold an upload's number."""
    return str(request.scope.get("path_template") or "unrouted")


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Programs get problem details: everything under /v1, and whoever asks for JSON and not for a page."""
    accept = request.headers.get("accept", "")
    path = request.url.path
    return path == "/v1" or path.startswith("/v1/") or ("json" in accept and "text/html" not in accept)


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Litestar's exception handler for everything."""
    refusal = as_refusal(request, error)
    status = status_of(refusal)
    headers = _headers(refusal, error)
    if wants_json(request):
        return _problem(request, refusal, status, headers)
    if isinstance(refusal, Unauthenticated) and request.method in {"GET", "HEAD"} and not is_htmx(request):
        return SeeOther(f"{site_of(request).sign_in}?next={_next(request)}")
    kept = remembered(request.scope)
    # Unauthenticated here is a wrong password typed into a form: without a session no form is read at all.
    if kept and isinstance(refusal, Invalid | Refused | RateLimited | Unavailable | Unauthenticated):
        context = kept.context | {"form": shown_again(kept, refusal)}
        return page(request, kept.template, status=status, part=kept.part, headers=headers, **context)
    return page(
        request,
        "web/error.html",
        status=status,
        part="web/_error.html",
        headers=headers,
        error=refusal,
        title=_title(status),
        fields=refusal.fields if isinstance(refusal, Invalid) else {},
    )


def _title(status: int) -> str:
    return f"web.status.{status if status in TITLES else 500 if status >= 500 else 400}"


def _next(request: Request[Any, Any, Any]) -> str:
    url = request.url
    return quote(f"{url.path}?{url.query}" if url.query else url.path, safe="/")


def _headers(refusal: TradingError, error: Exception) -> dict[str, str]:
    if isinstance(refusal, RateLimited):
        return {"retry-after": str(refusal.params.get("seconds", 30))}
    if isinstance(refusal, Unavailable):
        return {"retry-after": "2"}
    if isinstance(refusal, MethodNotAllowed) and isinstance(error, HTTPException) and error.headers:
        return {name: value for name, value in error.headers.items() if name.lower() == "allow"}
    return {}


def _problem(
    request: Request[Any, Any, Any], refusal: TradingError, status: int, headers: dict[str, str]
) -> Response[dict[str, Any]]:
    words = site_of(request).words[language_of(request)]
    body: dict[str, Any] = {
        "type": f"urn:trading:problem:{refusal.code}",
        "title": words(_title(status)),
        "status": status,
        "code": refusal.code,
        "detail": words(f"error.{refusal.code}", **refusal.params),
        "next": words(f"error.{refusal.code}.next", **refusal.params),
        "instance": request.url.path,
    }
    if isinstance(refusal, Invalid) and refusal.fields:
        body["fields"] = {name: _field(words, problem) for name, problem in refusal.fields.items()}
    return Response(body, status_code=status, media_type=_JSON, headers={**headers, "vary": "Cookie, Accept-Language"})


def _field(words: Any, problem: FieldProblem) -> dict[str, str]:
    return {"code": problem.code, "detail": words(f"error.{problem.code}", **problem.params)}
