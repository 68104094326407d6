"""Fragments from what is published, pure: the tender notice, the opening, the three result notices, an award that fell.

Nothing here is secret when it is called: a caller hands over what stands in a notice or an opening record already.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from notices.ocds.types import (
    Award,
    Bid,
    Bids,
    Contract,
    Document,
    Fragment,
    Item,
    Lot,
    Milestone,
    OpenedBid,
    Party,
    Period,
    Tender,
)
from notices.ocds.writing import begins, ends, instant, party, points, reference, yuan
from notices.results.types import Ranked, ResultNotice
from notices.types import NoticeView
from trading.awards.types import Award as Decision
from trading.awards.types import Bidder
from trading.projects.types import LotView
from trading.projects.types import Milestone as Step
from trading.records.types import Record

LANGUAGE = "zh"
PDF = "application/pdf"
BUYER, TENDERER, SUPPLIER = ("buyer", "procuringEntity"), "tenderer", "supplier"
AGENT = "agent"
"""Of an open list: whom the tenderer has commissioned (招标代理机构)."""

_LOT_STATUS = {"awarded": "complete", "contracted": "complete", "failed": "unsuccessful"}
# Kinds of milestones of the standard's open list.
_STEP_TYPES = {"opening": "assessment", "evaluation": "assessment", "award": "approval", "award_report": "reporting"}


def lot_status(state: str) -> str:
    """A lot's status by its state."""
    return _LOT_STATUS.get(state, "active")


def tender_status(states: Sequence[str]) -> str:
    """Active while a lot is; unsuccessful where every lot is."""
    found = {lot_status(state) for state in states}
    return "active" if "active" in found else "complete" if "complete" in found else "unsuccessful"


def tender(
    notice: NoticeView, *, buyer: tuple[str, str], agency: tuple[str, str] | None, method: str, category: str
) -> Fragment:
    """招标公告; buyer and agency are (name, USCC)."""
    facts, published = notice.facts, notice.published_at
    assert published is not None  # a draft is nobody's business
    on = published.date()
    ceilings = [lot.ceiling_fen for lot in facts.lots if lot.ceiling_fen is not None]
    parties = [party(*buyer, on, *BUYER), *([party(*agency, on, AGENT)] if agency else [])]
    return Fragment(
        parties=tuple(parties),
        buyer=reference(*buyer, on),
        tender=Tender(
            id=facts.unified_code,
            title=notice.title,
            description=notice.texts.overview,
            procuring_entity=reference(*buyer, on),
            items=tuple(
                Item(id=lot.number, description=f"{lot.name}：{lot.scope}", related_lot=str(lot.id))
                for lot in facts.lots
            ),
            value=yuan(sum(ceilings)) if len(ceilings) == len(facts.lots) else None,
            procurement_method="open",
            procurement_method_details=method,
            main_procurement_category=category,
            award_criteria="ratedCriteria",
            submission_method=("electronicSubmission",),
            tender_period=Period(start_date=instant(published), end_date=instant(facts.deadline_at)),
            enquiry_period=Period(start_date=instant(published), end_date=ends(facts.objection_until)),
            eligibility_criteria=notice.texts.qualification,
            documents=_printed(
                notice.id,
                notice.title,
                "tenderNotice",
                f"/notices/{notice.id}.pdf",
                at=published,
                digest=notice.pdf_digest,
            ),
            lots=tuple(
                Lot(
                    id=str(lot.id),
                    title=f"{lot.number} {lot.name}",
                    description=lot.scope,
                    value=yuan(lot.ceiling_fen) if lot.ceiling_fen is not None else None,
                    contract_period=Period(duration_in_days=lot.duration_days),
                )
                for lot in facts.lots
            ),
        ),
    )


def opened(lot: LotView, bids: Sequence[OpenedBid], *, made_at: dt.datetime, record: Record | None) -> Fragment:
    """开标: who bid and at what price, as the signed record reads."""
    on = made_at.date()
    named = [(bid.organisation, bid.uscc) for bid in bids if bid.organisation is not None and bid.uscc is not None]
    documents = (
        _printed(
            record.id,
            f"{lot.name}开标记录",
            "bidders",
            f"/records/{record.id}",
            at=made_at,
            digest=record.digest,
            lot_id=lot.id,
        )
        if record
        else ()
    )
    return Fragment(
        parties=_bidders(named, on),
        tender=Tender(
            id=lot.unified_code,
            tenderers=tuple(reference(name, uscc, on) for name, uscc in dict(named).items()),
            documents=documents,
        ),
        bids=Bids(
            details=tuple(
                Bid(
                    id=bid.env,
                    status="pending",
                    tenderers=(reference(bid.organisation, bid.uscc, on),) if bid.organisation and bid.uscc else (),
                    value=yuan(bid.price_fen) if bid.price_fen is not None else None,
                    related_lots=(str(lot.id),),
                )
                for bid in bids
            )
        )
        if bids
        else None,
    )


def unopened(lot: LotView) -> Fragment:
    """流标: there is nothing more to tell than that, by the lot's status."""
    return Fragment(tender=Tender(id=lot.unified_code))


def candidates(notice: ResultNotice, bidders: Sequence[Bidder]) -> Fragment:
    """中标候选人公示: what came of every bid; rank and score of the candidates."""
    return Fragment(
        tender=Tender(id=notice.facts.unified_code, documents=_notice(notice, "evaluationReports")),
        bids=Bids(
            details=tuple(
                Bid(
                    id=bidder.env,
                    status="disqualified" if bidder.rank is None else "valid",
                    rank=bidder.rank if bidder.is_candidate else None,
                    total_score=points(bidder.total_hundredths)
                    if bidder.is_candidate and bidder.total_hundredths is not None
                    else None,
                    related_lots=(str(notice.lot_id),),
                )
                for bidder in bidders
            )
        ),
    )


def awarded(notice: ResultNotice, decision: Decision) -> Fragment:
    """中标结果公告."""
    winner, on = _winner(notice), notice.published_at.date()
    return Fragment(
        parties=(party(winner.organisation, winner.uscc, on, TENDERER, SUPPLIER),),
        tender=Tender(id=notice.facts.unified_code),
        awards=(
            Award(
                id=str(decision.id),
                status="active",
                title=notice.title,
                date=instant(decision.decided_at),
                value=yuan(winner.price_fen),
                suppliers=(reference(winner.organisation, winner.uscc, on),),
                related_lots=(str(notice.lot_id),),
                related_bid=decision.winner.env,
                documents=_notice(notice, "awardNotice"),
            ),
        ),
    )


def annulled(lot: LotView, decision: Decision) -> Fragment:
    """The award fell before there was a contract."""
    return Fragment(
        tender=Tender(id=lot.unified_code),
        awards=(Award(id=str(decision.id), status="cancelled", related_lots=(str(lot.id),)),),
    )


def contracted(notice: ResultNotice, *, contract_id: UUID, award_id: UUID) -> Fragment:
    """合同订立公告."""
    facts = notice.facts
    assert facts.amount_fen is not None  # the notice of a contract says both
    assert facts.signed_on is not None
    return Fragment(
        tender=Tender(id=facts.unified_code),
        contracts=(
            Contract(
                id=str(contract_id),
                award_id=str(award_id),
                title=notice.title,
                status="active",
                value=yuan(facts.amount_fen),
                date_signed=begins(facts.signed_on),
                documents=_notice(notice, "contractNotice"),
            ),
        ),
    )


def steps(timeline: Sequence[Step], lot: LotView, words: Mapping[str, str]) -> tuple[Milestone, ...]:
    """The public timeline of a lot as it stands."""
    return tuple(
        Milestone(
            id=f"{lot.number}-{step.key}",
            title=words[step.key],
            type=_STEP_TYPES.get(step.key, "engagement"),
            code=step.key,
            status="met" if step.done_at else "scheduled",
            due_date=instant(step.due_at) if step.due_at else None,
            date_met=instant(step.done_at) if step.done_at else None,
            related_lots=(str(lot.id),),
        )
        for step in timeline
    )


def filed(records: Sequence[Record], lot: LotView) -> tuple[Document, ...]:
    """招标文件 that everyone may read by now."""
    return tuple(
        Document(
            id=str(record.id),
            document_type="biddingDocuments",
            title=record.name,
            url=f"/records/{record.id}",
            date_published=instant(record.public_at),
            format=record.media_type,
            language=LANGUAGE,
            related_lots=(str(lot.id),),
            sha256=record.digest,
        )
        for record in records
        if record.public_at is not None
    )


def _bidders(named: Sequence[tuple[str, str]], on: dt.date) -> tuple[Party, ...]:
    return tuple(party(name, uscc, on, TENDERER) for name, uscc in dict(named).items())


def _winner(notice: ResultNotice) -> Ranked:
    assert notice.facts.winner is not None  # an award notice names one
    return notice.facts.winner


def _notice(notice: ResultNotice, kind: str) -> tuple[Document, ...]:
    url = f"/notices/results/{notice.id}/file"
    at, digest = notice.published_at, notice.pdf_digest
    return _printed(notice.id, notice.title, kind, url, at=at, digest=digest, lot_id=notice.lot_id)


def _printed(
    document_id: UUID,
    title: str,
    kind: str,
    url: str,
    *,
    at: dt.datetime,
    digest: str | None,
    lot_id: UUID | None = None,
) -> tuple[Document, ...]:
    made = Document(
        id=str(document_id),
        document_type=kind,
        title=title,
        url=url,
        date_published=instant(at),
        format=PDF,
        language=LANGUAGE,
        related_lots=(str(lot_id),) if lot_id else (),
        sha256=digest,
    )
    return (made,)
