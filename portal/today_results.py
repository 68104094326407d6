"""What a result waits for from whom, between the signed report and the confirmed contract."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import reads
from trading.awards.types import Outcome
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.types import LotView

_MOST = 50
_OURS = ("evaluated", "publicised", "awarded", "contracted")
KEYS = (
    "portal.due.publicise",
    "portal.due.answer_result",
    "portal.due.award",
    "portal.due.award_report",
    "portal.due.record_contract",
    "portal.due.read_letter",
    "portal.due.confirm_contract",
)


class ResultDue(NamedTuple):
    """One thing to do: its sentence, the lot, where, the button, until when."""

    key: str
    lot: LotView
    url: str
    action: str
    at: datetime | None


async def results_due(session: AsyncSession, actor: Actor) -> AsyncIterator[ResultDue]:
    """Everything about results that is this person's turn."""
    if actor.org_id is None:
        return
    if actor.has("tenderer", "agency"):
        now = await platform_now(session)
        own = await projects.lots_in(session, _OURS, each=_MOST, org_id=actor.org_id)
        for lot in (lot for state in _OURS for lot in own[state]):
            found = await reads.outcome_if_any(session, lot.id)
            for key, at in _tenderers(lot, found, actor, now) if found else ():
                yield ResultDue(key, lot, f"/lots/{lot.id}/result", "portal.do.result", at)
    if actor.has("bidder"):
        mine = (await reads.lots_of(session, actor.org_id))[:_MOST]
        lots = await projects.lots_by_id(session, mine)
        for lot_id in mine:
            for due in _bidders(lots[lot_id], await reads.outcome(session, lot_id), actor.org_id):
                yield due


def _tenderers(lot: LotView, found: Outcome, actor: Actor, now: datetime) -> Iterator[tuple[str, datetime | None]]:
    if found.publicity is None:
        yield "portal.due.publicise", None
        return
    for item in found.objections:
        if item.outcome == "open":
            yield "portal.due.answer_result", item.reply_by
    tenderer = actor.has("tenderer") and actor.org_id == lot.tenderer_org_id
    if found.award is None:
        if tenderer and found.publicity.ends_at <= now and not found.paused:
            yield "portal.due.award", None
        return
    if found.report is None:
        yield "portal.due.award_report", found.award.report_by
    if tenderer and (found.contract is None or found.contract.outcome == "declined"):
        for letter in found.letters:
            if letter.decision_id == found.award.id and letter.contract_by is not None:
                yield "portal.due.record_contract", letter.contract_by


def _bidders(lot: LotView, found: Outcome, org_id: UUID) -> Iterator[ResultDue]:
    own = found.of(org_id)
    if found.award is None or own is None:
        return
    for letter in found.letters:
        if letter.org_id == org_id and letter.decision_id == found.award.id and letter.opened_at is None:
            yield ResultDue("portal.due.read_letter", lot, f"/letters/{letter.id}", "portal.do.letter", None)
    if found.contract and found.contract.outcome == "open" and own.env == found.award.winner.env:
        url = f"/lots/{lot.id}/result/contract/answer"
        yield ResultDue("portal.due.confirm_contract", lot, url, "portal.do.result", None)
