"""Refusals of the lock-box, each named for what is refused; the catalogue also says what to do next."""

from trading.kernel.errors import Forbidden, Invalid, NotFound, Refused, TooLarge

# ---- ceremony (密钥仪式)


class LotNotPublished(Refused):
    """Keys are announced for a lot that is open for bids, and for no other."""

    code = "bidding.lot_not_published"


class TooLateForCeremony(Refused):
    """The announcement must stand before document issue ends (招标文件发售截止)."""

    code = "bidding.too_late_for_ceremony"


class CeremonyPastDeadline(Refused):
    """What is sealed under an announcement is taken until its deadline, which has passed."""

    code = "bidding.ceremony_past_deadline"


class CeremonyRunning(Refused):
    """A lot has one ceremony at a time; cancel the running one first."""

    code = "bidding.ceremony_running"


class CeremonyOver(Refused):
    """The step is not open in the ceremony's present state."""

    code = "bidding.ceremony_state"


class SeatUnsuitable(Invalid):
    """A seat must be held by a trustee of the organisation it stands for."""

    code = "bidding.seat_unsuitable"


class ThresholdUnlawful(Invalid):
    """2 ≤ t < n: no single trustee opens, no single one can prevent it."""

    code = "bidding.threshold"


class OneHolderOpens(Refused):
    """No organisation may hold t seats: it could open every bid alone."""

    code = "bidding.one_holder_opens"


class NotYourSeat(Forbidden):
    """The seat is held by another membership."""

    code = "bidding.not_your_seat"


class KeyCardRefused(Refused):
    """The offered keys are not complete, not sound, or not signed."""

    code = "bidding.key_card"


class PossessionNotProved(Refused):
    """The challenge sealed to an offered key was not answered."""

    code = "bidding.possession"


class SignatureRefused(Refused):
    """Not this trustee's signature over these bytes."""

    code = "bidding.signature"


class SignaturesMissing(Refused):
    """An announcement stands with the signatures of all trustees or not at all."""

    code = "bidding.signatures_missing"


class DeadlineMoved(Refused):
    """The lot's deadline is no longer the one the trustees signed."""

    code = "bidding.deadline_moved"


# ---- uploads


class NotAnnounced(Refused):
    """No keys are announced for the lot: nothing can be sealed for it yet."""

    code = "bidding.not_announced"


class NoSuchAnnouncement(NotFound):
    """The lot has no published announcement."""

    code = "bidding.no_announcement"


class TokenInvalid(Forbidden):
    """Not an upload token of this lot."""

    code = "bidding.token_invalid"


class TokenExhausted(Refused):
    """The token's bytes or attempts are used up."""

    code = "bidding.token_exhausted"


class NoMoreTokens(Refused):
    """An organisation draws a limited number of tokens for a lot."""

    code = "bidding.no_more_tokens"


class UploadUnknown(NotFound):
    """No such upload under this token."""

    code = "bidding.upload_unknown"


class UploadDiffers(Refused):
    """The same part of the same envelope was announced with another size."""

    code = "bidding.upload_differs"


class BlockSize(Refused):
    """A block has exactly the length its place demands."""

    code = "bidding.block_size"


class BlockDamaged(Refused):
    """The bytes received are not those whose hashes came with them."""

    code = "bidding.block_damaged"


class BlockDiffers(Refused):
    """The block was stored before with other bytes."""

    code = "bidding.block_differs"


class NotSealed(Refused):
    """未加密: what arrived is a readable file, or no envelope at all; nothing of it was kept."""

    code = "bidding.not_sealed"


# ---- submission


class BidTooLate(Refused):
    """迟到: the deadline has passed (招标投标法 28)."""

    code = "bidding.too_late"


class NotOpenYet(Refused):
    """The box does not take envelopes yet."""

    code = "bidding.not_open_yet"


class LotNotOpen(Refused):
    """The lot takes no bids in its present state."""

    code = "bidding.lot_not_open"


class LotCancelled(Refused):
    """The tender of this lot was ended; nothing is taken any more."""

    code = "bidding.lot_cancelled"


class EnvelopeTooLarge(TooLarge):
    """An envelope is at most 256 KB."""

    code = "bidding.envelope_size"


class WrongAnnouncement(Refused):
    """Sealed for another lot or under another announcement."""

    code = "bidding.wrong_announcement"


class SuiteNotAllowed(Refused):
    """The cipher suite is not among those announced."""

    code = "bidding.suite_not_allowed"


class EnvelopeRefused(Refused):
    """The envelope breaks a rule of its format; `detail` is the engine's code."""

    code = "bidding.envelope_refused"


class UploadIncomplete(Refused):
    """投标文件未传完: a part is missing, in whole or in blocks."""

    code = "bidding.upload_incomplete"


class BidAltered(Refused):
    """投标文件被改动: the uploaded ciphertext is not the one the envelope was signed over."""

    code = "bidding.altered"


class KeyUsedElsewhere(Refused):
    """One submission key, one box: this one has been used for another lot or draw."""

    code = "bidding.key_used_elsewhere"


class EnvelopeNumberUsed(Refused):
    """The same `env` came before with other bytes."""

    code = "bidding.env_used"


class PredecessorUnknown(Refused):
    """The envelope to be replaced or withdrawn is not in this box."""

    code = "bidding.predecessor_unknown"


class Fork(Refused):
    """The envelope named was already replaced: it is not the last of its chain."""

    code = "bidding.fork"


class OtherKey(Refused):
    """Replaced or withdrawn with another key than the one that submitted."""

    code = "bidding.other_key"


class KeyUsed(Refused):
    """The key already has an envelope here: replace that one, or use a new key."""

    code = "bidding.key_used"


class AlreadyWithdrawn(Refused):
    """The envelope named was withdrawn; its chain has ended."""

    code = "bidding.already_withdrawn"


class WithdrawalRefused(Refused):
    """The withdrawal is not a valid signed document."""

    code = "bidding.withdrawal_refused"


class TooManyRefusals(Refused):
    """Late submissions of one sender are journalled a bounded number of times."""

    code = "bidding.too_many_refusals"


# ---- receipts


class ReceiptUnknown(NotFound):
    """No receipt has this entry."""

    code = "bidding.receipt_unknown"


class ProofPending(NotFound):
    """The slot is not yet sealed under a witnessed checkpoint."""

    code = "bidding.proof_pending"


class ReceiptInvalid(Invalid):
    """What was pasted is not a receipt signed by this platform."""

    code = "bidding.receipt_invalid"
