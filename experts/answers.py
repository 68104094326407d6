"""The gateway's signed record of one call (呼叫记录), pure: what `verify` asks for before it believes a decline.

The gateway (呼叫网关) signs every outcome with the key that the draw's announcement pins, so the platform can neither
invent a decline nor lose an acceptance unseen; and the leaf of the person called, so that what one person answered is
not put beside another's place. The PIN is in it only as a salted commitment.
"""

from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bidding.sealing.documents import decode, encode
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, Hex64, Instant, Subject, framed_hash, lp, parse_instant
from experts.draw import Code, DrawError

LABEL = "LBD1/answer"
Reply = Literal["accepted", "declined", "unanswered"]
REASONS = ("busy", "away", "ill", "interest", "other")
"""Why an expert declines, as the gateway asks it."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one call."""

    v: Literal["LBG1"]
    draw: Subject
    specialty: Code
    position: Annotated[int, msgspec.Meta(ge=0)]
    leaf: Hex32
    """Of the person called, as the roster's root has it."""
    call: Hex16
    outcome: Reply
    called_at: Instant
    ends_at: Instant
    answered_at: Instant
    reason: Literal["busy", "away", "ill", "interest", "other"] | None
    pin: Hex32 | None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    record: str
    signature: Hex64


def pin_commitment(salt: bytes, pin: str) -> str:
    """What a record says of the PIN that was typed."""
    return framed_hash("LBD1/pin", salt, pin).hex()


def sign_answer(answer: Answer, key: Ed25519PrivateKey) -> bytes:
    """The signed file, exact bytes."""
    record = encode(answer)
    return encode(_File(record=record.decode(), signature=key.sign(lp(LABEL, record)).hex()))


def verify_answer(file: bytes, gateway: str) -> Answer:
    """The record, signed by this gateway (hex of its public key); `DrawError` otherwise."""
    try:
        outer = decode(file, _File, "draw.answer.form")
        record = outer.record.encode()
        answer = decode(record, Answer, "draw.answer.form")
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(gateway)).verify(
            bytes.fromhex(outer.signature), lp(LABEL, record)
        )
    except SealingError as error:
        raise DrawError(error.code) from error
    except (InvalidSignature, ValueError) as error:
        raise DrawError("draw.answer.signature") from error
    if (answer.reason is None) == (answer.outcome == "declined") or (answer.pin is None) == (
        answer.outcome == "accepted"
    ):
        raise DrawError("draw.answer.form")
    return answer


def in_window(answer: Answer, made: str, seconds: int) -> bool:
    """Whether the person had the announced time to answer in, from the call on, and the outcome is of that time.

    The gateway signs the times the platform tells it: a shorter window would skip a person under its honest hand.
    """
    length = parse_instant(answer.ends_at) - parse_instant(answer.called_at)
    if answer.called_at < made or length.total_seconds() < seconds:
        return False
    if answer.outcome == "unanswered":
        return answer.answered_at >= answer.ends_at
    return answer.called_at <= answer.answered_at <= answer.ends_at


def named_call(file: bytes) -> str:
    """The call a file says it is about, before its signature can be checked: the draw's announcement names the key."""
    try:
        return decode(decode(file, _File, "draw.answer.form").record.encode(), Answer, "draw.answer.form").call
    except SealingError as error:
        raise DrawError(error.code) from error
