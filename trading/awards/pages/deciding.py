"""What the tenderer does about a result in pages: publicity, award behind a confirmation, report, contract.

And the one answer that is the winner's: whether the recorded contract is what it signed.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import rules, service
from trading.awards.api import BIDDER, SIDE, TENDERER
from trading.awards.errors import ContractUnknown
from trading.awards.forms import (
    MOST_CONTRACT,
    AnnulForm,
    AwardForm,
    ContractAnswerForm,
    ContractForm,
    PlanForm,
    ReportForm,
)
from trading.awards.pages.showing import blank, result_context
from trading.awards.store import demand_side, demand_tenderer, rules_of
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.money import format_yuan
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Objects, Session, WebRequest
from trading.web.responses import page, redirect

PLAN, AWARD, ANNUL = "awards/publicity.html", "awards/award.html", "awards/annul.html"
REPORT, CONTRACT, CONFIRM = "awards/report.html", "awards/contract.html", "awards/contract_answer.html"


async def _sides(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    """For pages of the tenderer's side: to others a public result says that it is not theirs."""
    context = await result_context(session, actor, lot_id)
    demand_side(actor, context["lot"])
    return context


async def _tenderers(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    """For pages of the tenderer alone."""
    context = await result_context(session, actor, lot_id)
    demand_tenderer(actor, context["lot"])
    return context


async def _winners(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    """For pages of who won; nobody else has a contract here."""
    context = await result_context(session, actor, lot_id)
    award, own = context["result"].award, context["own"]
    if award is None or own is None or award.winner.env != own.env:
        raise ContractUnknown
    return context


@get("/lots/{lot_id:uuid}/result/publicity", opt=SIDE)
async def plan(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """The days, proposed as early and as short as the law allows."""
    context = await _sides(session, actor, lot_id)
    today = local_day(await platform_now(session))
    profile = await rules_of(session, context["lot"])
    proposed = rules.propose(profile, await projects.calendar(session), today)
    form = blank(PlanForm, **msgspec.to_builtins(proposed))
    return page(request, PLAN, form=form, **context)


@post("/lots/{lot_id:uuid}/result/publicity", opt=SIDE)
async def publicise(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[Any]:
    """公示."""
    form = await parse(request, PlanForm, PLAN, **await _sides(session, actor, lot_id))
    await service.plan_publicity(session, actor, lot_id=lot_id, plan=rules.Plan(form.starts_on, form.ends_on))
    return redirect(f"/lots/{lot_id}/result", flash="awards.planned")


async def _award_context(session: Session, actor: CurrentActor, lot_id: UUID, rank: int) -> dict[str, Any]:
    context = await _tenderers(session, actor, lot_id)
    profile = await rules_of(session, context["lot"])
    project = await projects.project(session, context["lot"].project_id)
    found = context["result"]
    fallen = {item.winner.rank for item in found.annulled}
    standing = [item for item in found.candidates if item.rank not in fallen]
    winner = next((item for item in standing if item.rank == rank), standing[0] if standing else None)
    return context | {
        "winner": winner,
        "standing": standing,
        "better": [item for item in standing if winner and item.rank < winner.rank],
        "lawful": profile.award.lawful(project.funding) if profile.award else (),
        "dominated": bool(profile.award and project.funding in profile.award.first_ranked),
        "first_rule": profile.parameter("first_ranked", local_day(await platform_now(session))),
    }


@get("/lots/{lot_id:uuid}/result/award", opt=TENDERER)
async def ask_award(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], rank: FromQuery[int] = 1
) -> Response[bytes]:
    """The confirmation of an award: who wins at which price, on which grounds better-ranked candidates do not."""
    demand_step_up(actor)
    context = await _award_context(session, actor, lot_id, rank)
    typed = {"rank": context["winner"].rank if context["winner"] else rank}
    typed |= {f"passed_over.{index}.rank": item.rank for index, item in enumerate(context["better"])}
    return page(request, AWARD, form=blank(AwardForm, **typed), **context)


@post("/lots/{lot_id:uuid}/result/award", opt=TENDERER)
async def award(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """定标."""
    chosen = (await request.form()).get("rank", "1")
    rank = int(chosen) if isinstance(chosen, str) and chosen.isdecimal() and len(chosen) < 4 else 1
    form = await parse(request, AwardForm, AWARD, **await _award_context(session, actor, lot_id, rank))
    over = [item.plain() for item in form.passed_over]
    await service.decide_award(session, actor, lot_id=lot_id, rank=form.rank, reasons=form.reasons, passed_over=over)
    return redirect(f"/lots/{lot_id}/result", flash="awards.awarded")


@get("/lots/{lot_id:uuid}/result/award/annul", opt=TENDERER)
async def ask_annul(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """The ground on which an award falls."""
    demand_step_up(actor)
    context = await _award_context(session, actor, lot_id, 1)
    return page(request, ANNUL, form=Form(AnnulForm), **context)


@post("/lots/{lot_id:uuid}/result/award/annul", opt=TENDERER)
async def annul(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Let it fall."""
    form = await parse(request, AnnulForm, ANNUL, **await _award_context(session, actor, lot_id, 1))
    await service.annul_award(session, actor, lot_id=lot_id, ground=form.ground, reason=form.reason)
    return redirect(f"/lots/{lot_id}/result", flash="awards.annulled")


@get("/lots/{lot_id:uuid}/result/report", opt=SIDE)
async def ask_report(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """The report, put together by the platform, with room for remarks."""
    return page(request, REPORT, form=Form(ReportForm), **await _sides(session, actor, lot_id))


@post("/lots/{lot_id:uuid}/result/report", opt=SIDE)
async def report(
    request: WebRequest, session: Session, actor: CurrentActor, *, objects: Objects, lot_id: FromPath[UUID]
) -> Response[Any]:
    """提交报告."""
    form = await parse(request, ReportForm, REPORT, **await _sides(session, actor, lot_id))
    await service.submit_report(session, actor, objects, lot_id=lot_id, remarks=form.remarks)
    return redirect(f"/lots/{lot_id}/result", flash="awards.reported")


@get("/lots/{lot_id:uuid}/result/contract", opt=TENDERER)
async def ask_contract(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """The form of a signed contract, with the bid's price."""
    context = await _tenderers(session, actor, lot_id)
    award_ = context["result"].award
    price = format_yuan(award_.winner.price_fen).replace(",", "") if award_ else ""
    form = blank(ContractForm, amount_fen=price, bond_fen="0")
    return page(request, CONTRACT, form=form, **context)


@post("/lots/{lot_id:uuid}/result/contract", opt=TENDERER, request_max_body_size=MOST_CONTRACT)
async def contract(
    request: WebRequest, session: Session, actor: CurrentActor, *, objects: Objects, lot_id: FromPath[UUID]
) -> Response[Any]:
    """登记合同."""
    form = await parse(request, ContractForm, CONTRACT, **await _tenderers(session, actor, lot_id))
    await service.record_contract(
        session,
        actor,
        objects,
        lot_id=lot_id,
        file=form.file,
        amount_fen=form.amount_fen,
        bond_fen=form.bond_fen,
        signed_on=form.signed_on,
    )
    return redirect(f"/lots/{lot_id}/result#contract", flash="awards.contract_recorded")


@get("/lots/{lot_id:uuid}/result/contract/answer", opt=BIDDER)
async def ask_answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Response[bytes]:
    """The winner looks at what was recorded."""
    context = await _winners(session, actor, lot_id)
    return page(request, CONFIRM, form=Form(ContractAnswerForm), **context)


@post("/lots/{lot_id:uuid}/result/contract/{contract_id:uuid}/answer", opt=BIDDER)
async def answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], contract_id: FromPath[UUID]
) -> Response[Any]:
    """确认合同, or say why not."""
    form = await parse(request, ContractAnswerForm, CONFIRM, **await _winners(session, actor, lot_id))
    await service.answer_contract(
        session, actor, lot_id=lot_id, contract_id=contract_id, outcome_=form.outcome, reason=form.reason
    )
    return redirect(f"/lots/{lot_id}/result#contract", flash="awards.contract_answered")


ROUTES = (
    plan,
    publicise,
    ask_award,
    award,
    ask_annul,
    annul,
    ask_report,
    report,
    ask_contract,
    contract,
    ask_answer,
    answer,
)
