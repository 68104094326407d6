"""What the journal says of projects. Drafts are not journalled; joining a lot never is (it would show a bidder)."""

from trading.kernel.journal.actions import Action

_PACKAGE = "projects"

REGISTERED = Action("projects:registration:accepted", _PACKAGE)
TIMETABLE_CHANGED = Action("projects:timetable:changed", _PACKAGE)
LOT_ADVANCED = Action("lot:state:advanced", _PACKAGE)
MILESTONE_REACHED = Action("projects:milestone:reached", _PACKAGE)
PARTICIPANTS_PUBLISHED = Action("lot:participants:published", _PACKAGE)
DAY_CHANGED = Action("calendar:day:changed", _PACKAGE)
YEAR_PUBLISHED = Action("calendar:year:published", _PACKAGE)
