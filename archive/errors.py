"""The refusals of the archive."""

from trading.kernel.errors import Forbidden, NotFound, Refused, Unavailable


class PackageUnknown(NotFound):
    """No such package, or not for this reader."""

    code = "archive.unknown"


class NotFinished(Refused):
    """Steps of the project are still to be taken."""

    code = "archive.not_finished"


class AlreadyProposed(Refused):
    """The project has a package already."""

    code = "archive.already_proposed"


class GapsUnexplained(Refused):
    """Records are missing, and nobody has said why."""

    code = "archive.gaps_unexplained"


class AlreadyDecided(Refused):
    """The proposal was approved or declined."""

    code = "archive.already_decided"


class SameOfficial(Forbidden):
    """Who proposed the sealing does not approve it."""

    code = "archive.same_official"


class NothingRequired(Refused):
    """The project's profile was stored before there was a list of required records."""

    code = "archive.nothing_required"


class NotSealed(Refused):
    """The package is not sealed yet."""

    code = "archive.not_sealed"


class ProofPending(Unavailable):
    """The witnesses have not cosigned the entry yet."""

    code = "archive.proof_pending"
