"""What the journal says of records: that bytes of this digest were filed, and from when anyone may read them."""

from trading.kernel.journal.actions import Action

_PACKAGE = "records"

KEPT = Action("records:document:kept", _PACKAGE, personal=("name",))
PUBLISHED = Action("records:document:published", _PACKAGE)
