"""Cipher suites (算法套件): the same shape with other ids, lengths and hashes (LBE1 §2).

Suite 1 is built: X25519, HKDF-SHA256, AES-256-GCM. The registry is where P-256, SM2/SM3/SM4 and X-Wing will stand.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM
from cryptography.hazmat.primitives.hpke import Suite as Hpke
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bidding.sealing.errors import SealingError
from bidding.sealing.framing import framed_hash, u8

_HPKE = Hpke(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PROBE = X25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass(frozen=True)
class Suite:
    """What sealing a share to a trustee needs; `seal` returns the encapsulation and the ciphertext."""

    id: int
    enc_length: int
    tag_length: int
    seal: Callable[[bytes, bytes, bytes], tuple[bytes, bytes]]
    open: Callable[[bytes, bytes, X25519PrivateKey, bytes], bytes | None]
    sound_public_key: Callable[[bytes], bool]


def kid(suite: int, phase: int, public: bytes) -> str:
    """The name of a trustee's key."""
    return framed_hash("LBE1/kid", u8(suite), u8(phase), public)[:16].hex()


def x25519_raw(key: X25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _sound_x25519(public: bytes) -> bool:
    try:  # a clamped scalar sends exactly the small-order points to zero, which the library refuses
        _PROBE.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return False
    return int.from_bytes(public, "little") < 2**255 - 19


def _seal(plaintext: bytes, public: bytes, info: bytes) -> tuple[bytes, bytes]:
    sealed = _HPKE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info)
    return sealed[:32], sealed[32:]


def _open(enc: bytes, ct: bytes, key: X25519PrivateKey, info: bytes) -> bytes | None:
    try:
        return _HPKE.decrypt(enc + ct, key, info)
    except (InvalidTag, ValueError):
        return None


SUITES = {1: Suite(id=1, enc_length=32, tag_length=16, seal=_seal, open=_open, sound_public_key=_sound_x25519)}


def suite_of(number: int, code: str) -> Suite:
    """The suite, or a refusal if it is not built."""
    if number not in SUITES:
        raise SealingError(code, suite=number)
    return SUITES[number]
