"""What the journal says of a lot's box. What would show that a bid exists is blind: it stands in the lot's slots."""

from bidding.sealing.box import COMMITTED, WITHDRAWN
from trading.kernel.journal.actions import Action

_PACKAGE = "bidding"

CEREMONY_STARTED = Action("lot:ceremony:started", _PACKAGE)
KEYS_RECEIVED = Action("lot:ceremony:keyed", _PACKAGE)
CEREMONY_SIGNED = Action("lot:ceremony:signed", _PACKAGE)
CEREMONY_CANCELLED = Action("lot:ceremony:cancelled", _PACKAGE)
ANNOUNCEMENT_PUBLISHED = Action("lot:announcement:published", _PACKAGE)
ENVELOPE_COMMITTED = Action("lot:envelope:committed", _PACKAGE, blind=True)
ENVELOPE_WITHDRAWN = Action("lot:envelope:withdrawn", _PACKAGE, blind=True)
SUBMISSION_REFUSED = Action("lot:submission:refused", _PACKAGE)

# The engine writes these bodies and `verify` reads them without this package: both must mean the same actions.
assert (ENVELOPE_COMMITTED.name, ENVELOPE_WITHDRAWN.name) == (COMMITTED, WITHDRAWN)
