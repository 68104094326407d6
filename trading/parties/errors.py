"""The refusals of `trading.parties`, named for what is refused; their words are in the catalogues."""

from datetime import datetime, timedelta

from trading.kernel.errors import Forbidden, NotFound, RateLimited, Refused, TradingError, Unauthenticated
from trading.web.formats import local

_SECOND = timedelta(seconds=1)


class SignInRefused(Unauthenticated):
    """Login, password or code is wrong, or the account is closed: one answer for all of them."""

    code = "parties.sign_in_refused"


class TooManyAttempts(RateLimited):
    """So many failures that guessing must be slowed down; says until when."""

    code = "parties.too_many_attempts"

    def __init__(self, *, until: datetime, wait: timedelta) -> None:
        whole = timedelta(seconds=max(1, -(-wait // timedelta(seconds=1))))
        super().__init__(seconds=int(whole.total_seconds()), wait=whole, at=f"{local(until + _SECOND):%H:%M:%S}")


class StepUpNeeded(Forbidden):
    """The act needs proof that the person is still there, no older than a quarter of an hour."""

    code = "parties.step_up_needed"


class SessionNeeded(Refused):
    """A program's token may not do this; a signed-in person must."""

    code = "parties.session_needed"


class OrganisationUnknown(NotFound):
    """No such organisation."""

    code = "parties.organisation_unknown"


class PersonUnknown(NotFound):
    """No such person."""

    code = "parties.person_unknown"


class MembershipUnknown(NotFound):
    """No such membership, or it has ended."""

    code = "parties.membership_unknown"


class AccountUnknown(NotFound):
    """No such account."""

    code = "parties.account_unknown"


class TokenUnknown(NotFound):
    """No such token, or not one's own, or it has ended."""

    code = "parties.token_unknown"


class CertificateUnknown(NotFound):
    """No such certificate, or not one's own."""

    code = "parties.certificate_unknown"


class InvitationUnknown(NotFound):
    """No such invitation, or not one's own organisation's."""

    code = "parties.invitation_unknown"


class InvitationOver(Refused):
    """Used, revoked, expired, or its inviter may no longer invite."""

    code = "parties.invitation_over"


class AlreadyMember(Refused):
    """The person already acts for this organisation: end that membership first."""

    code = "parties.already_member"


class SelfGranted(Refused):
    """Nobody gives rights to himself."""

    code = "parties.self_granted"


class SecondFactorMissing(Refused):
    """A staff role needs an account with a second factor."""

    code = "parties.second_factor_missing"


class PossessionUnproved(Refused):
    """The request for a certificate is not signed by the key it names."""

    code = "parties.possession_unproved"


class KeyTaken(Refused):
    """Another person or organisation holds a certificate of this key."""

    code = "parties.key_taken"


class MembershipNeeded(Refused):
    """A certificate speaks for an organisation: choose the one to act for."""

    code = "parties.membership_needed"


class CentreMissing(Refused):
    """No trading centre is set up, whose seal documents bear."""

    code = "parties.centre_missing"


class CertificateRefused(TradingError):
    """A certificate cannot be relied on; `reason` is `format`, `algorithm`, `chain`, `usage`, `time` or `revoked`."""

    code = "parties.certificate_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason
