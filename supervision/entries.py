"""What the journal says of alerts: that a rule spoke and what was done. Of whom and in which words is committed to.

An alert is a question until it is closed, and may be wrong: the public log names neither lot nor party of it.
"""

from trading.kernel.journal.actions import Action

_PACKAGE = "supervision"

RAISED = Action("supervision:alert:raised", _PACKAGE, personal=("lot", "subject", "cause", "evidence", "due_at"))
ASSIGNED = Action("supervision:alert:assigned", _PACKAGE, personal=("person", "words"))
ASKED = Action("supervision:alert:asked", _PACKAGE, personal=("party", "words"))
ANSWERED = Action("supervision:alert:answered", _PACKAGE, personal=("words",))
CLOSED = Action("supervision:alert:closed", _PACKAGE, personal=("words",))
