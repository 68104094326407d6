"""What stands in the way of an action and can be mended; a refusal (`refusals`) is about what the platform claims."""

from trading.kernel.errors import Forbidden, Invalid, NotFound, Refused, TradingError, Unauthenticated, Unavailable


class Locked(Unauthenticated):
    """The keys are locked: the passphrase first."""

    code = "trustee.locked"


class PassphraseWrong(Forbidden):
    """The passphrase does not open the keys."""

    code = "trustee.passphrase_wrong"


class PassphraseUnfit(Invalid):
    """A new passphrase that is too short, or typed differently the second time."""

    code = "trustee.passphrase_unfit"


class NotConnected(Refused):
    """No access token of the platform yet."""

    code = "trustee.not_connected"


class PlatformSilent(Unavailable):
    """The platform cannot be reached, or does not answer as one."""

    code = "trustee.platform_silent"


class PlatformRefused(Refused):
    """The platform said no; `reason` is its code."""

    code = "trustee.platform_refused"


class WitnessSilent(Unavailable):
    """No witness address answers."""

    code = "trustee.witness_silent"


class NoSeat(NotFound):
    """The person has no seat in that ceremony."""

    code = "trustee.no_seat"


class NotAnnounced(Refused):
    """Nothing has been published for this lot that this trustee signed."""

    code = "trustee.not_announced"


class NothingToSign(Refused):
    """The text is not complete, or the ceremony is over."""

    code = "trustee.nothing_to_sign"


class TextChanged(Refused):
    """What would be signed or released is not what was shown."""

    code = "trustee.text_changed"


class KeyMissing(Refused):
    """A key file of this lot is not in the folder."""

    code = "trustee.key_missing"


class Declined(TradingError):
    """A signed refusal was written; `reason` says why."""

    code = "trustee.declined"


class PageStale(Forbidden):
    """A form that this program did not hand out, or whose page is no longer unlocked."""

    code = "trustee.page_stale"


class Defect(TradingError):
    """Our own defect; what happened is in the program's log."""

    code = "trustee.defect"


class ApiForbidden(Unauthenticated):
    """The local API's token is missing or wrong."""

    code = "trustee.api_forbidden"
