"""What those who take part in a draw send: the three parties, the two witnesses, the gateway."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from experts.forms import Commit, GatewayAnswer, Reveal, TypeBeacon
from experts.services import beacons, calling, committing
from trading.kernel.clock import rfc3339
from trading.kernel.errors import Refused
from trading.kernel.identity import PUBLIC, allow, system_actor
from trading.web.errors import handle
from trading.web.forms import parse
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Session, WebRequest

PARTIES = allow("official", "supervisor", "tenderer")
GATEWAY = system_actor("gateway")


@post("/v1/draws/{draw_id:uuid}/commitments", opt=PARTIES, status_code=HTTP_200_OK)
async def commit(request: WebRequest, session: Session, actor: CurrentActor, draw_id: FromPath[UUID]) -> Response[Any]:
    """A party's commitment."""
    command = await parse(request, Commit)
    row = await committing.commit(session, actor, draw_id=draw_id, digest=command.commit)
    at = rfc3339(row.committed_at) if row.committed_at else None
    return Response({"party": row.party, "commit": row.commit, "at": at})


@post("/v1/draws/{draw_id:uuid}/reveals", opt=PARTIES, status_code=HTTP_200_OK)
async def reveal(request: WebRequest, session: Session, actor: CurrentActor, draw_id: FromPath[UUID]) -> Response[Any]:
    """A party's number."""
    command = await parse(request, Reveal)
    row = await committing.reveal(session, actor, draw_id=draw_id, r=command.r)
    if isinstance(row, Refused):
        return handle(request, row)
    return Response({"party": row.party, "at": rfc3339(row.revealed_at) if row.revealed_at else None})


@post("/v1/draws/{draw_id:uuid}/upload-tokens", opt=PARTIES)
async def escrow_token(
    session: Session, actor: CurrentActor, settings: CurrentSettings, draw_id: FromPath[UUID]
) -> Response[dict[str, str]]:
    """The right to put an envelope into the escrow."""
    token = await committing.escrow_token(session, actor, draw_id=draw_id, secret=settings.web.secret)
    return Response({"token": token}, status_code=HTTP_201_CREATED)


@post("/v1/draws/{draw_id:uuid}/beacons", opt=allow("witness"), status_code=HTTP_200_OK)
async def type_beacon(
    request: WebRequest, session: Session, actor: CurrentActor, keys: Keys, draw_id: FromPath[UUID]
) -> Response[Any]:
    """A witness's word."""
    command = await parse(request, TypeBeacon)
    value = None if command.missing else command.value
    draw = await beacons.type_beacon(
        session, actor, draw_id=draw_id, beacon=command.beacon, value=value, personal=keys.personal
    )
    if isinstance(draw, Refused):
        return handle(request, draw)
    return Response({"state": draw.state})


@post("/v1/gateway/answers", opt=PUBLIC, status_code=HTTP_200_OK)
async def answer(request: WebRequest, session: Session, keys: Keys) -> Response[Any]:
    """An answer with the announced gateway's signature, whoever brings it."""
    command = await parse(request, GatewayAnswer)
    call = await calling.take_answer(
        session, GATEWAY, file=command.answer, pin=command.pin, salt=command.salt, personal=keys.personal
    )
    if isinstance(call, Refused):
        return handle(request, call)
    return Response({"state": call.state})


ROUTES = (commit, reveal, escrow_token, type_beacon, answer)
