"""Refusals of the opening."""

from trading.kernel.errors import Forbidden, Invalid, NotFound, Refused, Unavailable


class BoxNotClosed(Refused):
    """The deadline has not passed: nothing can be opened (招标投标法 34, 36)."""

    code = "opening.box_not_closed"


class OpeningOver(Refused):
    """The lot was not opened, or its opening has ended."""

    code = "opening.opening_over"


class WrongPhase(Refused):
    """Another phase is being opened now."""

    code = "opening.wrong_phase"


class BatchRefused(Refused):
    """The batch of shares is not what this trustee must send; `detail` is the engine's code."""

    code = "opening.batch_refused"


class BatchDiffers(Refused):
    """The trustee has sent another batch for the same part."""

    code = "opening.batch_differs"


class AlreadySettled(Refused):
    """The phase is settled: what came later counts no more."""

    code = "opening.already_settled"


class SharesPending(Refused):
    """Too few trustees have answered to decide every envelope."""

    code = "opening.shares_pending"


class SettledNotWitnessed(Unavailable):
    """The decisions are not yet under a witnessed checkpoint, and nothing is decrypted before that."""

    code = "opening.settled_not_witnessed"


class CiphertextDamaged(Unavailable):
    """The store does not hold the ciphertext that was received; it must be restored before the phase is opened."""

    code = "opening.ciphertext_damaged"


class TableIncomplete(Refused):
    """Something is still to be revealed: the opening cannot be ended."""

    code = "opening.table_incomplete"


class WindowOpen(Refused):
    """Bidders may still object: the opening ends no earlier (招标投标法实施条例 44)."""

    code = "opening.window_open"


class ObjectionsOpen(Refused):
    """Objections wait for their answers, which are given on the spot."""

    code = "opening.objections_open"


class NotTakingPart(Forbidden):
    """Only a bidder that takes part objects at the opening."""

    code = "opening.not_taking_part"


class NotYourObjection(Forbidden):
    """Only the bidder who raised it takes an objection back."""

    code = "opening.not_your_objection"


class ObjectionUnknown(NotFound):
    """No such objection at this opening."""

    code = "opening.no_objection"


class ObjectionEnded(Refused):
    """It has been answered or taken back."""

    code = "opening.objection_ended"


class TooManyObjections(Refused):
    """One bidder's objections at one opening are limited in number."""

    code = "opening.too_many_objections"


class NoRecordYet(NotFound):
    """The opening record has not been made."""

    code = "opening.no_record"


class BoxUnknown(NotFound):
    """The lot has no closed box."""

    code = "opening.no_box"


class NotPresent(Forbidden):
    """Only who had a part in the opening signs its record."""

    code = "opening.not_present"


class SignatureOfAnother(Invalid):
    """The certificate is not this person's, or did not sign this record."""

    code = "opening.record_signature"


class AlreadySigned(Refused):
    """The certificate has signed the record before."""

    code = "opening.record_signed"
