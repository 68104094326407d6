"""Refunds in pages of finance (退款): what is due until when, payment files, one refund with all its attempts."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import services
from trading.funds.errors import BatchStale
from trading.funds.forms import AccountForm, ApproveForm, BatchForm, DeclineForm
from trading.funds.pages.ledger import READERS, words
from trading.funds.reads import closed_lot
from trading.funds.reads import refunds as reads
from trading.funds.services.batching import PAYABLE
from trading.funds.types import RefundView
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, allow
from trading.kernel.money import format_yuan
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.web.formats import local
from trading.web.forms import Form, NoInput, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import csv, download, page, redirect

LIST, BATCH, ONE, APPROVE = "funds/refunds.html", "funds/batch.html", "funds/refund.html", "funds/approve.html"
FINANCE = allow("finance")


async def _due_context(session: AsyncSession) -> dict[str, Any]:
    found = await reads.open_refunds(session)
    by_lot: dict[UUID, list[RefundView]] = {}
    for item in found:
        by_lot.setdefault(item.lot_id, []).append(item)
    now = await platform_now(session)
    lots = await projects.lots_by_id(session, by_lot.keys())
    return {
        "groups": [(lots[lot_id], items, [i for i in items if i.state in PAYABLE]) for lot_id, items in by_lot.items()],
        "batches": await reads.batches(session),
        "at": now,
        "today": local_day(now),
        "owed_fen": sum(item.principal_fen for item in found),
    }


@get(["/finance/refunds", "/finance/refunds.csv"], opt=READERS)
async def due(request: WebRequest, session: Session) -> Response[bytes]:
    """The due list with its clocks, and the payment files."""
    if request.url.path.endswith(".csv"):
        found = await reads.open_refunds(session)
        return statement(request, "refunds.csv", found)
    return page(request, LIST, form=Form(BatchForm), **await _due_context(session))


def statement(request: WebRequest, name: str, found: tuple[RefundView, ...]) -> Response[bytes]:
    """Refunds as a table for a spreadsheet: one line each, with its last attempt."""
    say = words(request)
    keys = ("holder", "paid_on", "principal", "cause", "due", "interest", "refunded", "refunded_at", "state")
    rows = []
    for item in found:
        last = item.last
        rows.append(
            (
                item.org_name,
                item.paid_on.isoformat(),
                format_yuan(item.principal_fen).replace(",", ""),
                say(f"funds.cause.{item.cause}"),
                f"{local(item.due_at):%Y-%m-%d %H:%M}" if item.due_at else "",
                format_yuan(last.interest_fen).replace(",", "") if last else "",
                format_yuan(last.amount_fen).replace(",", "") if last and item.state == "paid" else "",
                f"{local(last.ended_at):%Y-%m-%d %H:%M}" if last and last.ended_at else "",
                say(f"funds.refund.{item.state}"),
            )
        )
    return csv(name, [say(f"funds.column.{key}") for key in keys], rows)


@post("/finance/lots/{lot_id:uuid}/batches", opt=FINANCE)
async def prepare(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """制单."""
    form = await parse(request, BatchForm, LIST, **await _due_context(session))
    await closed_lot(session, lot_id)
    made = await services.prepare_batch(session, actor, lot_id=lot_id, refunds=form.refunds, value_on=form.value_on)
    return redirect(f"/finance/batches/{made.id}", flash="funds.prepared")


async def _batch_context(session: AsyncSession, actor: Actor, batch_id: UUID) -> dict[str, Any]:
    found = await reads.batch(session, batch_id)
    return {
        "batch": found,
        "lot": await projects.lot(session, found.lot_id),
        "at": await platform_now(session),
        "mine": actor.person_id == found.prepared_by,
        "payments": [
            (item, payment) for item in found.refunds for payment in item.payments if payment.batch_id == found.id
        ],
    }


@get("/finance/batches/{batch_id:uuid}", opt=READERS)
async def batch(
    request: WebRequest, session: Session, actor: CurrentActor, batch_id: FromPath[UUID]
) -> Response[bytes]:
    """A payment file, what became of each order, and what may be done with it."""
    context = await _batch_context(session, actor, batch_id)
    return page(request, BATCH, form=Form(DeclineForm), finance=actor.has("finance"), **context)


@get("/finance/batches/{batch_id:uuid}/file", opt=FINANCE)
async def file(session: Session, batch_id: FromPath[UUID]) -> Response[bytes]:
    """The file for the bank."""
    found = await reads.batch(session, batch_id)
    return download(services.file_of(found), f"payments-{found.id}.csv", "text/csv; charset=utf-8")


@get("/finance/batches/{batch_id:uuid}/approve", opt=FINANCE)
async def ask_approve(
    request: WebRequest, session: Session, actor: CurrentActor, batch_id: FromPath[UUID]
) -> Response[bytes]:
    """The confirmation before money goes."""
    demand_step_up(actor)
    return page(request, APPROVE, form=Form(ApproveForm), **await _batch_context(session, actor, batch_id))


@post("/finance/batches/{batch_id:uuid}/approve", opt=FINANCE)
async def approve(
    request: WebRequest, session: Session, actor: CurrentActor, batch_id: FromPath[UUID]
) -> Response[Any]:
    """复核: the very file that was shown."""
    context = await _batch_context(session, actor, batch_id)
    form = await parse(request, ApproveForm, APPROVE, **context)
    if form.digest != context["batch"].digest:
        raise BatchStale(value_on=context["batch"].value_on)
    await services.decide_batch(session, actor, batch_id=batch_id, approved=True)
    return redirect(f"/finance/batches/{batch_id}", flash="funds.approved")


@post("/finance/batches/{batch_id:uuid}/decline", opt=FINANCE)
async def decline(
    request: WebRequest, session: Session, actor: CurrentActor, batch_id: FromPath[UUID]
) -> Response[Any]:
    """退回."""
    context = await _batch_context(session, actor, batch_id)
    form = await parse(request, DeclineForm, BATCH, finance=True, **context)
    await services.decide_batch(session, actor, batch_id=batch_id, approved=False, reason=form.reason)
    return redirect(f"/finance/batches/{batch_id}", flash="funds.declined")


async def _one_context(session: AsyncSession, actor: Actor, refund_id: UUID) -> dict[str, Any]:
    found = await reads.refund(session, refund_id)
    return {
        "item": found,
        "lot": await projects.lot(session, found.lot_id),
        "at": await platform_now(session),
        "payouts": await reads.payouts(session, [refund_id]),
        "me": actor.person_id,
        "finance": actor.has("finance"),
    }


@get("/finance/refunds/{refund_id:uuid}", opt=READERS)
async def one(request: WebRequest, session: Session, actor: CurrentActor, refund_id: FromPath[UUID]) -> Response[bytes]:
    """A refund: its clock, its attempts, other accounts."""
    return page(request, ONE, form=Form(AccountForm), **await _one_context(session, actor, refund_id))


@post("/finance/refunds/{refund_id:uuid}/ask", opt=FINANCE)
async def ask(request: WebRequest, session: Session, actor: CurrentActor, refund_id: FromPath[UUID]) -> Response[Any]:
    """查询结果."""
    await parse(request, NoInput, ONE, **await _one_context(session, actor, refund_id))
    await services.ask_bank(session, actor, refund_id=refund_id)
    return redirect(f"/finance/refunds/{refund_id}", flash="funds.asked")


@post("/finance/refunds/{refund_id:uuid}/accounts", opt=FINANCE)
async def propose(
    request: WebRequest, session: Session, actor: CurrentActor, refund_id: FromPath[UUID]
) -> Response[Any]:
    """Another account."""
    form = await parse(request, AccountForm, ONE, **await _one_context(session, actor, refund_id))
    await services.propose_account(session, actor, refund_id=refund_id, account=form.account, reason=form.reason)
    return redirect(f"/finance/refunds/{refund_id}", flash="funds.proposed")


@post("/finance/refunds/{refund_id:uuid}/accounts/{payout_id:uuid}/confirm", opt=FINANCE)
async def confirm(
    request: WebRequest, session: Session, actor: CurrentActor, refund_id: FromPath[UUID], payout_id: FromPath[UUID]
) -> Response[Any]:
    """By another person."""
    await parse(request, NoInput, ONE, **await _one_context(session, actor, refund_id))
    await services.confirm_account(session, actor, refund_id=refund_id, payout_id=payout_id)
    return redirect(f"/finance/refunds/{refund_id}", flash="funds.confirmed")


ROUTES = (due, prepare, batch, file, ask_approve, approve, decline, one, ask, propose, confirm)
