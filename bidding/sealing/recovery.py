"""The recovery file (恢复文件): what lets a bidder open his own bid and change it, under his passphrase (LBE1 §12).

It is the bidder's alone: there is no server-held master key, so whoever loses this file and meets too few trustees has
nothing to fall back on.
"""

import secrets
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from bidding.sealing.documents import decode, encode
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, PartId, Subject, lp
from bidding.sealing.keyfile import ROUNDS, passphrase_bytes

_MOST_ROUNDS = 10_000_000
_KDF = "PBKDF2-SHA256"


class RecoveryPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part's content key."""

    id: PartId
    ck: Hex32


class Recovery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secrets of one envelope."""

    v: Literal["LBK1"]
    subject: Subject
    ann: Hex32
    env: Hex16
    envelope: Hex32
    key: Hex32
    parts: tuple[RecoveryPart, ...]

    def signing_key(self) -> Ed25519PrivateKey:
        """The submission key: signs a replacement, a withdrawal, a key release."""
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.key))

    def ck(self, part: str) -> bytes:
        """The content key of a part."""
        for item in self.parts:
            if item.id == part:
                return bytes.fromhex(item.ck)
        raise SealingError("sealing.part.missing", part=part)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal["LBK1"]
    kdf: Literal["PBKDF2-SHA256"]
    rounds: int
    salt: Hex16
    nonce: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{24}\Z")]
    ct: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{2}){16,}\Z")]


def write_recovery(
    recovery: Recovery, passphrase: str, *, salt: bytes | None = None, nonce: bytes | None = None
) -> bytes:
    """The file; salt and nonce are given only to make test vectors."""
    salt, nonce = salt or secrets.token_bytes(16), nonce or secrets.token_bytes(12)
    ct = AESGCM(_key(passphrase, salt, ROUNDS)).encrypt(nonce, encode(recovery), _aad(ROUNDS, salt))
    return encode(_File(v="LBK1", kdf="PBKDF2-SHA256", rounds=ROUNDS, salt=salt.hex(), nonce=nonce.hex(), ct=ct.hex()))


def read_recovery(raw: bytes, passphrase: str) -> Recovery:
    """The secrets, or `sealing.recovery.format`, `.weak`, `.passphrase`."""
    file = decode(raw, _File, "sealing.recovery.format")
    if not ROUNDS <= file.rounds <= _MOST_ROUNDS:
        raise SealingError("sealing.recovery.weak")
    salt = bytes.fromhex(file.salt)
    try:
        plain = AESGCM(_key(passphrase, salt, file.rounds)).decrypt(
            bytes.fromhex(file.nonce), bytes.fromhex(file.ct), _aad(file.rounds, salt)
        )
    except InvalidTag as error:
        raise SealingError("sealing.recovery.passphrase") from error
    return decode(plain, Recovery, "sealing.recovery.format")


def _key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(passphrase_bytes(passphrase))


def _aad(rounds: int, salt: bytes) -> bytes:
    return lp("LBE1/recovery", _KDF, str(rounds), salt)
