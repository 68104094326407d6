"""Refunds for programs: a depositor's own, finance's due list and files, the bank's orders and outcomes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import services
from trading.funds.errors import BatchStale, NothingToRefund
from trading.funds.forms import AccountForm, ApproveForm, BatchForm, DeclineForm, RequestForm, WithholdForm
from trading.funds.pages.ledger import READERS
from trading.funds.payment_file import Outcomes
from trading.funds.reads import closed_lot, own_deposit
from trading.funds.reads import refunds as reads
from trading.funds.types import BatchView, PayoutView, RefundView, RequestView
from trading.kernel.db import Database
from trading.kernel.identity import allow
from trading.projects import reads as projects
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import download

FINANCE, BANK, BIDDER, TENDERER = allow("finance"), allow("bank"), allow("bidder"), allow("tenderer")
_CSV = "text/csv; charset=utf-8"
_GRAIN_SECONDS = 0.5
"""A bank is answered at a whole half second: what it has to do for running lots takes no readable time."""
_Result = TypeVar("_Result")


class Refunds(msgspec.Struct, frozen=True):
    """Refunds, the most urgent first."""

    items: tuple[RefundView, ...]


class Created(msgspec.Struct, frozen=True):
    """What was made."""

    id: UUID


class Taken(msgspec.Struct, frozen=True):
    """The bank was heard; whether it told anything new is not said."""

    received: int


@get("/v1/lots/{lot_id:uuid}/deposit/refunds", opt=BIDDER)
async def own_refunds(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Refunds]:
    """What becomes of one's own organisation's money."""
    await projects.lot(session, lot_id)
    return Answer(Refunds(await reads.own_refunds(session, actor, lot_id)))


@get("/v1/lots/{lot_id:uuid}/deposit/request", opt=BIDDER)
async def own_request(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[RequestView]:
    """The digest to sign to take the deposit back before the deadline, and whether that is done."""
    own = await own_deposit(session, actor, lot_id)
    if own.number is None:
        raise NothingToRefund
    return Answer(await reads.own_request(session, actor, await projects.lot(session, lot_id), own.number))


@post("/v1/lots/{lot_id:uuid}/deposit/request", opt=BIDDER, status_code=HTTP_201_CREATED)
async def request_refund(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Answer[RequestView]:
    """撤回保证金; a blind act."""
    form = await parse(request, RequestForm)
    made = await services.request_refund(
        session, actor, lot_id=lot_id, fingerprint=form.fingerprint, signature=form.signature
    )
    return Answer(made, status_code=HTTP_201_CREATED)


@get("/v1/finance/refunds", opt=READERS)
async def open_refunds(session: Session) -> Answer[Refunds]:
    """Everything that closed lots still owe."""
    return Answer(Refunds(await reads.open_refunds(session)))


@get("/v1/finance/lots/{lot_id:uuid}/refunds", opt=READERS)
async def lot_refunds(session: Session, lot_id: FromPath[UUID]) -> Answer[Refunds]:
    """A closed lot's refunds, paid ones and what is kept among them."""
    await closed_lot(session, lot_id)
    return Answer(Refunds(await reads.refunds_of_lot(session, lot_id)))


@post("/v1/finance/lots/{lot_id:uuid}/batches", opt=FINANCE, status_code=HTTP_201_CREATED)
async def prepare(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Answer[BatchView]:
    """Prepare a payment file."""
    form = await parse(request, BatchForm)
    await closed_lot(session, lot_id)
    made = await services.prepare_batch(session, actor, lot_id=lot_id, refunds=form.refunds, value_on=form.value_on)
    return Answer(made, status_code=HTTP_201_CREATED)


@get("/v1/finance/batches/{batch_id:uuid}", opt=READERS)
async def batch(session: Session, batch_id: FromPath[UUID]) -> Answer[BatchView]:
    """A payment file with its refunds."""
    return Answer(await reads.batch(session, batch_id))


@get("/v1/finance/batches/{batch_id:uuid}/file", opt=FINANCE)
async def batch_file(session: Session, batch_id: FromPath[UUID]) -> Response[bytes]:
    """The file as the bank's program takes it; its SHA-256 is in the journal."""
    found = await reads.batch(session, batch_id)
    return download(services.file_of(found), f"payments-{found.id}.csv", _CSV)


@post("/v1/finance/batches/{batch_id:uuid}/approve", opt=FINANCE, status_code=HTTP_200_OK)
async def approve(
    request: WebRequest, session: Session, actor: CurrentActor, batch_id: FromPath[UUID]
) -> Answer[BatchView]:
    """复核通过, by another person than who prepared, of the very file with this digest."""
    form = await parse(request, ApproveForm)
    found = await reads.batch(session, batch_id)
    if form.digest != found.digest:
        raise BatchStale(value_on=found.value_on)
    return Answer(await services.decide_batch(session, actor, batch_id=batch_id, approved=True))


@post("/v1/finance/batches/{batch_id:uuid}/decline", opt=FINANCE, status_code=HTTP_200_OK)
async def decline(
    request: WebRequest, session: Session, actor: CurrentActor, batch_id: FromPath[UUID]
) -> Answer[BatchView]:
    """退回: its refunds wait again."""
    form = await parse(request, DeclineForm)
    made = await services.decide_batch(session, actor, batch_id=batch_id, approved=False, reason=form.reason)
    return Answer(made)


@post("/v1/finance/refunds/{refund_id:uuid}/ask", opt=FINANCE, status_code=HTTP_200_OK)
async def ask(session: Session, actor: CurrentActor, refund_id: FromPath[UUID]) -> Answer[RefundView]:
    """Have the bank asked; nothing is paid by this."""
    await services.ask_bank(session, actor, refund_id=refund_id)
    return Answer(await reads.refund(session, refund_id))


@post("/v1/finance/refunds/{refund_id:uuid}/accounts", opt=FINANCE, status_code=HTTP_201_CREATED)
async def propose(
    request: WebRequest, session: Session, actor: CurrentActor, refund_id: FromPath[UUID]
) -> Answer[PayoutView]:
    """Another account, after a refusal."""
    form = await parse(request, AccountForm)
    made = await services.propose_account(session, actor, refund_id=refund_id, account=form.account, reason=form.reason)
    return Answer(made, status_code=HTTP_201_CREATED)


@post("/v1/finance/refunds/{refund_id:uuid}/accounts/{payout_id:uuid}/confirm", opt=FINANCE, status_code=HTTP_200_OK)
async def confirm(
    session: Session, actor: CurrentActor, refund_id: FromPath[UUID], payout_id: FromPath[UUID]
) -> Answer[PayoutView]:
    """By another person."""
    return Answer(await services.confirm_account(session, actor, refund_id=refund_id, payout_id=payout_id))


@post("/v1/lots/{lot_id:uuid}/withholdings", opt=TENDERER, status_code=HTTP_201_CREATED)
async def withhold(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Answer[Created]:
    """不予退还, by the tenderer on a ground of law."""
    form = await parse(request, WithholdForm)
    made = await services.withhold_deposit(
        session, actor, lot_id=lot_id, org_id=form.org_id, ground=form.ground, reason=form.reason
    )
    return Answer(Created(made), status_code=HTTP_201_CREATED)


@post("/v1/bank/orders", opt=BANK, status_code=HTTP_200_OK)
async def orders(request: WebRequest, actor: CurrentActor) -> Response[bytes]:
    """What the bank is to pay, and what it is asked: a CSV of whole pages. Sent is committed before it leaves."""

    async def collected(session: AsyncSession) -> bytes:
        return await services.collect_orders(session, actor)

    return Response(await _in_even_time(request, collected), media_type=_CSV)


@post("/v1/bank/outcomes", opt=BANK, status_code=HTTP_200_OK)
async def outcomes(request: WebRequest, actor: CurrentActor) -> Answer[Taken]:
    """What became of orders; heard once however often it is told."""
    told = await parse(request, Outcomes)

    async def heard(session: AsyncSession) -> None:
        await services.take_outcomes(session, actor, outcomes=told.outcomes)

    await _in_even_time(request, heard)
    return Answer(Taken(len(told.outcomes)))


async def _in_even_time(request: WebRequest, work: Callable[[AsyncSession], Awaitable[_Result]]) -> _Result:
    begun = time.monotonic()
    database: Database = request.app.state.database
    async with database.transaction() as session:
        result = await work(session)
    await asyncio.sleep(_GRAIN_SECONDS - (time.monotonic() - begun) % _GRAIN_SECONDS)
    return result


ROUTES = (
    own_refunds,
    own_request,
    request_refund,
    open_refunds,
    lot_refunds,
    prepare,
    batch,
    batch_file,
    approve,
    decline,
    ask,
    propose,
    confirm,
    withhold,
    orders,
    outcomes,
)
