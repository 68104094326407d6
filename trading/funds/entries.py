"""What the journal says of deposits. What would show that somebody has paid is blind: it stands in the lot's slots."""

import trading.funds.proof.refunds as facts
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

REFUND_REQUESTED = Action(facts.REQUESTED, _PACKAGE, blind=True)
REFUNDS_PLANNED = Action(facts.PLANNED, _PACKAGE)
DEPOSIT_WITHHELD = Action(facts.WITHHELD, _PACKAGE)
BATCH_PREPARED = Action(facts.PREPARED, _PACKAGE)
BATCH_APPROVED = Action(facts.APPROVED, _PACKAGE)
BATCH_DECLINED = Action(facts.DECLINED, _PACKAGE)
PAYMENTS_SENT = Action(facts.SENT, _PACKAGE)
PAYMENTS_ASKED = Action(facts.ASKED, _PACKAGE)
REFUND_PAID = Action(facts.PAID, _PACKAGE)
REFUND_REFUSED = Action(facts.REFUSED, _PACKAGE)
PAYOUT_PROPOSED = Action("lot:payout:proposed", _PACKAGE)
PAYOUT_CONFIRMED = Action("lot:payout:confirmed", _PACKAGE)
