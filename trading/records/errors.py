"""The refusals of records."""

from trading.kernel.errors import NotFound, Refused


class RecordUnknown(NotFound):
    """No such record, or not for this reader."""

    code = "records.unknown"


class AlreadyKept(Refused):
    """The same bytes are already filed under this subject in this kind."""

    code = "records.already_kept"


class ProofUnknown(NotFound):
    """No document bears this code."""

    code = "records.proof_unknown"


class NotWitnessed(Refused):
    """The journal's witnesses have not yet cosigned a checkpoint that holds the entry."""

    code = "records.not_witnessed"
