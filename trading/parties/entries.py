"""What the journal says of people. Names, logins and who belongs to whom are personal: committed to, never shown.

Signing in and out is not journalled: before a deadline it would tell who is getting ready to bid.
"""

from trading.kernel.journal.actions import Action

_PACKAGE = "parties"

ORGANISATION_REGISTERED = Action("parties:organisation:registered", _PACKAGE)
PERSON_ADDED = Action("parties:person:added", _PACKAGE, personal=("name",))
ACCOUNT_OPENED = Action("parties:account:opened", _PACKAGE, personal=("person", "login"))
ACCOUNT_DISABLED = Action("parties:account:disabled", _PACKAGE)
ACCOUNT_ENABLED = Action("parties:account:enabled", _PACKAGE)
SECOND_FACTOR_RESET = Action("parties:second_factor:reset", _PACKAGE)
PASSWORD_CHANGED = Action("parties:password:changed", _PACKAGE)
SESSIONS_ENDED = Action("parties:sessions:ended", _PACKAGE)
MEMBERSHIP_GRANTED = Action("parties:membership:granted", _PACKAGE, personal=("person",))
MEMBERSHIP_ENDED = Action("parties:membership:ended", _PACKAGE)
INVITATION_MADE = Action("parties:invitation:made", _PACKAGE, personal=("name",))
INVITATION_REVOKED = Action("parties:invitation:revoked", _PACKAGE)
INVITATION_ACCEPTED = Action("parties:invitation:accepted", _PACKAGE, personal=("person",))
TOKEN_MADE = Action("parties:token:made", _PACKAGE, personal=("name",))
TOKEN_ENDED = Action("parties:token:ended", _PACKAGE)
CERTIFICATE_ISSUED = Action("parties:certificate:issued", _PACKAGE, personal=("person", "organisation"))
CERTIFICATE_REVOKED = Action("parties:certificate:revoked", _PACKAGE)
SEAL_CERTIFIED = Action("parties:seal:certified", _PACKAGE)
