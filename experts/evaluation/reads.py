"""Questions about an evaluation, each answered to those who may know.

Members see all of it once their sheets are in; officials, supervisors and the tenderer's side see counts until the
report is signed; to everyone else there is no evaluation.
"""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.framing import format_instant
from experts.evaluation import rules
from experts.evaluation.errors import EvaluationUnknown, NoReportYet
from experts.evaluation.models import EvaluationMember, EvaluationReport, EvaluationTable
from experts.evaluation.services.signing import report_of, signatures_of
from experts.evaluation.store import (
    decided_of,
    evaluation_of,
    member_of,
    members_of,
    open_sheets,
    row_of,
    submissions_of,
)
from experts.evaluation.types import Decided, Evaluation, PriceTable, Progress, Seated, Sheet
from experts.proof.documents import (
    EVALUATION_FORMAT,
    Deemed,
    EvaluationDocument,
    MemberSignature,
    Noted,
    Report,
)
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.reads import DOCUMENT
from trading.projects.rights import manages
from trading.projects.types import LotView
from trading.records import reads as records

PDF_RECORD = "evaluation-report"
JSON_RECORD = "evaluation-report-data"
WATCHERS = ("official", "supervisor")


class Stand(msgspec.Struct, frozen=True):
    """A member's stand on the report as it is shown."""

    seat: int
    pseudonym: str
    stance: str
    dissent: str | None
    at: dt.datetime | None


class ReportView(msgspec.Struct, frozen=True):
    """The report with the members' stands."""

    digest: str
    text: str
    body: Report
    made_at: dt.datetime
    sign_by: dt.datetime
    stands: tuple[Stand, ...]


class Desk(msgspec.Struct, frozen=True):
    """Everything a member's pages show."""

    lot: LotView
    evaluation: Evaluation
    me: Seated
    decided: tuple[Decided, ...]
    prices: PriceTable | None


def watches(actor: Actor, lot: LotView) -> bool:
    """Who may know how far it is without sitting in it."""
    return actor.has(*WATCHERS) or manages(actor, lot.tenderer_org_id, lot.agency_org_id)


async def progress(session: AsyncSession, actor: Actor, lot_id: UUID) -> Progress:
    """Counts, for members and for who watches."""
    lot = await projects.lot(session, lot_id)
    members = await members_of(session, lot_id)
    inside = any(m.membership_id == actor.membership_id for m in members)
    if not inside and not watches(actor, lot):
        raise EvaluationUnknown
    row = await row_of(session, lot_id)
    kinds = [item.kind for item in await submissions_of(session, lot_id)]
    found = Progress(
        lot_id=lot_id,
        stage=row.stage,
        members=row.members,
        accepted=sum(member.accepted_at is not None for member in members),
        reviewed=kinds.count("review"),
        chosen=kinds.count("choice"),
        scored=kinds.count("score"),
        signed=len(await signatures_of(session, lot_id)),
        choosing=row.choice is not None,
    )
    return found if inside or row.stage == "done" else _from_outside(found)


def _from_outside(found: Progress) -> Progress:
    """The same without what only a rejection brings about."""
    stage = "scoring" if found.stage == "choosing" else found.stage
    scored = found.members if stage == "signing" else found.scored
    return msgspec.structs.replace(found, stage=stage, chosen=0, choosing=False, scored=scored)


async def begun(session: AsyncSession, lot_id: UUID) -> bool:
    """Whether the lot's evaluation has begun."""
    return await session.get(EvaluationTable, lot_id) is not None


async def desk(session: AsyncSession, actor: Actor, lot_id: UUID) -> Desk:
    """The member's own desk; for anyone else there is none."""
    row = await row_of(session, lot_id)
    member = await member_of(session, actor, lot_id)
    evaluation = await evaluation_of(session, row)
    decided = await decided_of(session, evaluation)
    return Desk(
        lot=await projects.lot(session, lot_id),
        evaluation=evaluation,
        me=Seated(
            seat=member.seat,
            pseudonym=member.pseudonym,
            accepted=member.accepted_at is not None,
            submitted=tuple(item.kind for item in await submissions_of(session, lot_id) if item.seat == member.seat),
            signed=any(item.seat == member.seat for item in await signatures_of(session, lot_id)),
        ),
        decided=decided,
        prices=rules.price_table(evaluation, decided) if decided else None,
    )


async def colleagues(session: AsyncSession, actor: Actor, lot_id: UUID, kind: str) -> tuple[Sheet, ...]:
    """Every member's sheet of a kind, for members, once all are in; empty before."""
    await member_of(session, actor, lot_id)
    evaluation = await evaluation_of(session, await row_of(session, lot_id))
    return await open_sheets(session, lot_id, kind) if kind in evaluation.open else ()


async def lots_of_member(session: AsyncSession, actor: Actor) -> tuple[UUID, ...]:
    """Lots that this person has a seat in and whose evaluation is not over."""
    query = (
        select(EvaluationMember.lot_id)
        .join(EvaluationTable, EvaluationTable.lot_id == EvaluationMember.lot_id)
        .where(EvaluationMember.membership_id == actor.membership_id, EvaluationTable.stage != "done")
        .where(EvaluationMember.replaced_at.is_(None))
        .order_by(EvaluationMember.lot_id)
    )
    return tuple((await session.scalars(query)).all())


async def report_view(session: AsyncSession, actor: Actor, lot_id: UUID) -> ReportView:
    """The report: for members as soon as it is made, for who watches once every member has a stand on it."""
    lot = await projects.lot(session, lot_id)
    row = await row_of(session, lot_id)
    members = await members_of(session, lot_id)
    mine = any(member.membership_id == actor.membership_id for member in members)
    if not mine and not watches(actor, lot) and not actor.has("system"):
        raise EvaluationUnknown
    if not mine and row.stage != "done":
        raise NoReportYet
    stored = await report_of(session, lot_id)
    stands = {item.seat: item for item in await signatures_of(session, lot_id)}
    return ReportView(
        digest=stored.digest,
        text=stored.body,
        body=msgspec.json.decode(stored.body, type=Report),
        made_at=stored.made_at,
        sign_by=stored.sign_by,
        stands=tuple(
            Stand(
                seat=member.seat,
                pseudonym=member.pseudonym,
                stance=(
                    "awaited"
                    if (stand := stands.get(member.seat)) is None
                    else "deemed"
                    if stand.signature is None
                    else "dissent"
                    if stand.dissent
                    else "agree"
                ),
                dissent=stand.dissent if stand else None,
                at=stand.signed_at if stand else None,
            )
            for member in members
        ),
    )


async def evaluation_document(session: AsyncSession, lot_id: UUID) -> EvaluationDocument | None:
    """The evidence of a finished evaluation; None before. Whoever calls decides from when it is public."""
    row = await session.get(EvaluationTable, lot_id, populate_existing=True)
    lot = await projects.lot(session, lot_id)
    if row is None or row.stage != "done" or lot.evaluation is None:
        return None
    stored = await session.get_one(EvaluationReport, lot_id)
    names = {member.seat: member.pseudonym for member in await members_of(session, lot_id)}
    stands = await signatures_of(session, lot_id)
    filed = await records.records_of(session, f"lot:{lot_id}", (DOCUMENT,))
    return EvaluationDocument(
        format=EVALUATION_FORMAT,
        terms=lot.evaluation.text().decode(),
        documents=tuple(sorted(record.digest for record in filed)),
        report=stored.body,
        made=Noted(str(stored.entry_id), format_instant(stored.made_at)),
        signatures=tuple(
            MemberSignature(
                pseudonym=names[item.seat],
                fingerprint=item.fingerprint,
                certificate=item.certificate or "",
                signature=item.signature,
                signed_at=format_instant(item.signed_at),
                dissent=item.dissent,
            )
            for item in stands
            if item.fingerprint is not None and item.signature is not None
        ),
        deemed=tuple(
            Deemed(names[item.seat], Noted(str(item.entry_id), format_instant(item.signed_at)))
            for item in stands
            if item.signature is None
        ),
    )
