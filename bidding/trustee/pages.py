"""The local page: a gate for the passphrase, then the same actions as the API, each irreversible one asked twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from bidding.subjects import Subject, parse_subject
from bidding.trustee.errors import Declined, NotConnected, PageStale, PassphraseUnfit, PassphraseWrong
from bidding.trustee.local import Session, check_form
from bidding.trustee.site import Site, site_of, status_of
from bidding.trustee.vault import SHORTEST
from trading.kernel.errors import FieldProblem, NotFound, TradingError
from trading.web.assets import PREFIX
from trading.web.i18n import COOKIE, LANGUAGES

LocalRequest = Request[Any, Any, Any]
_A_YEAR = 365 * 86_400


def see_other(path: str, cookies: list[Cookie] | None = None) -> Response[bytes]:
    """Go on to another page."""
    return Response(b"", status_code=HTTP_303_SEE_OTHER, headers={"location": path}, cookies=cookies)


def _opened(request: LocalRequest, door: str) -> tuple[Site, Session]:
    """The page behind a door; without its session, as if there were no such page."""
    site = site_of(request)
    session = site.sessions.find(request, door)
    if session is None or not site.program.vault.unlocked:
        raise PageStale
    return site, session


async def _posted(request: LocalRequest, door: str) -> tuple[Site, Session, dict[str, str]]:
    site, session = _opened(request, door)
    return site, session, await check_form(request, session.csrf)


# --- the gate


@get("/")
async def gate(request: LocalRequest) -> Response[bytes]:
    """The passphrase; the first time, choosing it."""
    return _gate(request, None)


def _gate(request: LocalRequest, problem: TradingError | FieldProblem | None, status: int = 200) -> Response[bytes]:
    site = site_of(request)
    return site.page(
        request,
        "trustee/gate.html",
        session=None,
        status=status,
        here="/",
        created=site.program.vault.created,
        sign=site.program.vault.public,
        shortest=SHORTEST,
        problem=problem,
    )


@post("/unlock", status_code=HTTP_200_OK)
async def unlock(request: LocalRequest) -> Response[bytes]:
    """Open the keys and a page."""
    site = site_of(request)
    fields = await check_form(request, site.sessions.gate)
    passphrase = fields.get("passphrase", "")
    if not site.program.vault.created and passphrase != fields.get("again"):
        return _gate(request, FieldProblem("trustee.passphrase_differs"), 422)
    try:
        await asyncio.to_thread(site.program.unlock, passphrase)
    except PassphraseUnfit as error:
        return _gate(request, next(iter(error.fields.values())), status_of(error))
    except PassphraseWrong as error:
        await asyncio.sleep(1)  # guessing at the page is slow, as it is on the file
        return _gate(request, error, status_of(error))
    session = site.sessions.start()
    return see_other(f"{session.base}/", [site.sessions.cookie(session)])


@post("/{door:str}/lock", status_code=HTTP_200_OK)
async def lock(request: LocalRequest, door: FromPath[str]) -> Response[bytes]:
    """Keys out of memory, every page closed."""
    site, _, _ = await _posted(request, door)
    await asyncio.to_thread(site.program.lock)
    site.sessions.end_all()
    return see_other("/")


# --- inside


@get("/{door:str}")
async def overview(request: LocalRequest, door: FromPath[str]) -> Response[bytes]:
    """Whom the platform takes the trustee for, and his ceremonies."""
    site, session = _opened(request, door)
    return await _overview(request, site, session)


async def _overview(
    request: LocalRequest, site: Site, session: Session, problem: TradingError | None = None
) -> Response[bytes]:
    try:
        state = await asyncio.to_thread(site.program.state)
    except TradingError as error:
        state, problem = site.program.local_state(), problem or error
    return site.page(
        request,
        "trustee/overview.html",
        session=session,
        status=status_of(problem) if problem else 200,
        here=f"{session.base}/",
        state=state,
        problem=problem,
    )


@post("/{door:str}/connect", status_code=HTTP_200_OK)
async def connect(request: LocalRequest, door: FromPath[str]) -> Response[bytes]:
    """Take up the access token."""
    site, session, fields = await _posted(request, door)
    try:
        if not fields.get("token", "").strip():
            raise NotConnected
        await asyncio.to_thread(site.program.connect, fields["token"])
    except TradingError as error:
        return await _overview(request, site, session, error)
    return see_other(f"{session.base}/")


@get("/{door:str}/ceremonies/{ceremony_id:uuid}")
async def ceremony(request: LocalRequest, door: FromPath[str], ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """One ceremony and its next step."""
    site, session = _opened(request, door)
    shown = await asyncio.to_thread(site.program.ceremony, ceremony_id)
    return site.page(request, "trustee/ceremony.html", session=session, ceremony=shown)


@post("/{door:str}/ceremonies/{ceremony_id:uuid}/keys", status_code=HTTP_200_OK)
async def make_keys(request: LocalRequest, door: FromPath[str], ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Make and hand in the keys."""
    site, session, _ = await _posted(request, door)
    path = _ceremony_path(session, ceremony_id)

    async def act() -> Response[bytes]:
        await asyncio.to_thread(site.program.make_keys, ceremony_id)
        return see_other(path)

    return await _declinable(request, session, path, act)


@post("/{door:str}/ceremonies/{ceremony_id:uuid}/review", status_code=HTTP_200_OK)
async def review(request: LocalRequest, door: FromPath[str], ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """The text before it is signed."""
    site, session, _ = await _posted(request, door)
    path = _ceremony_path(session, ceremony_id)

    async def act() -> Response[bytes]:
        shown = await asyncio.to_thread(site.program.review, ceremony_id)
        return site.page(request, "trustee/review.html", session=session, here=path, review=shown, back=path)

    return await _declinable(request, session, path, act)


@post("/{door:str}/ceremonies/{ceremony_id:uuid}/sign", status_code=HTTP_200_OK)
async def sign(request: LocalRequest, door: FromPath[str], ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Sign the text that was shown."""
    site, session, fields = await _posted(request, door)
    path = _ceremony_path(session, ceremony_id)

    async def act() -> Response[bytes]:
        await asyncio.to_thread(site.program.sign, ceremony_id, fields.get("ann", ""))
        return see_other(path)

    return await _declinable(request, session, path, act)


@post("/{door:str}/ceremonies/{ceremony_id:uuid}/examine", status_code=HTTP_200_OK)
async def examine(request: LocalRequest, door: FromPath[str], ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Every check of a release, and what it would open."""
    site, session, fields = await _posted(request, door)
    path = _ceremony_path(session, ceremony_id)
    subject, phase = _subject_and_phase(fields)

    async def act() -> Response[bytes]:
        shown = await asyncio.to_thread(site.program.examine, subject, phase)
        return site.page(
            request, "trustee/cleared.html", session=session, here=path, cleared=shown, back=path, ceremony=ceremony_id
        )

    return await _declinable(request, session, path, act)


@post("/{door:str}/ceremonies/{ceremony_id:uuid}/release", status_code=HTTP_200_OK)
async def release(request: LocalRequest, door: FromPath[str], ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Release the phase for the box that was shown."""
    site, session, fields = await _posted(request, door)
    path = _ceremony_path(session, ceremony_id)
    subject, phase = _subject_and_phase(fields)

    async def act() -> Response[bytes]:
        await asyncio.to_thread(site.program.release, subject, phase, fields.get("box", ""))
        return see_other(path)

    return await _declinable(request, session, path, act)


@get("/{door:str}/refusals")
async def refusals(request: LocalRequest, door: FromPath[str]) -> Response[bytes]:
    """Every refusal written here."""
    site, session = _opened(request, door)
    shown = await asyncio.to_thread(site.program.refusals)
    return site.page(request, "trustee/refusals.html", session=session, refusals=shown)


@get("/{door:str}/refusals/{name:str}")
async def refusal(request: LocalRequest, door: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One refusal as a file."""
    site, _ = _opened(request, door)
    for item in await asyncio.to_thread(site.program.refusals):
        if item.file == name:
            headers = {"content-disposition": f'attachment; filename="refusal-{item.file}"'}
            return Response(item.document.encode(), media_type="application/json", headers=headers)
    raise NotFound


def _ceremony_path(session: Session, ceremony_id: UUID) -> str:
    return f"{session.base}/ceremonies/{ceremony_id}"


def _subject_and_phase(fields: dict[str, str]) -> tuple[Subject, int]:
    try:
        return parse_subject(fields["subject"]), int(fields["phase"])
    except (KeyError, ValueError, NotFound) as error:
        raise PageStale from error


async def _declinable(
    request: LocalRequest, session: Session, back: str, act: Callable[[], Awaitable[Response[bytes]]]
) -> Response[bytes]:
    """The action's page, or the refusal it wrote."""
    try:
        return await act()
    except Declined as error:
        return site_of(request).page(
            request, "trustee/declined.html", session=session, status=409, here=back, back=back, declined=error.params
        )


# --- around


@get("/lang/{code:str}")
async def language(request: LocalRequest, code: FromPath[str]) -> Response[bytes]:
    """Choose the language and go back."""
    if code not in LANGUAGES:
        raise NotFound
    to = request.query_params.get("to", "/")
    safe = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
    return see_other(safe, [Cookie(key=COOKIE, value=code, path="/", max_age=_A_YEAR, httponly=True, samesite="lax")])


@get(f"{PREFIX}trustee.css")
async def style(request: LocalRequest) -> Response[bytes]:
    """The program's own few rules."""
    return Response(site_of(request).style, media_type="text/css; charset=utf-8")


@get(PREFIX + "{name:str}")
async def asset(request: LocalRequest, name: FromPath[str]) -> Response[bytes]:
    """The platform's style sheet and icon."""
    found = site_of(request).assets.get(name)
    if found is None:
        raise NotFound
    return Response(found.body, media_type=found.media_type, headers={"cache-control": "private, max-age=86400"})


ROUTES = (
    gate,
    unlock,
    lock,
    overview,
    connect,
    ceremony,
    make_keys,
    review,
    sign,
    examine,
    release,
    refusals,
    refusal,
    language,
    style,
    asset,
)
