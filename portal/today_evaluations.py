"""What an evaluation waits for from whom: the official to begin it, each member for the sheet that is his to write.

A member is told of his own part only; how far the others are, nobody learns here.
"""

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation import reads
from experts.reads import committee_of
from trading.kernel.identity import Actor
from trading.projects.types import LotView

_SHEETS = {"reviewing": "review", "choosing": "choice", "scoring": "score"}


class EvaluationDue(NamedTuple):
    """One thing to do: its sentence, the lot, where, the button."""

    key: str
    lot_id: UUID
    url: str
    action: str


async def evaluations_due(
    session: AsyncSession, actor: Actor, opened: Iterable[LotView]
) -> AsyncIterator[EvaluationDue]:
    """Everything about evaluations that is this person's turn, of the opened lots."""
    if actor.has("official"):
        for lot in opened:
            if lot.evaluation is not None and await committee_of(session, lot.id) is not None:
                url = f"/lots/{lot.id}/evaluation"
                yield EvaluationDue("portal.due.begin_evaluation", lot.id, url, "portal.do.begin_evaluation")
    if not actor.has("expert"):
        return
    for lot_id in await reads.lots_of_member(session, actor):
        if key := _turn(await reads.desk(session, actor, lot_id)):
            yield EvaluationDue(key, lot_id, f"/lots/{lot_id}/evaluation", "portal.do.evaluate")


def _turn(desk: reads.Desk) -> str | None:
    """The sentence of the step that is this member's to take now."""
    stage, me = desk.evaluation.stage, desk.me
    if stage == "seated":
        return None if me.accepted else "portal.due.discipline"
    if stage == "signing":
        return None if me.signed else "portal.due.sign_report"
    kind = _SHEETS.get(stage)
    return None if kind is None or kind in me.submitted else f"portal.due.sheet_{kind}"
