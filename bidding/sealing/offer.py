"""Before an announcement exists: a trustee offers keys (公钥卡) and proves to hold each of them (LBE1 §3)."""

import secrets
from collections.abc import Sequence
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.sealing.announcement import ShortText, TrusteeKey
from bidding.sealing.documents import open_document, sign_document
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, Subject, framed_hash, lp, unhex
from bidding.sealing.signatures import Signs, sound_public_key
from bidding.sealing.suites import SUITES, kid, suite_of, x25519_raw


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key card: made for one subject, one key a phase."""

    v: Literal["LBO1"]
    subject: Subject
    organisation: ShortText
    sign: Hex32
    keys: tuple[TrusteeKey, ...]


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """32 random bytes sealed to a key; only its holder can answer."""

    kid: Hex16
    enc: str
    ct: str


def trustee_key(suite: int, phase: int, key: X25519PrivateKey) -> TrusteeKey:
    """The public half as the announcement lists it."""
    public = x25519_raw(key)
    return TrusteeKey(suite=suite, phase=phase, pk=public.hex(), kid=kid(suite, phase, public))


def make_offer(subject: str, organisation: str, sign: str, keys: Sequence[TrusteeKey], signer: Signs) -> bytes:
    """The signed key card."""
    body = Offer(v="LBO1", subject=subject, organisation=organisation, sign=sign, keys=tuple(keys))
    return sign_document("LBE1/offer", body, signer)


def verify_offer(raw: bytes, subject: str) -> Offer:
    """The offer, if its own key signed it for this subject and every key is sound."""
    offer = open_document(raw, "LBE1/offer", Offer, code="sealing.offer", key_of=lambda body: body.sign)
    if offer.subject != subject:
        raise SealingError("sealing.offer.subject")
    if not sound_public_key(bytes.fromhex(offer.sign)):
        raise SealingError("sealing.offer.sig")
    for key in offer.keys:
        public = bytes.fromhex(key.pk)
        if key.suite not in SUITES or key.kid != kid(key.suite, key.phase, public):
            raise SealingError("sealing.offer.keys")
        if not SUITES[key.suite].sound_public_key(public):
            raise SealingError("sealing.offer.keys")
    if not offer.keys or len({(key.suite, key.phase) for key in offer.keys}) != len(offer.keys):
        raise SealingError("sealing.offer.keys")
    return offer


def make_challenge(subject: str, key: TrusteeKey) -> tuple[Challenge, str]:
    """The challenge to send and the answer to expect."""
    challenge = secrets.token_bytes(32)
    suite = suite_of(key.suite, "sealing.offer.keys")
    enc, ct = suite.seal(challenge, bytes.fromhex(key.pk), _info(subject, key.kid))
    return Challenge(kid=key.kid, enc=enc.hex(), ct=ct.hex()), _answer(subject, key.kid, challenge)


def answer_challenge(subject: str, challenge: Challenge, key: X25519PrivateKey, suite: int = 1) -> str:
    """The holder's answer, or `sealing.possession` if this is not the key that was asked."""
    built = suite_of(suite, "sealing.possession")
    enc, ct = unhex(challenge.enc, built.enc_length, "sealing.possession"), bytes.fromhex(challenge.ct)
    opened = built.open(enc, ct, key, _info(subject, challenge.kid))
    if opened is None:
        raise SealingError("sealing.possession")
    return _answer(subject, challenge.kid, opened)


def _info(subject: str, key: str) -> bytes:
    return lp("LBE1/possess", subject, bytes.fromhex(key))


def _answer(subject: str, key: str, challenge: bytes) -> str:
    return framed_hash("LBE1/possess-answer", subject, bytes.fromhex(key), challenge).hex()
