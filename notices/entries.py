"""What the journal says of notices; drafts are not journalled."""

from trading.kernel.journal.actions import Action

PUBLISHED = Action("notices:notice:published", "notices")
PRINTED = Action("notices:pdf:made", "notices")
RELEASED = Action("notices:release:made", "notices")
