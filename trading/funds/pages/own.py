"""A depositor's refund (退还) and the tenderer's decision to keep a deposit (不予退还)."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import services
from trading.funds.errors import NothingToRefund, NotTheTenderer
from trading.funds.forms import WithholdForm
from trading.funds.pages.refunds import statement
from trading.funds.reads import closed_lot, lot_deposits, own_deposit
from trading.funds.reads import refunds as reads
from trading.funds.services.planning import rules_of
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, allow
from trading.parties import reads as parties
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect

REQUEST, WITHHOLD = "funds/request.html", "funds/withhold.html"
BIDDER, TENDERER = allow("bidder"), allow("tenderer")


@get("/lots/{lot_id:uuid}/deposit/refunds.csv", opt=BIDDER)
async def own_statement(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """One's own money in a table: what came, what is due, what was paid."""
    await projects.lot(session, lot_id)
    return statement(request, f"deposit-{lot_id}.csv", await reads.own_refunds(session, actor, lot_id))


@get("/lots/{lot_id:uuid}/deposit/request", opt=BIDDER)
async def ask(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """What taking the deposit back means, and the signature under it."""
    lot = await projects.lot(session, lot_id)
    own = await own_deposit(session, actor, lot_id)
    if own.number is None or not own.lines or actor.person_id is None:
        raise NothingToRefund
    asked = await reads.own_request(session, actor, lot, own.number)
    certificates = [
        item for item in await parties.certificates_of(session, actor.person_id) if item.org_id == actor.org_id
    ]
    at = await platform_now(session)
    return page(request, REQUEST, lot=lot, deposit=own, asked=asked, certificates=certificates, at=at)


async def _withhold_context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    lot = await closed_lot(session, lot_id)
    if actor.org_id != lot.tenderer_org_id:
        raise NotTheTenderer
    planned = {item.org_id for item in await reads.refunds_of_lot(session, lot_id) if item.outcome == "matched"}
    held = [item for item in await lot_deposits(session, lot_id) if item.state == "matched"]
    return {
        "lot": lot,
        "holders": [item for item in held if item.org_id not in planned],
        "kept": [item for item in await reads.refunds_of_lot(session, lot_id) if item.cause == "withheld"],
        "grounds": (await rules_of(session, lot)).withholding,
    }


@get("/lots/{lot_id:uuid}/withholding", opt=TENDERER)
async def ask_withhold(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """Whose deposit, on which ground of law, why."""
    demand_step_up(actor)
    return page(request, WITHHOLD, form=Form(WithholdForm), **await _withhold_context(session, actor, lot_id))


@post("/lots/{lot_id:uuid}/withholding", opt=TENDERER)
async def withhold(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """不予退还."""
    form = await parse(request, WithholdForm, WITHHOLD, **await _withhold_context(session, actor, lot_id))
    await services.withhold_deposit(
        session, actor, lot_id=lot_id, org_id=form.org_id, ground=form.ground, reason=form.reason
    )
    return redirect(f"/lots/{lot_id}/withholding", flash="funds.withheld")


ROUTES = (own_statement, ask, ask_withhold, withhold)
