"""The refusals of projects; an unlawful date or amount is a field problem made from a rule, see `rules.py`."""

from trading.kernel.errors import Forbidden, NotFound, Refused


class ProjectUnknown(NotFound):
    """No such project, or not for this reader."""

    code = "projects.unknown"


class LotUnknown(NotFound):
    """No such lot, or not for this reader."""

    code = "projects.lot_unknown"


class ProfileUnknown(NotFound):
    """No such procedure profile in this release."""

    code = "projects.profile_unknown"


class AlreadyRegistered(Refused):
    """Registration is done; what was registered is no draft any more."""

    code = "projects.already_registered"


class PlatformUnnamed(Refused):
    """No trading centre is set up, so no transaction code can be given out."""

    code = "projects.platform_unnamed"


class NotYourProject(Forbidden):
    """Only the tenderer and its agency act on a project."""

    code = "projects.not_yours"


class NoticeOut(Refused):
    """The notice is published; dates and documents change only by a correction."""

    code = "projects.notice_out"


class NotOpenForBids(Refused):
    """The lot takes no bids now."""

    code = "projects.not_open_for_bids"
