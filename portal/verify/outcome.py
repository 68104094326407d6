"""What the witnessed journal says of a lot's outcome (候选人、定标、合同), and whether it follows from the opening.

Candidates are the signed report's first few at the prices that were opened; whoever wins is one of them. So an award
made up in the journal still contradicts bidders and experts, whose signatures its maker lacks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bidding.proof import Mismatch
from bidding.proof.revealed import Result
from bidding.sealing.documents import decode
from experts.proof.documents import EvaluationDocument
from experts.proof.documents import Report as Ranking
from portal.evidence.layout import EVALUATION
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.report import Report

PUBLICITY_BEGUN = "lot:publicity:begun"
AWARDED = "lot:award:decided"
ANNULLED = "lot:award:annulled"
CONTRACT_RECORDED = "lot:contract:recorded"
CONTRACT_CONFIRMED = "lot:contract:confirmed"
_SAME = ("rank", "organisation", "uscc", "price_fen")


@dataclass(frozen=True)
class Outcome:
    """The entries of a lot's outcome, as far as it came."""

    begun: Found | None
    awarded: tuple[Found, ...]
    annulled: tuple[Found, ...]
    recorded: tuple[Found, ...]
    confirmed: tuple[Found, ...]
    rows: Sequence[Result] | None
    """The opening's lines as computed again."""

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """As the entry that begins the publicity names them."""
        return list(self.begun.entry.payload["candidates"]) if self.begun else []

    def award_before(self, index: int) -> Found | None:
        """The last decision before an entry."""
        return next((found for found in reversed(self.awarded) if found.index < index), None)

    def contract(self, contract_id: str) -> dict[str, Any] | None:
        """A contract that both sides have confirmed, by its id."""
        told = [found.entry.payload for found in self.recorded if found.entry.payload["contract"] == contract_id]
        good = any(found.entry.payload["contract"] == contract_id for found in self.confirmed)
        return told[0] if len(told) == 1 and good else None

    def contract_before(self, index: int) -> dict[str, Any] | None:
        """The last one confirmed before an entry."""
        ids = [found.entry.payload["contract"] for found in self.confirmed if found.index < index]
        return self.contract(ids[-1]) if ids else None


def read_outcome(
    folder: Folder, subject: str, journal: Journal, *, rows: Sequence[Result] | None, report: Report
) -> Outcome:
    """The outcome by the journal, judged by the opening's lines and the signed ranking."""
    outcome = Outcome(
        begun=journal.one(PUBLICITY_BEGUN, subject),
        awarded=tuple(journal.find(AWARDED, subject)),
        annulled=tuple(journal.find(ANNULLED, subject)),
        recorded=tuple(journal.find(CONTRACT_RECORDED, subject)),
        confirmed=tuple(journal.find(CONTRACT_CONFIRMED, subject)),
        rows=rows,
    )
    if outcome.begun is None and not outcome.awarded:
        return outcome
    with report.check("award.candidates", otherwise="award.candidates", count=len(outcome.candidates)):
        _check_candidates(outcome, _ranking(folder), report)
    if outcome.awarded:
        with report.check("award.decided", otherwise="award.winner", count=len(outcome.awarded)):
            _check_awards(outcome, journal)
    return outcome


def _ranking(folder: Folder) -> Mapping[str, tuple[int | None, int | None]]:
    """Rank and total by envelope, of the signed report; its signatures are checked elsewhere."""
    if EVALUATION not in folder:
        raise Mismatch("award.candidates", detail="evaluation")
    document = decode(folder.read(EVALUATION), EvaluationDocument, "evaluation.form")
    lines = msgspec.json.decode(document.report, type=Ranking).lines
    return {line.env: (line.rank, line.total) for line in lines}


def _check_candidates(outcome: Outcome, ranking: Mapping[str, tuple[int | None, int | None]], report: Report) -> None:
    rows = {row["env"]: row for row in outcome.rows or ()}
    best = {rank for rank, _ in ranking.values() if rank is not None and rank <= len(outcome.candidates)}
    if {item["rank"] for item in outcome.candidates} != best or len(outcome.candidates) != len(best):
        raise Mismatch("award.candidates", detail="ranks")
    for item in outcome.candidates:
        if ranking.get(item["env"]) != (item["rank"], item["total"]):
            report.failed("award.candidates", env=item["env"], rank=item["rank"])
        row = rows.get(item["env"])
        if outcome.rows is None:
            continue
        if row is None or (row["organisation"], row["uscc"]) != (item["organisation"], item["uscc"]):
            report.failed("award.candidates", env=item["env"], organisation=item["organisation"])
        elif row["price_fen"] != item["price_fen"]:
            report.failed("award.price", env=item["env"], shown=item["price_fen"], opened=row["price_fen"])


def _check_awards(outcome: Outcome, journal: Journal) -> None:
    """Each winner is a candidate at the candidate's price; the witness has put its name to the decision."""
    known = {item["env"]: item for item in outcome.candidates}
    for found in outcome.awarded:
        told = found.entry.payload
        candidate = known.get(told["env"])
        if candidate is None or any(candidate[name] != told[name] for name in _SAME if name != "price_fen"):
            raise Mismatch("award.winner", env=told["env"], organisation=told["organisation"])
        if candidate["price_fen"] != told["price_fen"]:
            raise Mismatch("award.price", env=told["env"], shown=told["price_fen"], opened=candidate["price_fen"])
        if outcome.begun is None or found.index < outcome.begun.index:
            raise Mismatch("award.early", env=told["env"])
        if found.index >= journal.witnessed:
            raise Mismatch("award.unwitnessed", env=told["env"])
