"""What the journal says of rooms. Where and when bids are evaluated is only committed to (招标投标法 38)."""

from trading.kernel.journal.actions import Action

_PACKAGE = "schedule"

ROOM_ADDED = Action("schedule:room:added", _PACKAGE)
ROOM_CHANGED = Action("schedule:room:changed", _PACKAGE)
ROOM_CLOSED = Action("schedule:room:closed", _PACKAGE)
ROOM_REOPENED = Action("schedule:room:reopened", _PACKAGE)
BOOKED = Action("schedule:booking:made", _PACKAGE)
MOVED = Action("schedule:booking:moved", _PACKAGE)
CANCELLED = Action("schedule:booking:cancelled", _PACKAGE)
