"""Signing an announcement: the exact text is read back, compared with what was agreed, and only then signed.

What is compared: the lot or draw, and what such a thing may hold; deadline, threshold, parts and phases of the
ceremony; the trustee's own keys, byte for byte; the other seats' keys as the ceremony showed them; and that the
witnesses this program knows do cosign the announced log with the announced keys, for without that no release could
ever be checked.
"""

from dataclasses import dataclass
from datetime import datetime

from bidding.sealing.announcement import AnnouncementBody, announcement_digest, parse_body, reduced_secrecy
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import parse_instant
from bidding.sealing.offer import Offer
from bidding.trustee.kinds import check_kind
from bidding.trustee.refusals import Decline
from bidding.trustee.witnesses import Seen, Witnesses
from bidding.types import CeremonyView, SeatView

PRODUCTION_T, PRODUCTION_N = 3, 5


@dataclass(frozen=True)
class Review:
    """A text whose checks all held, as it is shown before signing."""

    view: CeremonyView
    text: bytes
    body: AnnouncementBody
    ann: str
    x: int
    seen: Seen

    @property
    def reduced(self) -> bool:
        """保密强度降低: below three of five, or the interested parties could open alone."""
        return is_reduced(self.body) or self.view.reduced

    @property
    def deadline(self) -> datetime:
        """投标截止时间."""
        return parse_instant(self.body.deadline)


def is_reduced(body: AnnouncementBody) -> bool:
    """Whether pages must say 保密强度降低 (LBE1 §3)."""
    return reduced_secrecy(body) or body.t < PRODUCTION_T or body.n < PRODUCTION_N


def review(
    view: CeremonyView, seat: SeatView, text: bytes, *, card: Offer, signed: bytes | None, witnesses: Witnesses
) -> Review:
    """The text with every check held, or a `Decline`."""
    try:
        body = parse_body(text)
    except SealingError as error:
        raise Decline("text_malformed", error.code) from error
    if signed is not None and signed != text:
        raise Decline("text_second", announcement_digest(signed))
    if body.subject != view.subject:
        raise Decline("text_lot", body.subject)
    check_kind(body)
    if _terms_of(body) != _terms_agreed(view):
        raise Decline("text_terms")
    _check_seats(body, view, seat, card)
    seen = _witnessed(body, witnesses)
    if parse_instant(body.deadline) <= seen.at:
        raise Decline("text_past", body.deadline, checkpoint=seen.digest)
    return Review(view, text, body, announcement_digest(text), seat.x, seen)


def _terms_of(body: AnnouncementBody) -> tuple[object, ...]:
    parts = tuple((part.id, part.phase, part.required) for part in body.parts)
    return (body.deadline, body.t, body.n, body.suites, parts)


def _terms_agreed(view: CeremonyView) -> tuple[object, ...]:
    parts = tuple((part.id, part.phase, part.required) for part in view.parts)
    return (view.deadline, view.t, view.n, view.suites, parts)


def _check_seats(body: AnnouncementBody, view: CeremonyView, seat: SeatView, card: Offer) -> None:
    if [item.x for item in view.seats] != [item.x for item in body.trustees]:
        raise Decline("text_seats")
    mine = body.trustees[seat.x - 1]
    if (mine.sign, mine.keys, mine.organisation) != (card.sign, card.keys, card.organisation):
        raise Decline("text_keys")
    for listed, shown in zip(body.trustees, view.seats, strict=True):
        keys = [(key.suite, key.phase, key.pk, key.kid) for key in listed.keys]
        if (listed.seat, listed.organisation, listed.sign) != (shown.seat, shown.organisation, shown.sign) or keys != [
            (key.suite, key.phase, key.pk, key.kid) for key in shown.keys
        ]:
            raise Decline("text_seats", listed.x)


def _witnessed(body: AnnouncementBody, witnesses: Witnesses) -> Seen:
    try:
        return witnesses.seen(body)
    except Decline as decline:
        raise Decline("text_unwitnessed", decline.reason, checkpoint=decline.checkpoint) from decline
