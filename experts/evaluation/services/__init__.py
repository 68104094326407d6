"""The verbs of the evaluation, one file a use case."""

from experts.evaluation.services.beginning import accept_discipline, begin_evaluation
from experts.evaluation.services.reading import note_view
from experts.evaluation.services.replacing import confirm_absence, declare_absence, seat_replacement, void_member
from experts.evaluation.services.reporting import make_report
from experts.evaluation.services.signing import deem_agreed, sign_report
from experts.evaluation.services.submitting import submit_sheet

__all__ = [
    "accept_discipline",
    "begin_evaluation",
    "confirm_absence",
    "declare_absence",
    "deem_agreed",
    "make_report",
    "note_view",
    "seat_replacement",
    "sign_report",
    "submit_sheet",
    "void_member",
]
