"""What the journal says of an evaluation: that each step was taken, never what a member wrote.

The journal is public while the evaluation is not: sheets are salted commitments, decisions are committed to.
"""

from experts.proof import facts
from trading.kernel.journal.actions import Action

_PACKAGE = "evaluation"

BEGUN = Action("lot:evaluation:begun", _PACKAGE)
DISCIPLINE_ACCEPTED = Action("evaluation:discipline:accepted", _PACKAGE)
DOCUMENT_VIEWED = Action("evaluation:document:viewed", _PACKAGE, personal=("env", "name", "digest"))
SHEET_SUBMITTED = Action(facts.SHEET_SUBMITTED, _PACKAGE)
SHEETS_OPENED = Action("evaluation:sheets:opened", _PACKAGE, personal=("kind", "decided"))
SHEETS_VOIDED = Action(facts.SHEETS_VOIDED, _PACKAGE)
MEMBER_SEATED = Action("evaluation:member:seated", _PACKAGE)
REPORT_MADE = Action(facts.REPORT_MADE, _PACKAGE)
REPORT_SIGNED = Action(facts.REPORT_SIGNED, _PACKAGE)
REPORT_DEEMED = Action(facts.REPORT_DEEMED, _PACKAGE)
REPORT_PRINTED = Action("evaluation:report:printed", _PACKAGE)
