"""The refusals of deposits."""

from trading.kernel.errors import Forbidden, Invalid, NotFound, Refused


class NoDepositAsked(Refused):
    """The lot asks for no deposit."""

    code = "funds.none_asked"


class DepositTooEarly(Refused):
    """The lot's key announcement is not out, so nothing can yet be entered in silence."""

    code = "funds.too_early"


class DepositTooLate(Refused):
    """The deadline is over: no sub-account is drawn any more."""

    code = "funds.too_late"


class DepositsSecret(Refused):
    """Before closing nobody but the payer learns anything of a deposit (招标投标法 22, 52)."""

    code = "funds.secret"


class NotABank(Forbidden):
    """Statements come from a bank's own program."""

    code = "funds.not_a_bank"


class StatementUnreadable(Refused):
    """The file is neither UTF-8 nor GBK, or not a table with the agreed columns."""

    code = "funds.unreadable"


class StatementTooLong(Refused):
    """More lines than one file may hold."""

    code = "funds.too_long"


class NothingToRefund(Refused):
    """No money of this organisation lies here."""

    code = "funds.nothing_to_refund"


class RequestOver(Refused):
    """Once the deadline is over a deposit is no longer taken back by request (招标投标法实施条例 35)."""

    code = "funds.request_over"


class RequestStands(Refused):
    """The organisation has asked already."""

    code = "funds.request_stands"


class RequestSignature(Invalid):
    """The signature is not one by a key of the signer's own certificate over these words."""

    code = "funds.request_signature"


class BatchEmpty(Invalid):
    """Nothing was chosen."""

    code = "funds.batch_empty"


class RefundNotDue(Refused):
    """One of the refunds is not waiting to be paid: it is on its way, paid, kept, or another lot's."""

    code = "funds.not_due"


class BatchUnknown(NotFound):
    """There is no such payment file."""

    code = "funds.batch_unknown"


class BatchDecided(Refused):
    """The payment file is decided."""

    code = "funds.batch_decided"


class FourEyes(Refused):
    """Whoever prepared a payment file or an account does not approve it."""

    code = "funds.four_eyes"


class BatchStale(Refused):
    """Its value date is over: the interest would be a day short."""

    code = "funds.batch_stale"


class ValueDate(Invalid):
    """Payments are dated today or in the next days."""

    code = "funds.value_date"


class OutcomeDiffers(Refused):
    """The bank tells of another amount or payment, or the opposite of before: nothing is taken in."""

    code = "funds.outcome_differs"


class PaymentNotUnknown(Refused):
    """Only a payment that was sent and has not ended is asked after."""

    code = "funds.not_unknown"


class NotTheTenderer(Forbidden):
    """Only the tenderer itself decides to keep a deposit."""

    code = "funds.not_the_tenderer"


class GroundUnknown(Invalid):
    """The procedure knows no such ground to keep a deposit."""

    code = "funds.ground_unknown"


class DepositDisposed(Refused):
    """The deposit is kept, paid back or on its way; or there is none."""

    code = "funds.disposed"


class RefundUnknown(NotFound):
    """There is no such refund."""

    code = "funds.refund_unknown"


class AccountNotRefused(Refused):
    """Money goes back to where it came from; another account is for one that the bank has refused."""

    code = "funds.account_stands"


class PayoutUnknown(NotFound):
    """There is no such proposal, or it is confirmed."""

    code = "funds.payout_unknown"
