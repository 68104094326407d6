"""Refusals between report and contract."""

from trading.kernel.errors import Forbidden, Invalid, NotFound, Refused


class OutcomeUnknown(NotFound):
    """No report has come for this lot, or its outcome is not for this reader yet."""

    code = "awards.unknown"


class AlreadyRecorded(Refused):
    """The candidates of a lot are recorded once."""

    code = "awards.already_recorded"


class RankingUnsound(Refused):
    """The ranking is empty, has gaps or names a bid twice."""

    code = "awards.ranking_unsound"


class NotTheTenderer(Forbidden):
    """Only the tenderer decides; the centre, the agency and the supervisor never do (招标投标法 40)."""

    code = "awards.not_the_tenderer"


class NotYourLot(Forbidden):
    """Only the tenderer's side does this."""

    code = "awards.not_your_lot"


class AlreadyPlanned(Refused):
    """The publicity is planned; what others rely on is not moved."""

    code = "awards.already_planned"


class NotPublicised(Refused):
    """Objections are raised while the candidates are public."""

    code = "awards.not_publicised"


class ObjectionTooLate(Refused):
    """The publicity is over (招标投标法实施条例 54)."""

    code = "awards.objection_too_late"


class NoInterest(Refused):
    """The tenderer's side and the platform's staff do not object to their own result."""

    code = "awards.no_interest"


class InterestMissing(Invalid):
    """Who did not bid says what interest is touched (其他利害关系人)."""

    code = "awards.interest_missing"


class TooManyObjections(Refused):
    """One organisation, one lot."""

    code = "awards.too_many_objections"


class ObjectionUnknown(NotFound):
    """No such objection, or not for this reader."""

    code = "awards.objection_unknown"


class ObjectionEnded(Refused):
    """It was answered or withdrawn."""

    code = "awards.objection_ended"


class PublicityRunning(Refused):
    """Nobody wins before the publicity is over."""

    code = "awards.publicity_running"


class Paused(Refused):
    """An objection waits for its reply; until then nothing goes on (招标投标法实施条例 54)."""

    code = "awards.paused"


class NoSuchCandidate(Refused):
    """Only a candidate of the report can win."""

    code = "awards.no_such_candidate"


class PassedOverUnsound(Refused):
    """Every better-ranked candidate needs a lawful ground and a reason, and nobody else one."""

    code = "awards.passed_over"


class GroundUnlawful(Refused):
    """Where state funds dominate this is no ground against a better-ranked candidate (招标投标法实施条例 55)."""

    code = "awards.ground_unlawful"


class NotAwarded(Refused):
    """There is no award that stands."""

    code = "awards.not_awarded"


class ContractStanding(Refused):
    """A contract waits for the winner's word, or stands."""

    code = "awards.contract_standing"


class AlreadyReported(Refused):
    """The report was submitted."""

    code = "awards.already_reported"


class AmountDiffers(Refused):
    """The contract's price is not the bid's (招标投标法实施条例 57)."""

    code = "awards.amount_differs"


class BondTooHigh(Refused):
    """The performance bond exceeds its share of the contract (招标投标法实施条例 58)."""

    code = "awards.bond_too_high"


class SignedOutside(Refused):
    """Signed before the award or on a day to come."""

    code = "awards.signed_outside"


class LettersNotOut(Refused):
    """The contract follows the award letter, which is still being made."""

    code = "awards.letters_not_out"


class LetterUnknown(NotFound):
    """No such letter, or not for this reader."""

    code = "awards.letter_unknown"


class ContractUnknown(NotFound):
    """No such contract, or not for this reader."""

    code = "awards.contract_unknown"


class ContractAnswered(Refused):
    """The winner has answered."""

    code = "awards.contract_answered"
