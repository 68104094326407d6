"""Refusals of supervision."""

from trading.kernel.errors import Forbidden, NotFound, Refused


class AlertUnknown(NotFound):
    """No such alert, or not for this reader."""

    code = "supervision.alert_unknown"


class EntryUnknown(NotFound):
    """No such entry in the journal."""

    code = "supervision.entry_unknown"


class NotWitnessed(NotFound):
    """The entry is not yet under a checkpoint that enough witnesses cosigned."""

    code = "supervision.not_witnessed"


class NotASupervisor(Refused):
    """An alert is handled by a supervisor."""

    code = "supervision.not_a_supervisor"


class NotAssigned(Forbidden):
    """Only whom it is assigned to asks and deals with it."""

    code = "supervision.not_assigned"


class OwnOrganisation(Forbidden):
    """Nobody supervises his own organisation."""

    code = "supervision.own_organisation"


class SecondPersonNeeded(Forbidden):
    """A card is closed by another supervisor than the one who dealt with it."""

    code = "supervision.second_person"


class QuestionOpen(Refused):
    """The party still has time to answer."""

    code = "supervision.question_open"
