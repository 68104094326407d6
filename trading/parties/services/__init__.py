"""The verbs of `trading.parties`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from trading.parties.rights import demand_admin, demand_session, demand_step_up, stepped_up
from trading.parties.services.accounts import (
    change_password,
    disable_account,
    enable_account,
    open_account,
    reset_second_factor,
    sign_out_everywhere,
)
from trading.parties.services.certifying import (
    authority_certificate,
    issue_certificate,
    revoke_certificate,
)
from trading.parties.services.enrolling import add_person, enrol, find_organisation, register_organisation
from trading.parties.services.inviting import accept_invitation, invite, revoke_invitation
from trading.parties.services.memberships import end_membership, grant_membership
from trading.parties.services.sessions import (
    sign_in,
    sign_out,
    step_up,
    switch_membership,
)
from trading.parties.services.throttling import (
    JOIN,
    PASSWORD,
    SIGN_IN,
    STEP_UP,
    count_attempt,
    forget_attempts,
)
from trading.parties.services.tokens import end_token, make_token

__all__ = [
    "JOIN",
    "PASSWORD",
    "SIGN_IN",
    "STEP_UP",
    "accept_invitation",
    "add_person",
    "authority_certificate",
    "change_password",
    "count_attempt",
    "demand_admin",
    "demand_session",
    "demand_step_up",
    "disable_account",
    "enable_account",
    "end_membership",
    "end_token",
    "enrol",
    "find_organisation",
    "forget_attempts",
    "grant_membership",
    "invite",
    "issue_certificate",
    "make_token",
    "open_account",
    "register_organisation",
    "reset_second_factor",
    "revoke_certificate",
    "revoke_invitation",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "step_up",
    "stepped_up",
    "switch_membership",
]
