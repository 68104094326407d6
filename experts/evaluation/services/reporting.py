"""The report (评标报告): computed from the opened sheets, written once, signed by its digest."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening import reads as openings
from bidding.reads import announcement
from bidding.sealing.framing import format_instant, sha256
from experts.evaluation import rules
from experts.evaluation.entries import REPORT_MADE
from experts.evaluation.errors import NotAllIn, StageOver, Tied
from experts.evaluation.events import SigningOver
from experts.evaluation.models import EvaluationReport, EvaluationTable
from experts.evaluation.services.replacing import void_rounds
from experts.evaluation.states import EVALUATION
from experts.evaluation.store import bodies, decided_of, evaluation_of, member_of, row_of, stream_of, submissions_of
from experts.evaluation.types import Decided, Evaluation
from experts.proof import facts, scoring
from experts.proof.documents import Drawn, Line, Report
from experts.reads import seed_of_lot
from trading.kernel import live, timers
from trading.kernel.canonical import canonical
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.projects import reads as projects


async def lines_of(session: AsyncSession, evaluation: Evaluation, decided: Sequence[Decided]) -> tuple[Line, ...]:
    """The report's lines as far as they can be computed."""
    scores = await bodies(session, evaluation.lot_id, "score") if evaluation.choice != "reject_all" else []
    return rules.report_lines(evaluation, decided, scores)


async def make_report(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> str:
    """A member asks for the report where the last sheet did not bring it; refused in words while it cannot be."""
    row = await row_of(session, lot_id, locked=True)
    await member_of(session, actor, lot_id)
    if row.stage != "scoring":
        raise StageOver(stage=row.stage)
    if row.score_open_at is None:
        raise NotAllIn
    evaluation = await evaluation_of(session, row)
    lines = await lines_of(session, evaluation, await decided_of(session, evaluation))
    if (digest := await rank_and_file(session, actor, row, evaluation, lines)) is None:
        raise Tied
    return digest


async def rank_and_file(
    session: AsyncSession, actor: Actor, row: EvaluationTable, evaluation: Evaluation, lines: Sequence[Line]
) -> str | None:
    """The report, lots drawn among full ties if the terms have announced it; None where nothing decides them."""
    drawn = None
    if rules.tied(lines):
        if "lot" not in evaluation.terms.ties:
            return None
        drawn = await drawn_by(session, row.lot_id)
        scores = await bodies(session, row.lot_id, "score")
        lines = rules.report_lines(evaluation, await decided_of(session, evaluation), scores, drawn)
    return await file_report(session, actor, row, lines, drawn=drawn)


async def drawn_by(session: AsyncSession, lot_id: UUID) -> Drawn:
    """What lots follow from: the committee's draw, and what the trustees had settled before anybody scored."""
    box = await openings.box_view(session, f"lot:{lot_id}")
    settled = box.phases[-1].settled if box else None
    assert settled is not None  # the prices were revealed
    return Drawn(seed=await seed_of_lot(session, lot_id) or "", settled=settled)


async def file_report(
    session: AsyncSession, actor: Actor, row: EvaluationTable, lines: Sequence[Line], *, drawn: Drawn | None = None
) -> str:
    """Write the report down; returns its digest. From now on members have their time to sign it."""
    lot = await projects.lot(session, row.lot_id)
    assert lot.evaluation is not None  # asked for before the committee was seated
    subject = f"lot:{row.lot_id}"
    await void_rounds(session, actor, row.lot_id)
    now = await platform_now(session)
    scored = {line.env: line.price_fen or 0 for line in lines if line.rank is not None}
    base = scoring.benchmark(rules.formula(lot.evaluation), list(scored.values()))
    report = Report(
        v="LBVR1",
        subject=subject,
        ann=(await announcement(session, subject)).ann,
        terms=sha256(lot.evaluation.text()).hex(),
        members=row.members,
        sheets=tuple(sorted(item.commitment for item in await submissions_of(session, row.lot_id))),
        benchmark=(base.numerator, base.denominator) if base is not None else None,
        lines=tuple(lines),
        made_at=format_instant(now),
        salt=secrets.token_hex(32),
        drawn=drawn,
        choice=row.choice if row.choice in {"continue", "reject_all"} else None,  # type: ignore[arg-type]  # one of both
    )
    body = canonical(msgspec.to_builtins(report)).decode()
    entry = await append(session, actor, REPORT_MADE, subject=subject, payload=facts.report_made(body), at=now)
    project = await projects.project(session, lot.project_id)
    window = (await projects.profile(session, lot.profile_digest)).parameter("report_window", project.notice_on)
    sign_by = now + timedelta(days=window.value)
    digest = sha256(body.encode()).hex()
    session.add(
        EvaluationReport(lot_id=row.lot_id, digest=digest, body=body, made_at=now, sign_by=sign_by, entry_id=entry)
    )
    row.stage = EVALUATION.advance(row.stage, "report")
    await session.flush()
    await timers.schedule(
        session, due_at=sign_by, event=SigningOver(lot_id=row.lot_id), key=f"evaluation:{row.lot_id}:signing"
    )
    await live.publish(session, stream_of(row.lot_id), "progress", {})
    return digest
