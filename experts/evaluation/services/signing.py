"""Signing the report (评标报告签字): each member, with dissent or without; silence agrees (招标投标法实施条例 53)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening import reads as openings
from bidding.sealing.signatures import verify_ed25519
from experts.evaluation.entries import REPORT_DEEMED, REPORT_SIGNED
from experts.evaluation.errors import AlreadySigned, NoReportYet, SignatureOfAnother, SigningEnded, StageOver
from experts.evaluation.events import ReportFinished
from experts.evaluation.models import EvaluationReport, EvaluationSignature, EvaluationTable
from experts.evaluation.states import EVALUATION
from experts.evaluation.store import member_of, members_of, row_of, stream_of
from experts.proof import facts
from experts.proof.documents import Line, Report, member_message
from trading.awards import service as awards
from trading.awards.types import Candidate, Unranked
from trading.funds import services as funds
from trading.kernel import live, timers
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.parties import reads as parties
from trading.parties.types import Certificate
from trading.projects import service as projects


async def report_of(session: AsyncSession, lot_id: UUID) -> EvaluationReport:
    """The report as stored; whoever calls decides who may see it."""
    found = await session.get(EvaluationReport, lot_id)
    if found is None:
        raise NoReportYet
    return found


async def signatures_of(session: AsyncSession, lot_id: UUID) -> list[EvaluationSignature]:
    """Every member's stand so far, by seat."""
    query = select(EvaluationSignature).where(EvaluationSignature.lot_id == lot_id).order_by(EvaluationSignature.seat)
    return list((await session.scalars(query)).all())


async def sign_report(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, fingerprint: str, signature: str, dissent: str | None = None
) -> None:
    """A member signs with the key of a certificate under the pseudonym, and says what he holds against the report."""
    row = await row_of(session, lot_id, locked=True)
    member = await member_of(session, actor, lot_id)
    report = await report_of(session, lot_id)
    if any(item.seat == member.seat for item in await signatures_of(session, lot_id)):
        raise AlreadySigned
    if row.stage != "signing":
        raise StageOver(stage=row.stage)
    now = await platform_now(session)
    if now >= report.sign_by:
        raise SigningEnded(until=report.sign_by)
    certificate = await _own_certificate(session, actor, fingerprint, now)
    message = member_message(report.digest, dissent)
    if certificate is None or not verify_ed25519(certificate.public_key, bytes.fromhex(signature), message):
        raise SignatureOfAnother({"signature": FieldProblem("evaluation.report_signature")})
    payload = facts.report_signed(report.body, fingerprint, signature)
    entry = await append(session, actor, REPORT_SIGNED, subject=f"lot:{lot_id}", payload=payload, at=now)
    session.add(
        EvaluationSignature(
            lot_id=lot_id,
            seat=member.seat,
            fingerprint=fingerprint,
            certificate=certificate.pem,
            signature=signature,
            dissent=dissent,
            signed_at=now,
            entry_id=entry,
        )
    )
    await session.flush()
    signed = len(await signatures_of(session, lot_id))
    if signed == row.members:
        await timers.cancel(session, f"evaluation:{lot_id}:signing")
        await _finish(session, actor, row, report)
    await live.publish(session, stream_of(lot_id), "progress", {})


async def deem_agreed(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """The time to sign is over: who neither signed nor wrote why agrees. Doing it again changes nothing."""
    row = await row_of(session, lot_id, locked=True)
    if row.stage != "signing":
        return
    report = await report_of(session, lot_id)
    now = await platform_now(session)
    if now < report.sign_by:
        return
    stood = {item.seat for item in await signatures_of(session, lot_id)}
    for member in await members_of(session, lot_id):
        if member.seat in stood:
            continue
        payload = facts.report_deemed(report.body, member.seat)
        entry = await append(session, actor, REPORT_DEEMED, subject=f"lot:{lot_id}", payload=payload, at=now)
        session.add(EvaluationSignature(lot_id=lot_id, seat=member.seat, signed_at=now, entry_id=entry))
    await session.flush()
    await _finish(session, actor, row, report)
    await live.publish(session, stream_of(lot_id), "progress", {})


async def _finish(session: AsyncSession, actor: Actor, row: EvaluationTable, report: EvaluationReport) -> None:
    """Every member has a stand: the ranking stands, or the lot has failed where all bids were rejected."""
    row.stage = EVALUATION.advance(row.stage, "finish")
    await session.flush()
    lines = msgspec.json.decode(report.body, type=Report).lines
    ranked = any(line.rank is not None for line in lines)
    verb = "finish_evaluation" if ranked else "fail"
    await projects.advance_lot(session, actor, lot_id=row.lot_id, verb=verb)
    await projects.mark_milestone(session, actor, subject=f"lot:{row.lot_id}", key="evaluation")
    if not ranked:
        await funds.plan_refunds(session, actor, lot_id=row.lot_id, cause="ended")
    if ranked:
        await _recommend(session, actor, row.lot_id, report, lines)
    await emit(session, ReportFinished(lot_id=row.lot_id))


async def _recommend(
    session: AsyncSession, actor: Actor, lot_id: UUID, report: EvaluationReport, lines: Sequence[Line]
) -> None:
    """The ranking goes to the tenderer as the recommendation of candidates (招标投标法实施条例 53)."""
    view = await openings.opening_view(session, lot_id)
    named = {row.env: (row.organisation, row.uscc) for row in view.rows} if view else {}
    ranking, rejected = [], []
    for line in lines:
        organisation, uscc = named[line.env]
        if organisation is None or uscc is None:  # who it was could not be opened
            continue
        if line.rank is None or line.price_fen is None or line.total is None:
            rejected.append(Unranked(organisation, uscc, line.env))
        else:
            ranking.append(Candidate(line.rank, organisation, uscc, line.price_fen, line.total, line.env))
    await awards.record_candidates(
        session,
        actor,
        lot_id=lot_id,
        ranking=ranking,
        report_digest=report.digest,
        entry_id=report.entry_id,
        rejected=rejected,
    )


async def _own_certificate(session: AsyncSession, actor: Actor, fingerprint: str, at: datetime) -> Certificate | None:
    """The member's own certificate, good now."""
    if actor.person_id is None:
        return None
    mine = {item.fingerprint: item for item in await parties.certificates_of(session, actor.person_id)}
    if fingerprint not in mine:
        return None
    await parties.certificate_valid_at(session, fingerprint, at)
    return mine[fingerprint] if mine[fingerprint].org_id == actor.org_id else None
