"""What the journal says of packages: proposed, decided, composed, sealed, read again."""

from trading.kernel.journal.actions import Action

_PACKAGE = "archive"

PROPOSED = Action("project:archive:proposed", _PACKAGE)
APPROVED = Action("project:archive:approved", _PACKAGE)
DECLINED = Action("project:archive:declined", _PACKAGE)
COMPOSED = Action("project:archive:composed", _PACKAGE)
SEALED = Action("project:archive:sealed", _PACKAGE)
DAMAGED = Action("project:archive:damaged", _PACKAGE)
SWEPT = Action("archive:sweep:made", _PACKAGE)
