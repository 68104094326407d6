"""The signed contract (书面合同), within thirty days of the award letter and of the bid's substance (招标投标法 46).

The tenderer records it, the winner confirms it; then the lot is contracted and the deposits' days begin (TBR 57).
"""

import datetime as dt
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries
from trading.awards.errors import (
    AmountDiffers,
    BondTooHigh,
    ContractAnswered,
    ContractStanding,
    ContractUnknown,
    LettersNotOut,
    SignedOutside,
)
from trading.awards.events import Contracted
from trading.awards.models import ContractAnswerRow, ContractRow, LetterRow
from trading.awards.reads import contract_of, outcome
from trading.awards.store import demand_tenderer, locked_lot, rules_of, standing_decision
from trading.funds import services as refunds
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.money import format_yuan
from trading.kernel.objects import ObjectStore
from trading.kernel.outbox import emit
from trading.projects import service as project_service
from trading.projects.calendar import local_day
from trading.records import service as records
from trading.web.fields import Upload

CONTRACT_RECORD = "contract"


async def record_contract(
    session: AsyncSession,
    actor: Actor,
    objects: ObjectStore,
    *,
    lot_id: UUID,
    file: Upload,
    amount_fen: int,
    bond_fen: int,
    signed_on: dt.date,
) -> UUID:
    """The signed file with what it says; a price other than the bid's is refused, a late one is taken and marked."""
    lot = await locked_lot(session, lot_id)
    demand_tenderer(actor, lot)
    decision = await standing_decision(session, lot_id)
    letter = await session.scalar(
        select(LetterRow).where(LetterRow.decision_id == decision.id, LetterRow.kind == "award")
    )
    if letter is None or letter.contract_by is None:
        raise LettersNotOut
    standing = await contract_of(session, decision.id)
    if standing is not None and standing.outcome != "declined":
        raise ContractStanding
    if not file.data:
        raise Invalid({"file": FieldProblem("web.bad_file")})
    award = (await outcome(session, lot_id)).award
    price = award.winner.price_fen if award else None
    now = await platform_now(session)
    profile, today = await rules_of(session, lot), local_day(now)
    if amount_fen != price:
        article = profile.parameter("contract_substance", today).article
        raise AmountDiffers(amount=format_yuan(amount_fen), bid=format_yuan(price or 0), article=article)
    bond = profile.parameter("performance_bond", today)
    if bond_fen * 100 > amount_fen * bond.value:
        most = format_yuan(amount_fen * bond.value // 100)
        raise BondTooHigh(most=most, percent=bond.value, article=bond.article)
    if not local_day(decision.decided_at) <= signed_on <= today:
        raise SignedOutside(earliest=local_day(decision.decided_at), latest=today)
    late = signed_on >= local_day(letter.contract_by)
    digest = await objects.put(file.data, file.media_type)
    readers = {lot.tenderer_org_id, *([letter.org_id] if letter.org_id else [])}
    subject, contract_id = f"lot:{lot_id}", new_id()
    record = await records.keep(
        session,
        actor,
        subject=subject,
        kind=CONTRACT_RECORD,
        name=file.name,
        media_type=file.media_type,
        digest=digest,
        size=len(file.data),
        readers=readers,
    )
    shown = {
        "contract": str(contract_id),
        "decision": str(decision.id),
        "digest": digest,
        "amount_fen": amount_fen,
        "bond_fen": bond_fen,
        "signed_on": signed_on.isoformat(),
        "late": late,
    }
    entry = await append(session, actor, entries.CONTRACT_RECORDED, subject=subject, payload=shown, at=now)
    count = select(func.count()).select_from(ContractRow).where(ContractRow.decision_id == decision.id)
    session.add(
        ContractRow(
            id=contract_id,
            decision_id=decision.id,
            number=(await session.scalar(count) or 0) + 1,
            record_id=record,
            digest=digest,
            amount_fen=amount_fen,
            bond_fen=bond_fen,
            signed_on=signed_on,
            late=late,
            recorded_by=actor.person_id,
            recorded_at=now,
            entry_id=entry,
        )
    )
    await session.flush()
    return contract_id


async def answer_contract(
    session: AsyncSession,
    actor: Actor,
    *,
    lot_id: UUID,
    contract_id: UUID,
    outcome_: Literal["confirmed", "declined"],
    reason: str,
) -> None:
    """The winner says that this is what it signed, or that it is not and why; a confirmed one stands."""
    await locked_lot(session, lot_id)
    decision = await standing_decision(session, lot_id)
    found = await outcome(session, lot_id)
    contract = found.contract
    own = found.of(actor.org_id)
    if contract is None or contract.id != contract_id or own is None or own.env != decision.env:
        raise ContractUnknown
    if contract.outcome != "open":
        raise ContractAnswered
    if outcome_ == "declined" and not reason.strip():
        raise Invalid({"reason": FieldProblem("web.required")})
    now = await platform_now(session)
    subject = f"lot:{lot_id}"
    action = entries.CONTRACT_CONFIRMED if outcome_ == "confirmed" else entries.CONTRACT_DECLINED
    shown = {"contract": str(contract_id), "digest": contract.digest}
    entry = await append(session, actor, action, subject=subject, payload=shown, at=now)
    session.add(
        ContractAnswerRow(
            contract_id=contract_id,
            outcome=outcome_,
            reason=reason.strip(),
            answered_by=actor.person_id,
            answered_at=now,
            entry_id=entry,
        )
    )
    await session.flush()
    if outcome_ == "declined":
        return
    await project_service.advance_lot(session, actor, lot_id=lot_id, verb="contract")
    await project_service.mark_milestone(session, actor, subject=subject, key="contract", entry_id=entry)
    await refunds.plan_refunds(session, actor, lot_id=lot_id, cause="contract", act=(entry, now))
    await emit(session, Contracted(lot_id=lot_id, contract_id=contract_id))
