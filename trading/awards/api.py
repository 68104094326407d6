"""The result of a lot for programs: the same verbs as the pages, problem+json for every refusal."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import forms, reads, service
from trading.awards.errors import LetterUnknown, ObjectionUnknown, OutcomeUnknown
from trading.awards.rules import Plan
from trading.awards.types import Letter, Outcome
from trading.kernel.identity import PUBLIC, SIGNED_IN, Actor, allow
from trading.projects import reads as projects
from trading.projects.types import LotView
from trading.records.reads import readable_record
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Keys, Objects, Session, WebRequest
from trading.web.responses import download

SIDE = allow("tenderer", "agency")
TENDERER = allow("tenderer")
BIDDER = allow("bidder")
_BASE = "/v1/lots/{lot_id:uuid}/result"


class Raised(msgspec.Struct, frozen=True):
    """An objection was taken: its id and the signed receipt, exact text."""

    id: UUID
    receipt: str


async def visible(session: AsyncSession, actor: Actor, lot_id: UUID) -> tuple[LotView, Outcome]:
    """A lot's outcome as far as this reader may see it."""
    lot = await projects.lot(session, lot_id)
    found = reads.seen_by(await reads.outcome(session, lot_id), actor, lot)
    if found is None:
        raise OutcomeUnknown
    return lot, found


async def readable_letter(session: AsyncSession, actor: Actor, letter_id: UUID) -> tuple[LotView, Outcome, Letter]:
    """A letter for its addressee, the tenderer's side and the staff."""
    held = await reads.letter(session, letter_id)
    if held is None:
        raise LetterUnknown
    lot, found = await visible(session, actor, held[1])
    if all(item.id != letter_id for item in found.letters):
        raise LetterUnknown
    return lot, found, held[0]


@get(_BASE, opt=PUBLIC)
async def result(session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Outcome]:
    """The outcome as far as it has come, and as far as the caller may see it."""
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/publicity", opt=SIDE, status_code=200)
async def publicise(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]
) -> Answer[Outcome]:
    """公示中标候选人."""
    form = await parse(request, forms.PlanForm)
    await service.plan_publicity(session, actor, lot_id=lot_id, plan=Plan(form.starts_on, form.ends_on))
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/objections", opt=BIDDER, status_code=201)
async def object_(
    request: WebRequest, session: Session, actor: CurrentActor, *, keys: Keys, lot_id: FromPath[UUID]
) -> Answer[Raised]:
    """提出异议; the same words again give the same objection."""
    form = await parse(request, forms.ObjectionForm)
    row, fresh = await service.raise_objection(
        session, actor, lot_id=lot_id, words=form.text, interest=form.interest, signer=keys.receipt
    )
    return Answer(Raised(row.id, row.receipt.decode()), status_code=201 if fresh else 200)


@get(f"{_BASE}/objections/{{objection_id:uuid}}/receipt", opt=BIDDER)
async def objection_receipt(
    session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[bytes]:
    """The receipt again, for whose objection it is."""
    await visible(session, actor, lot_id)
    held = await reads.receipt_of(session, actor, objection_id)
    if held is None:
        raise ObjectionUnknown
    return download(held, f"objection-{objection_id}.json", "application/json")


@post(f"{_BASE}/objections/{{objection_id:uuid}}/withdraw", opt=BIDDER, status_code=200)
async def withdraw(
    session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Answer[Outcome]:
    """撤回异议."""
    await service.withdraw_objection(session, actor, lot_id=lot_id, objection_id=objection_id)
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/objections/{{objection_id:uuid}}/answer", opt=SIDE, status_code=200)
async def answer(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Answer[Outcome]:
    """答复异议."""
    form = await parse(request, forms.AnswerForm)
    await service.answer_objection(
        session, actor, lot_id=lot_id, objection_id=objection_id, outcome=form.outcome, words=form.text
    )
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/award", opt=TENDERER, status_code=200)
async def award(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Outcome]:
    """定标."""
    form = await parse(request, forms.AwardForm)
    over = [item.plain() for item in form.passed_over]
    await service.decide_award(session, actor, lot_id=lot_id, rank=form.rank, reasons=form.reasons, passed_over=over)
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/award/annul", opt=TENDERER, status_code=200)
async def annul(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Answer[Outcome]:
    """The award falls on a ground of the law."""
    form = await parse(request, forms.AnnulForm)
    await service.annul_award(session, actor, lot_id=lot_id, ground=form.ground, reason=form.reason)
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/report", opt=SIDE, status_code=200)
async def report(
    request: WebRequest, session: Session, actor: CurrentActor, *, objects: Objects, lot_id: FromPath[UUID]
) -> Answer[Outcome]:
    """提交招标投标情况书面报告."""
    form = await parse(request, forms.ReportForm)
    await service.submit_report(session, actor, objects, lot_id=lot_id, remarks=form.remarks)
    return Answer((await visible(session, actor, lot_id))[1])


@post(f"{_BASE}/contract", opt=TENDERER, status_code=201, request_max_body_size=forms.MOST_CONTRACT)
async def contract(
    request: WebRequest, session: Session, actor: CurrentActor, *, objects: Objects, lot_id: FromPath[UUID]
) -> Answer[dict[str, Any]]:
    """登记合同: a form with `file`, or JSON with base64."""
    form = await parse(request, forms.ContractForm)
    made = await service.record_contract(
        session,
        actor,
        objects,
        lot_id=lot_id,
        file=form.file,
        amount_fen=form.amount_fen,
        bond_fen=form.bond_fen,
        signed_on=form.signed_on,
    )
    return Answer({"id": made})


@post(f"{_BASE}/contract/{{contract_id:uuid}}/answer", opt=BIDDER, status_code=200)
async def answer_contract(
    request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID], contract_id: FromPath[UUID]
) -> Answer[Outcome]:
    """The winner confirms the contract, or declines it with a reason."""
    form = await parse(request, forms.ContractAnswerForm)
    await service.answer_contract(
        session, actor, lot_id=lot_id, contract_id=contract_id, outcome_=form.outcome, reason=form.reason
    )
    return Answer((await visible(session, actor, lot_id))[1])


@get("/v1/letters/{letter_id:uuid}", opt=SIGNED_IN)
async def letter(session: Session, actor: CurrentActor, letter_id: FromPath[UUID]) -> Answer[Letter]:
    """A letter; that its addressee has opened it is journalled."""
    lot, _, held = await readable_letter(session, actor, letter_id)
    await service.note_delivery(session, actor, lot_id=lot.id, letter_id=held.id, how="opened")
    return Answer(held)


@get("/letters/{letter_id:uuid}/file", opt=SIGNED_IN)
async def letter_file(
    session: Session, actor: CurrentActor, *, objects: Objects, letter_id: FromPath[UUID]
) -> Response[bytes]:
    """The sealed PDF, the same address for people and programs; the addressee's download is journalled."""
    lot, _, held = await readable_letter(session, actor, letter_id)
    record = await readable_record(session, actor, await reads.letter_record(session, letter_id))
    await service.note_delivery(session, actor, lot_id=lot.id, letter_id=held.id, how="downloaded")
    return download(await objects.get(record.digest), record.name, record.media_type)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    result,
    publicise,
    object_,
    objection_receipt,
    withdraw,
    answer,
    award,
    annul,
    report,
    contract,
    answer_contract,
    letter,
    letter_file,
)
