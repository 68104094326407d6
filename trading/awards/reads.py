"""Questions about a lot's outcome; who may see which part is for the pages and the API to ask here (`seen_by`)."""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards.errors import OutcomeUnknown
from trading.awards.models import (
    AnnulmentRow,
    BidderRow,
    ContractAnswerRow,
    ContractRow,
    DecisionRow,
    LetterReceiptRow,
    LetterRow,
    ObjectionEndRow,
    ObjectionRow,
    OutcomeRow,
    PublicityRow,
    ReportRow,
)
from trading.awards.store import bidders_of, decisions_of, objections_of, row_of, rules_of
from trading.awards.types import (
    Answered,
    Award,
    Bidder,
    Contract,
    Ended,
    Letter,
    Objection,
    Outcome,
    PassedOver,
    Publicity,
    Report,
)
from trading.kernel.identity import Actor
from trading.projects.rights import is_staff, manages
from trading.projects.types import LotView

__all__ = [
    "contract_of",
    "letter",
    "letter_record",
    "lots_of",
    "outcome",
    "outcome_if_any",
    "receipt_of",
    "rules_of",
    "seen_by",
]


async def outcome(session: AsyncSession, lot_id: UUID) -> Outcome:
    """Everything of a lot's outcome, for who may see all of it; `OutcomeUnknown` before the report."""
    found = await outcome_if_any(session, lot_id)
    if found is None:
        raise OutcomeUnknown
    return found


async def outcome_if_any(session: AsyncSession, lot_id: UUID) -> Outcome | None:
    """The same, None before the report."""
    row = await row_of(session, OutcomeRow, lot_id)
    if row is None:
        return None
    bidders = {item.env: _bidder(item) for item in await bidders_of(session, lot_id)}
    publicity = await row_of(session, PublicityRow, lot_id)
    objections = tuple(_objection(item, end) for item, end in await objections_of(session, lot_id))
    awards = [_award(item, end, bidders[item.env]) for item, end in await decisions_of(session, lot_id)]
    standing = next((item for item in awards if item.annulled_at is None), None)
    report = await row_of(session, ReportRow, standing.id) if standing else None
    return Outcome(
        lot_id=lot_id,
        report_digest=row.report_digest,
        received_at=row.received_at,
        bidders=tuple(bidders.values()),
        publicity=msgspec.convert(publicity, Publicity, from_attributes=True) if publicity else None,
        paused=any(item.outcome == "open" for item in objections),
        objections=objections,
        award=standing,
        annulled=tuple(item for item in awards if item.annulled_at is not None),
        letters=await _letters(session, lot_id, bidders),
        report=msgspec.convert(report, Report, from_attributes=True) if report else None,
        contract=await contract_of(session, standing.id) if standing else None,
    )


def seen_by(found: Outcome, actor: Actor, lot: LotView) -> Outcome | None:
    """What of it this reader may know: all for the tenderer's side and the staff; the public sees it once it is out.

    Objections are their own side's; to others only that one waits (`paused`). Letters are their addressees'.
    """
    if is_staff(actor) or manages(actor, lot.tenderer_org_id, lot.agency_org_id):
        return found
    if found.publicity_from is None:
        return None
    own = found.of(actor.org_id)
    contract = found.contract
    party = own is not None and found.award is not None and found.award.winner.env == own.env
    return msgspec.structs.replace(
        found,
        bidders=tuple(item for item in found.bidders if item.is_candidate or item == own),
        objections=tuple(item for item in found.objections if actor.org_id is not None and item.org_id == actor.org_id),
        letters=tuple(item for item in found.letters if actor.org_id is not None and item.org_id == actor.org_id),
        report=None,
        contract=contract if contract and (party or contract.outcome == "confirmed") else None,
    )


async def contract_of(session: AsyncSession, decision_id: UUID) -> Contract | None:
    """The last contract recorded for a decision."""
    query = (
        select(ContractRow, ContractAnswerRow)
        .outerjoin(ContractAnswerRow, ContractAnswerRow.contract_id == ContractRow.id)
        .where(ContractRow.decision_id == decision_id)
        .order_by(ContractRow.number.desc())
        .limit(1)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    return _contract(*found)


def _contract(row: ContractRow, answer: ContractAnswerRow | None) -> Contract:
    return Contract(
        id=row.id,
        record_id=row.record_id,
        digest=row.digest,
        amount_fen=row.amount_fen,
        bond_fen=row.bond_fen,
        signed_on=row.signed_on,
        recorded_at=row.recorded_at,
        late=row.late,
        outcome=msgspec.convert(answer.outcome if answer else "open", Answered),
        reason=answer.reason if answer else "",
        answered_at=answer.answered_at if answer else None,
    )


async def receipt_of(session: AsyncSession, actor: Actor, objection_id: UUID) -> bytes | None:
    """The signed receipt again, for whose objection it is."""
    row = await session.get(ObjectionRow, objection_id)
    return row.receipt if row is not None and actor.org_id is not None and row.org_id == actor.org_id else None


async def letter(session: AsyncSession, letter_id: UUID) -> tuple[Letter, UUID] | None:
    """A letter and its lot."""
    row = await session.get(LetterRow, letter_id)
    decision = await session.get(DecisionRow, row.decision_id) if row else None
    if decision is None:
        return None
    bidders = {item.env: _bidder(item) for item in await bidders_of(session, decision.lot_id)}
    found = await _letters(session, decision.lot_id, bidders)
    return next((item, decision.lot_id) for item in found if item.id == letter_id)


async def lots_of(session: AsyncSession, org_id: UUID) -> tuple[UUID, ...]:
    """The lots in whose outcome an organisation has a part as bidder or objector, the newest first."""
    rows = await session.scalars(
        select(BidderRow.lot_id)
        .where(BidderRow.org_id == org_id)
        .union(select(ObjectionRow.lot_id).where(ObjectionRow.org_id == org_id))
        .order_by(BidderRow.lot_id.desc())
    )
    return tuple(rows)


async def _letters(session: AsyncSession, lot_id: UUID, bidders: dict[str, Bidder]) -> tuple[Letter, ...]:
    query = (
        select(LetterRow)
        .join(DecisionRow, DecisionRow.id == LetterRow.decision_id)
        .where(DecisionRow.lot_id == lot_id)
        .order_by(LetterRow.issued_at, LetterRow.kind, LetterRow.id)
    )
    rows = (await session.scalars(query)).all()
    query_receipts = select(LetterReceiptRow).where(LetterReceiptRow.letter_id.in_([row.id for row in rows]))
    at = {(item.letter_id, item.how): item.at for item in await session.scalars(query_receipts)}
    return tuple(
        Letter(
            id=row.id,
            decision_id=row.decision_id,
            env=row.env,
            org_id=row.org_id,
            organisation=bidders[row.env].organisation,
            kind="award" if row.kind == "award" else "result",
            code=row.code,
            digest=row.digest,
            issued_at=row.issued_at,
            contract_by=row.contract_by,
            opened_at=at.get((row.id, "opened")),
            downloaded_at=at.get((row.id, "downloaded")),
        )
        for row in rows
    )


def _bidder(row: BidderRow) -> Bidder:
    return msgspec.convert(row, Bidder, from_attributes=True)


def _objection(row: ObjectionRow, end: ObjectionEndRow | None) -> Objection:
    return Objection(
        id=row.id,
        org_id=row.org_id,
        organisation=row.organisation,
        uscc=row.uscc,
        standing="bidder" if row.standing == "bidder" else "interested",
        interest=row.interest,
        text=row.text,
        raised_at=row.raised_at,
        reply_by=row.reply_by,
        outcome=msgspec.convert(end.outcome if end else "open", Ended),
        answer=end.text if end else "",
        ended_at=end.ended_at if end else None,
        late=end.late if end else False,
    )


def _award(row: DecisionRow, end: AnnulmentRow | None, winner: Bidder) -> Award:
    return Award(
        id=row.id,
        number=row.number,
        winner=winner,
        passed_over=msgspec.convert(row.passed_over, tuple[PassedOver, ...]),
        reasons=row.reasons,
        decided_at=row.decided_at,
        report_by=row.report_by,
        entry_id=row.entry_id,
        annulled_at=end.annulled_at if end else None,
        annulled_ground=end.ground if end else "",
        annulled_reason=end.reason if end else "",
    )


async def letter_record(session: AsyncSession, letter_id: UUID) -> UUID:
    """The record that a letter is filed as; the caller has asked whether the reader may have it."""
    return (await session.get_one(LetterRow, letter_id)).record_id
