"""What a trustee may be asked to keep: by kind, what its announcement must look like. Pure.

A lot's parts are its procedure's and are compared with what the ceremony showed. A draw's escrow is the same every
time, so this program knows it by itself: a platform cannot have anything else sealed and opened under that name.
"""

from bidding.sealing.announcement import AnnouncementBody, PartRule
from bidding.subjects import DRAW, Subject, parse_subject
from bidding.trustee.refusals import Decline
from trading.kernel.errors import NotFound

ESCROW = (PartRule(id="commitment", phase=1, pad="step", required=True),)


def known_subject(text: str) -> Subject:
    """A lot or a draw; declines what this program knows nothing of."""
    try:
        return parse_subject(text)
    except NotFound as error:
        raise Decline("text_kind", text) from error


def check_kind(body: AnnouncementBody) -> None:
    """Refuse an announcement that is not what its subject's kind makes it."""
    kind = known_subject(body.subject).kind
    if kind == DRAW and (body.parts, body.min_envelopes, body.release) != (ESCROW, 1, "deadline"):
        raise Decline("text_kind", "parts")
