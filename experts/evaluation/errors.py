"""Refusals of the evaluation."""

from trading.kernel.errors import Invalid, NotFound, Refused


class EvaluationUnknown(NotFound):
    """No evaluation of this lot, or not for this reader to know of."""

    code = "evaluation.unknown"


class TermsMissing(Refused):
    """The lot was registered without terms of evaluation; there is nothing lawful to score by."""

    code = "evaluation.terms_missing"


class NoCommittee(Refused):
    """The committee has not been unlocked by the witness."""

    code = "evaluation.no_committee"


class CommitteeUnlawful(Refused):
    """The committee is smaller than the law asks, or even in number (招标投标法 37)."""

    code = "evaluation.committee_unlawful"


class StageOver(Refused):
    """Another step is the one the evaluation is at."""

    code = "evaluation.stage_over"


class AlreadyAccepted(Refused):
    """The discipline statement is accepted once."""

    code = "evaluation.already_accepted"


class AlreadySubmitted(Refused):
    """The sheet was handed in; it is frozen."""

    code = "evaluation.already_submitted"


class NothingWritten(Refused):
    """There is no draft to hand in."""

    code = "evaluation.nothing_written"


class SheetIncomplete(Invalid):
    """The sheet lacks something the rules ask for; the fields say what."""

    code = "evaluation.sheet_incomplete"


class Tied(Refused):
    """Bids equal in total and in price: the ranking would have to be drawn, which this release does not do."""

    code = "evaluation.tied"


class TooLateToReplace(Refused):
    """The report is made: who does not sign it agrees (招标投标法实施条例 53), and nobody is replaced."""

    code = "evaluation.too_late_to_replace"


class NoReplacement(Refused):
    """No seat is empty, or the witness has not unlocked whoever is to take it."""

    code = "evaluation.no_replacement"


class NotAllIn(Refused):
    """Not every member's sheet is in; until then nobody sees another's and nothing is computed."""

    code = "evaluation.not_all_in"


class NoReportYet(NotFound):
    """The report has not been made, or this reader may not see it before it is signed."""

    code = "evaluation.no_report"


class AlreadySigned(Refused):
    """The member has signed the report before."""

    code = "evaluation.already_signed"


class SigningEnded(Refused):
    """The time to sign is over: who had said nothing by then agrees (招标投标法实施条例 53), whenever that is noted."""

    code = "evaluation.signing_ended"


class SignatureOfAnother(Invalid):
    """The certificate is not this member's, or did not sign this report with this opinion."""

    code = "evaluation.report_signature"


class FileUnknown(NotFound):
    """No such file among the opened parts, or not for this reader."""

    code = "evaluation.file_unknown"
