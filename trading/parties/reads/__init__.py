"""Questions about people and rights, answered with frozen structs; a row of the database never leaves this package."""

from trading.parties.reads.actors import (
    actor_for_bearer,
    actor_for_session,
    session_stands,
    sessions_of,
    token_hash,
)
from trading.parties.reads.certificates import (
    as_certificate,
    certificate_valid_at,
    certificates_of,
)
from trading.parties.reads.invitations import (
    INVITATION_STATES,
    INVITATIONS,
    invitation,
    invitations,
    open_invitation,
)
from trading.parties.reads.organisations import (
    organisation,
    organisation_by_uscc,
    organisations,
    organisations_by_id,
    organisations_of_role,
)
from trading.parties.reads.people import (
    account,
    membership,
    memberships_of,
    people,
    people_details,
    people_of_role,
    person_detail,
    tokens_of,
)

__all__ = [
    "INVITATIONS",
    "INVITATION_STATES",
    "account",
    "actor_for_bearer",
    "actor_for_session",
    "as_certificate",
    "certificate_valid_at",
    "certificates_of",
    "invitation",
    "invitations",
    "membership",
    "memberships_of",
    "open_invitation",
    "organisation",
    "organisation_by_uscc",
    "organisations",
    "organisations_by_id",
    "organisations_of_role",
    "people",
    "people_details",
    "people_of_role",
    "person_detail",
    "session_stands",
    "sessions_of",
    "token_hash",
    "tokens_of",
]
