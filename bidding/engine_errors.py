"""The sealing engine's codes as refusals people can act on: some have their own sentence, the rest carry the code."""

from bidding.errors import EnvelopeRefused, EnvelopeTooLarge, NotSealed, SuiteNotAllowed, WrongAnnouncement
from bidding.sealing.errors import SealingError
from bidding.sealing.objects import looks_unencrypted
from trading.kernel.errors import TradingError

_OWN: dict[str, type[TradingError]] = {
    "sealing.envelope.size": EnvelopeTooLarge,
    "sealing.envelope.json": NotSealed,
    "sealing.envelope.subject": WrongAnnouncement,
    "sealing.envelope.ann": WrongAnnouncement,
    "sealing.envelope.suite": SuiteNotAllowed,
}


def envelope_refusal(error: SealingError, raw: bytes) -> TradingError:
    """Why an envelope is not taken."""
    if looks_unencrypted(raw[:16]):
        return NotSealed()
    own = _OWN.get(error.code)
    return own() if own else EnvelopeRefused(detail=error.code)
