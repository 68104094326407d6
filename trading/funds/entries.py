"""What the journal says of deposits. What would show that somebody has paid is blind: it stands in the lot's slots."""

from trading.funds.proof import RECEIVED
from trading.kernel.journal.actions import Action

_PACKAGE = "funds"

STATEMENT_RECEIVED = Action("bank:statement:received", _PACKAGE)
"""That a bank handed in a file: neither how many lines nor, of an empty one, which bytes."""
SUSPENSE_VIEWED = Action("funds:suspense:viewed", _PACKAGE)
DEPOSITS_POSTED = Action("lot:deposits:posted", _PACKAGE)
DEPOSIT_RECEIVED = Action("lot:deposit:received", _PACKAGE, blind=True)

# The database's function writes this body: the two must mean the same action.
assert DEPOSIT_RECEIVED.name == RECEIVED
