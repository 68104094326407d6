"""What the journal says between report and contract. Who objected, and in which words, is only committed to.

The journal is public, the ranking is not before the publicity begins (招标投标法 44): until then candidates are only
committed to, and the entry that begins the publicity names them.
"""

from trading.kernel.journal.actions import Action

_PACKAGE = "awards"

CANDIDATES_RECORDED = Action("lot:candidates:recorded", _PACKAGE, personal=("candidates",))
PUBLICITY_PLANNED = Action("lot:publicity:planned", _PACKAGE)
PUBLICITY_BEGUN = Action("lot:publicity:begun", _PACKAGE)
PUBLICITY_ENDED = Action("lot:publicity:ended", _PACKAGE)
RESULT_OBJECTED = Action("lot:result:objected", _PACKAGE, personal=("organisation", "uscc"))
RESULT_ANSWERED = Action("lot:result:answered", _PACKAGE)
RESULT_OBJECTION_WITHDRAWN = Action("lot:result:withdrawn", _PACKAGE)
AWARDED = Action("lot:award:decided", _PACKAGE)
ANNULLED = Action("lot:award:annulled", _PACKAGE)
LETTER_ISSUED = Action("lot:letter:issued", _PACKAGE)
LETTER_DELIVERED = Action("lot:letter:delivered", _PACKAGE)
REPORTED = Action("lot:award:reported", _PACKAGE)
CONTRACT_RECORDED = Action("lot:contract:recorded", _PACKAGE)
CONTRACT_CONFIRMED = Action("lot:contract:confirmed", _PACKAGE)
CONTRACT_DECLINED = Action("lot:contract:declined", _PACKAGE)
