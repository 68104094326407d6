"""Why evidence is not handed out yet."""

from trading.kernel.errors import Refused, Unavailable


class EvidenceNotYet(Refused):
    """The opening of the lot has not ended: until then its bids are nobody's to read."""

    code = "portal.evidence_not_yet"


class EvidencePending(Unavailable):
    """The opening has ended, but its print is not made yet, or the witness has not yet cosigned its last entries."""

    code = "portal.evidence_pending"


class EvidenceBusy(Unavailable):
    """As many archives are being put together as this process does at a time."""

    code = "portal.evidence_busy"
