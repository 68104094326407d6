"""Uploading and submitting, the same for browser and command line.

Only drawing the token is done as the signed-in bidder. Everything after it carries the token and no session, is in no
log, and answers nobody else: whoever asks about another's upload is told that there is none.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from bidding import reads
from bidding.box_paths import OF_PATH, BoxSubject, paths
from bidding.errors import BidTooLate, NotSealed, TokenInvalid, WithdrawalRefused
from bidding.forms import StartUpload, SubmitEnvelope, SubmitWithdrawal
from bidding.sealing.envelope import LARGEST
from bidding.services import lots, submission, uploads
from bidding.tokens import SCHEME
from bidding.types import RefusedLate, Submitted, UploadView
from trading.kernel.canonical import CanonicalError, canonical, parse_canonical
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import PUBLIC, allow
from trading.web.errors import handle
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Objects, Session, WebRequest

# An envelope travels as a JSON string: every quotation mark in it is escaped, some of them twice.
_MOST_ENVELOPE = 3 * LARGEST
_MOST_MESSAGE = 16 * 1024


class Token(msgspec.Struct, frozen=True):
    """An upload token, shown this once."""

    token: str


class Started(msgspec.Struct, frozen=True):
    """One upload a part."""

    uploads: list[UploadView]


@post("/v1/lots/{lot_id:uuid}/upload-tokens", opt=allow("bidder"))
async def draw_token(session: Session, actor: CurrentActor, lot_id: FromPath[UUID], settings: CurrentSettings) -> Token:
    """A token for the caller's organisation."""
    return Token(await lots.draw_token(session, actor, lot_id=lot_id, secret=settings.web.secret))


@post("/v1/uploads", opt=PUBLIC, request_max_body_size=_MOST_MESSAGE)
async def start(request: WebRequest, session: Session, settings: CurrentSettings) -> Started:
    """Uploads for the parts of an envelope; the same again when asked again."""
    body = await request.body()
    try:
        command = msgspec.json.decode(body, type=StartUpload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid({"": FieldProblem("web.bad_json")}) from error
    views = await uploads.start_upload(
        session,
        token=_token(request),
        secret=settings.web.secret,
        ann=command.ann,
        env=command.env,
        parts=command.parts,
    )
    return Started(views)


@put(
    "/v1/uploads/{upload_id:str}/blocks/{n:int}",
    opt=PUBLIC,
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=uploads.BLOCK_SIZE,
)
async def put_block(
    request: WebRequest,
    *,
    state: State,
    session: Session,
    objects: Objects,
    settings: CurrentSettings,
    upload_id: FromPath[str],
    n: FromPath[int],
) -> None:
    """One block of ciphertext, with the hashes of its leaves in `x-leaf-hashes`."""
    held = {"token": _token(request), "secret": settings.web.secret, "upload_id": upload_id}
    # A transaction of its own: nobody's slow line may hold one open while the block arrives.
    async with state.database.transaction() as first:
        await uploads.demand_token(first, **held)
    await uploads.put_block(
        session,
        objects,
        **held,
        n=n,
        data=await request.body(),
        leaves=request.headers.get("x-leaf-hashes", "").split(","),
    )


@get("/v1/uploads/{upload_id:str}", opt=PUBLIC)
async def upload(
    request: WebRequest, session: Session, settings: CurrentSettings, upload_id: FromPath[str]
) -> UploadView:
    """What is still missing."""
    return await uploads.upload_state(session, token=_token(request), secret=settings.web.secret, upload_id=upload_id)


@post(paths("envelopes"), opt=PUBLIC, dependencies=OF_PATH, request_max_body_size=_MOST_ENVELOPE)
async def commit(
    request: WebRequest, session: Session, subject: BoxSubject, settings: CurrentSettings, keys: Keys
) -> Response[Any]:
    """Submit the envelope: a receipt, or a signed refusal when it is late."""
    body = await request.body()
    try:
        command = msgspec.json.decode(body, type=SubmitEnvelope)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotSealed from error
    outcome = await submission.commit(
        session,
        subject=subject,
        token=_token(request),
        secret=settings.web.secret,
        raw=command.envelope.encode(errors="replace"),
        signer=keys.receipt,
    )
    return _answer(request, outcome)


@post(paths("withdrawals"), opt=PUBLIC, dependencies=OF_PATH, request_max_body_size=_MOST_MESSAGE)
async def withdraw(request: WebRequest, session: Session, subject: BoxSubject, keys: Keys) -> Response[Any]:
    """Withdraw an envelope: its key's signature is what counts, a token is not asked for."""
    try:
        sent = msgspec.json.decode(await request.body(), type=SubmitWithdrawal).withdrawal
        raw = sent.encode() if isinstance(sent, str) else canonical(sent)
    except (msgspec.DecodeError, UnicodeError, CanonicalError) as error:
        raise WithdrawalRefused(detail="sealing.withdrawal.json") from error
    return _answer(request, await submission.withdraw(session, subject=subject, raw=raw, signer=keys.receipt))


@get("/v1/receipts/{name:str}/proof", opt=PUBLIC)
async def proof(session: Session, name: FromPath[str]) -> Response[str]:
    """The proof of a receipt, by its entry or the digest of what was submitted."""
    return Response(await reads.receipt_proof(session, name), media_type="text/plain; charset=utf-8")


def _token(request: WebRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != SCHEME.lower() or not token:
        raise TokenInvalid
    return token.strip()


def _answer(request: WebRequest, outcome: Submitted | RefusedLate) -> Response[Any]:
    """A refusal is an answer and not an error here: what was journalled of it must be committed."""
    if isinstance(outcome, RefusedLate):
        problem = handle(request, BidTooLate(deadline=outcome.deadline))
        problem.content["refusal"] = parse_canonical(outcome.refusal.encode())
        return problem
    status = HTTP_200_OK if outcome.again else HTTP_201_CREATED
    return Response({"receipt": parse_canonical(outcome.receipt.encode())}, status_code=status)


ROUTES = (draw_token, start, put_block, upload, commit, withdraw, proof)
