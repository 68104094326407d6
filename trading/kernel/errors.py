"""The tree of refusals. Each has a stable code; the words are in the catalogues, HTTP is in `trading.web.errors`.

A code `bidding.too_late` has two messages: `error.bidding.too_late` says what is wrong,
`error.bidding.too_late.next` says what to do; both may use the error's params.
"""

from typing import ClassVar

import msgspec


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field; `code` is a message key under `error.`."""

    code: str
    params: dict[str, object] = {}


class TradingError(Exception):
    """Base of every refusal the platform states on purpose."""

    code: ClassVar[str] = "kernel.refused"

    def __init__(self, **params: object) -> None:
        super().__init__(self.code, params)
        self.params = params


class Refused(TradingError):
    """A rule or the present state forbids it (too late, wrong phase)."""


class Invalid(TradingError):
    """The input cannot be accepted; says which field and why."""

    code = "kernel.invalid"

    def __init__(self, fields: dict[str, FieldProblem] | None = None, **params: object) -> None:
        super().__init__(**params)
        self.fields = fields or {}


class NotFound(TradingError):
    """Not there, or not for this person to know of: the same answer for both."""

    code = "kernel.not_found"


class Forbidden(TradingError):
    """Signed in, but without the right."""

    code = "kernel.forbidden"


class Unauthenticated(TradingError):
    """Nobody is signed in, or the session has ended."""

    code = "kernel.sign_in"


class RateLimited(TradingError):
    """Too many attempts; `seconds` says how long to wait."""

    code = "kernel.rate_limited"


class Unavailable(TradingError):
    """A part the platform needs does not answer now; trying again is right."""

    code = "kernel.unavailable"


class Busy(Unavailable):
    """A lock was not had in time."""

    code = "kernel.busy"


class TooLarge(TradingError):
    """More bytes than the limit allows."""

    code = "kernel.too_large"


class WrongState(Refused):
    """The thing is not in a state from which this step exists."""

    code = "kernel.wrong_state"


class StartupRefused(Exception):
    """A process must not start like this (wrong database login, mixed demonstration and real data)."""
