"""The opening for programs: trustees send batches, the official settles, everyone reads box, table and record."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from bidding.box_paths import OF_PATH, BoxSubject, paths
from bidding.opening import objection_api, reads
from bidding.opening.closing import refused_early
from bidding.opening.errors import BoxNotClosed
from bidding.opening.recording import RecordView, record, sign_record
from bidding.opening.settling import receive_batch, settle_phase
from bidding.opening.types import OpeningView
from bidding.subjects import lot
from trading.kernel.clock import rfc3339
from trading.kernel.identity import PUBLIC, SIGNED_IN, allow
from trading.web.errors import handle
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Session, WebRequest

_MOST_BATCH = 8 * 1024 * 1024


class SendBatch(msgspec.Struct, frozen=True):
    """A trustee's signed batch, as exact text."""

    batch: Annotated[str, msgspec.Meta(max_length=4 * 1024 * 1024)]


class SignRecord(msgspec.Struct, frozen=True):
    """A signature over the record's digest by the key of one's own certificate."""

    fingerprint: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class RecordAnswer(msgspec.Struct, frozen=True):
    """The record as it stands: exact signed text, its digest, who has signed."""

    digest: str
    record: str
    signatures: list[dict[str, str]]


@get("/v1/lots/{lot_id:uuid}/opening", opt=PUBLIC)
async def show(session: Session, lot_id: FromPath[UUID]) -> OpeningView:
    """How far the opening has come, and the table as far as it is revealed."""
    view = await reads.opening_view(session, lot_id)
    if view is None:
        raise BoxNotClosed(attempt="read")
    return view


@get(paths("box"), opt=PUBLIC, dependencies=OF_PATH)
async def box(session: Session, subject: BoxSubject) -> dict[str, Any]:
    """Every slot opened, and the documents in the box."""
    if await reads.box_view(session, subject) is None:
        raise BoxNotClosed(attempt="read")
    return await reads.box_document(session, subject)


@post(paths("batches"), opt=allow("trustee"), dependencies=OF_PATH, request_max_body_size=_MOST_BATCH)
async def send_batch(request: WebRequest, session: Session, actor: CurrentActor, subject: BoxSubject) -> Response[Any]:
    """A trustee's shares of one part."""
    command = await parse(request, SendBatch)
    if early := await refused_early(session, actor, subject=subject, attempt="batch"):
        return handle(request, early)
    row = await receive_batch(session, actor, subject=subject, file=command.batch.encode())
    return Response({"digest": row.digest, "received_at": rfc3339(row.received_at)}, status_code=201)


@post(paths("phases/{phase:int}/settle"), opt=allow("official"), dependencies=OF_PATH, status_code=200)
async def settle(
    request: WebRequest, session: Session, actor: CurrentActor, subject: BoxSubject, phase: FromPath[int]
) -> Response[Any]:
    """Fix what opens and what is void in a phase."""
    if early := await refused_early(session, actor, subject=subject, attempt="settle"):
        return handle(request, early)
    settled = await settle_phase(session, actor, subject=subject, phase=phase)
    return Response(msgspec.to_builtins(settled))


@get("/v1/lots/{lot_id:uuid}/record", opt=PUBLIC)
async def read_record(session: Session, lot_id: FromPath[UUID]) -> RecordAnswer:
    """开标记录, machine-readable."""
    return _answer(await record(session, lot_id))


@post("/v1/lots/{lot_id:uuid}/record/signatures", opt=SIGNED_IN)
async def sign(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Somebody present signs the record."""
    command = await parse(request, SignRecord)
    if early := await refused_early(session, actor, subject=str(lot(lot_id)), attempt="sign"):
        return handle(request, early)
    view = await sign_record(
        session, actor, lot_id=lot_id, fingerprint=command.fingerprint, signature=command.signature
    )
    return Response(_answer(view), status_code=201)


def _answer(view: RecordView) -> RecordAnswer:
    return RecordAnswer(
        digest=view.digest,
        record=view.file.decode(),
        signatures=[msgspec.to_builtins(item) for item in view.signatures],
    )


ROUTES = (show, box, send_batch, settle, read_record, sign, *objection_api.ROUTES)
