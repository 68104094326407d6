"""The verbs of `trading.awards`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from trading.awards.services.awarding import annul_award, decide_award
from trading.awards.services.contracting import answer_contract, record_contract
from trading.awards.services.lettering import issue_letters, note_delivery
from trading.awards.services.objecting import answer_objection, raise_objection, withdraw_objection
from trading.awards.services.publicising import begin_publicity, end_publicity, plan_publicity
from trading.awards.services.recording import record_candidates
from trading.awards.services.reporting import submit_report

__all__ = [
    "annul_award",
    "answer_contract",
    "answer_objection",
    "begin_publicity",
    "decide_award",
    "end_publicity",
    "issue_letters",
    "note_delivery",
    "plan_publicity",
    "raise_objection",
    "record_candidates",
    "record_contract",
    "submit_report",
    "withdraw_objection",
]
