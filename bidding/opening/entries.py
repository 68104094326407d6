"""What the journal says of an opening."""

from trading.kernel.journal.actions import Action

_PACKAGE = "opening"

EARLY_ATTEMPT = Action("lot:opening:refused", _PACKAGE)
BOX_CLOSED = Action("lot:box:closed", _PACKAGE)
OPENING_CANCELLED = Action("lot:opening:cancelled", _PACKAGE)
BATCH_RECEIVED = Action("lot:batch:received", _PACKAGE)
PHASE_SETTLED = Action("lot:phase:settled", _PACKAGE)
PHASE_REVEALED = Action("lot:phase:revealed", _PACKAGE)
OBJECTION_RAISED = Action("lot:objection:raised", _PACKAGE)
OBJECTION_ANSWERED = Action("lot:objection:answered", _PACKAGE)
OBJECTION_WITHDRAWN = Action("lot:objection:withdrawn", _PACKAGE)
OPENING_ENDED = Action("lot:opening:ended", _PACKAGE)
RECORD_MADE = Action("lot:record:made", _PACKAGE)
RECORD_PRINTED = Action("lot:record:printed", _PACKAGE)
RECORD_SIGNED = Action("lot:record:signed", _PACKAGE)
