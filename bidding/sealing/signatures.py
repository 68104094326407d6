"""Signatures with the loose ends cut off, so that two verifiers cannot disagree (LBE1 §1).

OpenSSL accepts Ed25519 keys of small order, under which one signature fits every message; they are refused here.
"""

from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_SMALL_ORDER_Y = {
    int.from_bytes(bytes.fromhex(text), "little")
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
}
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Signs(Protocol):
    """An Ed25519 key, a platform signer, a hardware token."""

    def sign(self, data: bytes, /) -> bytes:
        """A 64-byte signature."""


def public_raw(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes that stand for the key in every document."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sound_public_key(raw: bytes) -> bool:
    """Whether this is an Ed25519 public key worth trusting: canonical, and not of small order."""
    if len(raw) != 32:
        return False
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    return y < _P and y not in _SMALL_ORDER_Y


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """RFC 8032 verification that also refuses unsound keys and S ≥ L."""
    if not sound_public_key(public) or len(signature) != 64 or int.from_bytes(signature[32:], "little") >= _L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign_p256(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """ECDSA P-256 with SHA-256 as r ‖ s with the low s."""
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + min(s, _P256_ORDER - s).to_bytes(32, "big")


def verify_p256(public: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """The same, refusing the high s and any other curve."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not isinstance(public.curve, ec.SECP256R1) or len(signature) != 64 or s > _P256_ORDER // 2:
        return False
    try:
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
