"""The local JSON API: the page's actions for a program on the same machine that holds the token of this start."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, ParamSpec, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from bidding.subjects import COLLECTIONS, Subject
from bidding.trustee.local import check_api
from bidding.trustee.program import Program
from bidding.trustee.site import site_of
from trading.kernel.errors import FieldProblem, Invalid

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=msgspec.Struct)
LocalRequest = Request[Any, Any, Any]


class Unlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The passphrase of the folder; the first one makes it."""

    passphrase: str


class Connect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The access token made on the platform."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class SignText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sign, if the text still is the one with this digest; without it, whatever passes every check."""

    ann: str | None = None


class OfPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phase; `box`, if given, is the root that must still be the box's."""

    phase: int
    box: str | None = None


async def _run(action: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Response[bytes]:
    result = await asyncio.to_thread(action, *args, **kwargs)
    return Response(msgspec.json.encode(result), media_type="application/json")


def _allowed(request: LocalRequest) -> Program:
    site = site_of(request)
    check_api(request, site.api_token)
    return site.program


async def _body(request: LocalRequest, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise Invalid({"": FieldProblem("trustee.malformed")}) from error


@get("/api/state")
async def state(request: LocalRequest) -> Response[bytes]:
    """Everything at a glance."""
    program = _allowed(request)
    return await _run(program.state)


@post("/api/unlock", status_code=HTTP_200_OK)
async def unlock(request: LocalRequest) -> Response[bytes]:
    """Open the keys; the first time, make them."""
    program = _allowed(request)
    command = await _body(request, Unlock)
    await asyncio.to_thread(program.unlock, command.passphrase)
    return await _run(program.local_state)


@post("/api/lock", status_code=HTTP_200_OK)
async def lock(request: LocalRequest) -> Response[bytes]:
    """Keys and token out of memory; open pages close."""
    program = _allowed(request)
    await asyncio.to_thread(program.lock)
    site_of(request).sessions.end_all()
    return await _run(program.local_state)


@post("/api/connect", status_code=HTTP_200_OK)
async def connect(request: LocalRequest) -> Response[bytes]:
    """Take up an access token; answers whom the platform takes the trustee for."""
    program = _allowed(request)
    command = await _body(request, Connect)
    return await _run(program.connect, command.token)


@get("/api/ceremonies/{ceremony_id:uuid}")
async def ceremony(request: LocalRequest, ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """One ceremony."""
    program = _allowed(request)
    return await _run(program.ceremony, ceremony_id)


@post("/api/ceremonies/{ceremony_id:uuid}/keys", status_code=HTTP_200_OK)
async def make_keys(request: LocalRequest, ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Make the keys of a lot or draw, hand in the card, answer its challenges."""
    program = _allowed(request)
    return await _run(program.make_keys, ceremony_id)


@post("/api/ceremonies/{ceremony_id:uuid}/review", status_code=HTTP_200_OK)
async def review(request: LocalRequest, ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Read the text to be signed, every check held."""
    program = _allowed(request)
    return await _run(program.review, ceremony_id)


@post("/api/ceremonies/{ceremony_id:uuid}/sign", status_code=HTTP_200_OK)
async def sign(request: LocalRequest, ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """Every check, then the signature."""
    program = _allowed(request)
    command = await _body(request, SignText)
    return await _run(program.sign, ceremony_id, command.ann)


@post([f"/api/{name}/{{subject_id:uuid}}/examine" for name in COLLECTIONS], status_code=HTTP_200_OK)
async def examine(request: LocalRequest, subject_id: FromPath[UUID]) -> Response[bytes]:
    """Every check of a release; nothing is decrypted."""
    program = _allowed(request)
    command = await _body(request, OfPhase)
    return await _run(program.examine, _subject(request, subject_id), command.phase)


@post([f"/api/{name}/{{subject_id:uuid}}/release" for name in COLLECTIONS], status_code=HTTP_200_OK)
async def release(request: LocalRequest, subject_id: FromPath[UUID]) -> Response[bytes]:
    """Every check, then the batches of the phase, sent to the platform."""
    program = _allowed(request)
    command = await _body(request, OfPhase)
    return await _run(program.release, _subject(request, subject_id), command.phase, command.box)


def _subject(request: LocalRequest, subject_id: UUID) -> Subject:
    return Subject(COLLECTIONS[request.url.path.split("/")[2]], subject_id)


@get("/api/refusals")
async def refusals(request: LocalRequest) -> Response[bytes]:
    """Every signed refusal, newest first."""
    program = _allowed(request)
    return await _run(program.refusals)


ROUTES = (state, unlock, lock, connect, ceremony, make_keys, review, sign, examine, release, refusals)
