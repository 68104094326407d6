"""Handing in a sheet (提交): frozen and committed to at once; when the last of a kind is in, all open together."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation import rules
from experts.evaluation.drafting import demand_writing, keep
from experts.evaluation.entries import SHEET_SUBMITTED, SHEETS_OPENED
from experts.evaluation.errors import NothingWritten, SheetIncomplete
from experts.evaluation.forms import FORMS, Sheet
from experts.evaluation.models import EvaluationSubmission, EvaluationTable
from experts.evaluation.services.replacing import hold_to
from experts.evaluation.services.reporting import file_report, lines_of, rank_and_file
from experts.evaluation.states import EVALUATION
from experts.evaluation.store import (
    bodies,
    decided_of,
    evaluation_of,
    own_sheet,
    round_of,
    row_of,
    stream_of,
    submissions_of,
)
from experts.evaluation.types import Decided
from experts.proof import facts
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.parties.services import demand_step_up


async def drafted(session: AsyncSession, actor: Actor, *, lot_id: UUID, kind: str) -> Sheet:
    """The draft as the form has it, checked as a whole: `SheetIncomplete` says everything it lacks."""
    row = await own_sheet(session, actor, lot_id, kind)
    if row is None:
        raise NothingWritten
    sheet = msgspec.convert(row.body, FORMS[kind])
    evaluation = await evaluation_of(session, await row_of(session, lot_id))
    _, problems = rules.whole(evaluation, sheet, await decided_of(session, evaluation))
    if problems:
        raise SheetIncomplete(problems)
    return sheet


async def submit_sheet(session: AsyncSession, actor: Actor, *, lot_id: UUID, kind: str) -> None:
    """Hand in one's draft for good, after fresh proof of who one is."""
    member = await demand_writing(session, actor, lot_id, kind)
    sheet = await drafted(session, actor, lot_id=lot_id, kind=kind)
    demand_step_up(actor)
    row = await row_of(session, lot_id)
    evaluation = await evaluation_of(session, row)
    body, _ = rules.whole(evaluation, sheet, await decided_of(session, evaluation))
    subject = f"lot:{lot_id}"
    kept = await keep(session, actor, member, kind, body)
    commitment = rules.commitment(subject, kind, kept.salt, body)
    now = await platform_now(session)
    entry = await append(
        session, actor, SHEET_SUBMITTED, subject=subject, payload=facts.sheet_submitted(commitment), at=now
    )
    session.add(
        EvaluationSubmission(
            lot_id=lot_id,
            seat=member.seat,
            kind=kind,
            round=round_of(row, kind),
            commitment=commitment,
            submitted_at=now,
            entry_id=entry,
        )
    )
    await session.flush()
    count = len(await submissions_of(session, lot_id, kind))
    if count == row.members:
        await _open(session, actor, row, kind)
    if kind != "choice" or count == row.members:  # five choices more would tell those outside that there is one
        await live.publish(session, stream_of(lot_id), "progress", {})


async def _open(session: AsyncSession, actor: Actor, row: EvaluationTable, kind: str) -> None:
    """The last sheet of a kind is in: from now on members see each other's, and what follows from them is computed."""
    now = await platform_now(session)
    setattr(row, f"{kind}_open_at", now)
    await session.flush()
    evaluation = await evaluation_of(session, row)
    decided = await decided_of(session, evaluation)
    if kind == "review":
        await hold_to(session, row, [item.env for item in decided if item.valid])
    if kind == "choice":
        row.choice = rules.chosen(await bodies(session, row.lot_id, "choice"))
    told = {"kind": kind, "decided": {"valid": [item.env for item in decided if item.valid], "choice": row.choice}}
    await append(session, actor, SHEETS_OPENED, subject=f"lot:{row.lot_id}", payload=told, at=now)
    if kind == "score":
        # Where nothing decides a full tie there is no report; `make_report` says so to who asks.
        await rank_and_file(session, actor, row, evaluation, await lines_of(session, evaluation, decided))
        return
    verb = _after(evaluation.min_valid, decided, row.choice)
    if verb == "report":
        await file_report(session, actor, row, await lines_of(session, evaluation, decided))
        return
    row.stage = EVALUATION.advance(row.stage, verb)
    await session.flush()


def _after(min_valid: int, decided: tuple[Decided, ...], choice: str | None) -> str:
    """What comes after review and choice (招标投标法 42, 评标委员会和评标方法暂行规定 27)."""
    valid = sum(item.valid for item in decided)
    if not valid or choice == "reject_all":
        return "report"
    return "choose" if valid < min_valid and choice is None else "score"
