"""Words, templates and files of the local page: the platform's look, from the same style sheets, without its script."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie

from bidding.trustee.errors import Declined, Defect
from bidding.trustee.local import Session, Sessions
from bidding.trustee.program import Program
from trading.kernel.errors import (
    Forbidden,
    Invalid,
    NotFound,
    TradingError,
    Unauthenticated,
    Unavailable,
)
from trading.kernel.journal.instant import parse_instant
from trading.web import csrf
from trading.web.assets import Assets
from trading.web.formats import time_element
from trading.web.i18n import LANGUAGES, Lang, Words, language_of
from trading.web.templating import Rendering, Templates, rendering

HTML = "text/html; charset=utf-8"
STATE_KEY = "trustee"
_STYLE = Path(__file__).parent / "static" / "trustee.css"
_STATUS: tuple[tuple[type[TradingError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Invalid, 422),
    (Unavailable, 503),
    (Defect, 500),
)


class Site:
    """Everything a handler needs; one a process."""

    def __init__(self, program: Program, port: int, api_token: str) -> None:
        self.program, self.sessions, self.api_token = program, Sessions(port), api_token
        self.words = Words(strict=False)
        self.assets = Assets()
        self.style = _STYLE.read_bytes()
        self._templates = Templates(("trading.web", "bidding.trustee"), self.words, self.assets)
        for lang in LANGUAGES:
            self._extend(lang)

    def _extend(self, lang: Lang) -> None:
        environment = self._templates.environment(lang)
        environment.filters["instant"] = lambda text: time_element(parse_instant(text), lang, seconds=True)
        environment.globals["languages"] = LANGUAGES

    def page(
        self,
        request: Request[Any, Any, Any],
        template: str,
        /,
        *,
        session: Session | None,
        status: int = 200,
        here: str | None = None,
        cookies: list[Cookie] | None = None,
        **context: Any,
    ) -> Response[bytes]:
        """A whole page; `here` is where switching the language leads if not back to this address."""
        secret = session.csrf if session else self.sessions.gate
        lang = language_of(request)
        frame: Mapping[str, Any] = {
            "base": session.base if session else None,
            "here": here or request.url.path,
            "now": datetime.now(UTC),
            "platform": self.program.platform.address,
            "witnesses": self.program.witnesses.addresses,
        }
        with rendering(Rendering(lambda: csrf.mask(secret), request.url.path, ())):
            html = self._templates.render(lang, template, {**frame, **context}).encode()
        headers = {"content-language": lang}
        return Response(html, status_code=status, media_type=HTML, headers=headers, cookies=cookies)

    def problem(self, request: Request[Any, Any, Any], error: TradingError) -> Response[Any]:
        """A refusal for a program: its code, in words, and a signed refusal if one was written."""
        words = self.words[language_of(request)]
        status = status_of(error)
        body: dict[str, Any] = {
            "code": error.code,
            "status": status,
            "detail": words(f"error.{error.code}", **error.params),
            "next": words(f"error.{error.code}.next", **error.params),
        }
        if isinstance(error, Declined):
            body["refusal"] = {**error.params, "words": words(f"trustee.reason.{error.params['reason']}")}
        else:
            body["params"] = {name: str(value) for name, value in error.params.items()}
        if isinstance(error, Invalid):
            body["fields"] = {name: problem.code for name, problem in error.fields.items()}
        return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json")


def status_of(error: TradingError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 409)


def site_of(request: Request[Any, Any, Any]) -> Site:
    """The site this request came to."""
    site = request.app.state[STATE_KEY]
    assert isinstance(site, Site)
    return site
