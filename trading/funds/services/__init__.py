"""The verbs of `trading.funds`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from trading.funds.services.batching import decide_batch, file_of, prepare_batch
from trading.funds.services.drawing import draw_sub_account
from trading.funds.services.paying import ask_bank, collect_orders, take_outcomes
from trading.funds.services.planning import plan_refunds
from trading.funds.services.posting import post_deposits
from trading.funds.services.receiving import receive_statement
from trading.funds.services.requesting import request_refund
from trading.funds.services.rerouting import confirm_account, propose_account
from trading.funds.services.suspense import view_suspense
from trading.funds.services.withholding import withhold_deposit

__all__ = [
    "ask_bank",
    "collect_orders",
    "confirm_account",
    "decide_batch",
    "draw_sub_account",
    "file_of",
    "plan_refunds",
    "post_deposits",
    "prepare_batch",
    "propose_account",
    "receive_statement",
    "request_refund",
    "take_outcomes",
    "view_suspense",
    "withhold_deposit",
]
