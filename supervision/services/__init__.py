"""The verbs of supervision: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from supervision.services.checking import check_lot, sweep
from supervision.services.handling import answer, ask, assign, close

__all__ = ["answer", "ask", "assign", "check_lot", "close", "sweep"]
