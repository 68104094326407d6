"""The receipt of an objection to the result (异议回执), pure: what the platform signs, how anyone checks it.

The journal has an entry with the same digest; the words themselves stay with the objector and the tenderer.
"""

import hashlib
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from trading.kernel.canonical import CanonicalError, canonical, parse_canonical
from trading.kernel.signing import Signer

LABEL = b"trading-awards/objection/1\x00"


class ReceiptBroken(ValueError):
    """Not a receipt of this platform."""


class ObjectionReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was raised, by whom, when, and until when it must be answered."""

    v: Literal["LAO1"]
    subject: str
    objection: str
    uscc: str
    digest: str
    raised_at: str
    reply_by: str


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: str
    key: str
    sig: str


def words_digest(words: str) -> str:
    """What the journal knows an objection or its answer by."""
    return hashlib.sha256(LABEL + words.encode()).hexdigest()


def sign_receipt(receipt: ObjectionReceipt, signer: Signer) -> bytes:
    """The receipt under the platform's receipt key."""
    body = canonical(msgspec.to_builtins(receipt))
    signed = _Signed(body.decode(), signer.public_raw.hex(), signer.sign(LABEL + body).hex())
    return canonical(msgspec.to_builtins(signed))


def open_receipt(raw: bytes, public: bytes) -> ObjectionReceipt:
    """What it says, if the given key signed it."""
    try:
        signed = msgspec.convert(parse_canonical(raw), _Signed)
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signed.sig), LABEL + signed.body.encode())
        return msgspec.convert(parse_canonical(signed.body.encode()), ObjectionReceipt)
    except (CanonicalError, msgspec.ValidationError, ValueError, InvalidSignature) as error:
        raise ReceiptBroken("not signed by this key") from error
