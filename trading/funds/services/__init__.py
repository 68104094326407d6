"""The verbs of `trading.funds`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from trading.funds.services.drawing import draw_sub_account
from trading.funds.services.posting import post_deposits
from trading.funds.services.receiving import receive_statement
from trading.funds.services.suspense import view_suspense

__all__ = ["draw_sub_account", "post_deposits", "receive_statement", "view_suspense"]
