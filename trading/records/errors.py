"""The refusals of records."""

from trading.kernel.errors import NotFound, Refused


class RecordUnknown(NotFound):
    """No such record, or not for this reader."""

    code = "records.unknown"


class AlreadyKept(Refused):
    """The same bytes are already filed under this subject in this kind."""

    code = "records.already_kept"
