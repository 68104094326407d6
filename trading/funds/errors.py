"""The refusals of deposits."""

from trading.kernel.errors import Forbidden, Refused


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
