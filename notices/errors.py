"""The refusals of notices."""

from trading.kernel.errors import NotFound, Refused


class NoticeUnknown(NotFound):
    """No such notice, or not for this reader."""

    code = "notices.unknown"


class ReleaseUnknown(NotFound):
    """No open data of this name, or none yet."""

    code = "notices.release_unknown"


class AlreadyPublished(Refused):
    """What is published stands; a change needs a correction."""

    code = "notices.already_published"


class FourEyes(Refused):
    """Whoever wrote a notice does not publish it."""

    code = "notices.four_eyes"


class DocumentsMissing(Refused):
    """A lot has no tender documents that could be issued."""

    code = "notices.documents_missing"


class TimetableOverrun(Refused):
    """Published today, the timetable would break a period of law."""

    code = "notices.timetable_overrun"
