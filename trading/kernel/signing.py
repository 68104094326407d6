"""The platform's own keys behind one interface: passphrase-protected files now, a hardware module later.

Each purpose has its own key, so that one lost key does not speak for another: `journal` signs checkpoints,
`receipt` receipts and refusals, `record` opening records, `export` evidence, `ca` demonstration certificates; those are
Ed25519. `seal` signs PDF documents (电子签章) and is P-256, which every PDF reader checks. `personal` signs nothing: it
seals what is known of people who must stay unnamed, before it reaches a row, a log or an object.
"""

import hmac
import os
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trading.kernel.keyfile import read_key, write_key

SIGNING = ("journal", "receipt", "record", "export", "ca")
PURPOSES = (*SIGNING, "personal")
_NONCE = 12
SEAL = "seal"


class Signer(Protocol):
    """Signs bytes for one purpose; never shows its key."""

    @property
    def public_raw(self) -> bytes:
        """The 32-byte Ed25519 public key."""

    @property
    def kid(self) -> str:
        """First 16 hex digits of the public key's SHA-256."""

    def sign(self, data: bytes) -> bytes:
        """A 64-byte Ed25519 signature."""


class FileSigner:
    """An Ed25519 key read from a protected file."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.kid = key_id(self.public_raw)

    def sign(self, data: bytes) -> bytes:
        """Ed25519 (RFC 8032)."""
        return self._key.sign(data)

    @property
    def private_key(self) -> Ed25519PrivateKey:
        """The key itself: only the demonstration CA, which must build X.509 structures, asks for it."""
        return self._key


class SealSigner:
    """The P-256 key of the seal on PDF documents."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key()
        self.kid = key_id(self.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256 (DER), its nonce from RFC 6979: the same document gets the same bytes."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


class PersonalSeal:
    """Seals personal data at rest (AES-256-GCM), each value to the row it belongs to; two keys from one file."""

    def __init__(self, key: FileSigner) -> None:
        secret = key.private_key.private_bytes_raw()
        self._cipher = AESGCM(_derived(secret, b"personal data at rest"))
        self._tags = _derived(secret, b"personal tags")

    def seal(self, data: bytes, bound_to: str) -> bytes:
        """The value for a row; it opens only for what it was bound to."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """The value again; `cryptography.exceptions.InvalidTag` if it is another's or was changed."""
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())

    def tag(self, value: str) -> bytes:
        """The same for the same value, telling nothing of it: so that one person is not written twice."""
        return hmac.digest(self._tags, value.encode(), "sha256")


def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, info).derive(secret)


def key_id(public_raw: bytes) -> str:
    """Short name of a public key."""
    return sha256(public_raw).hexdigest()[:16]


class PlatformKeys:
    """Every key of the platform, one a purpose."""

    def __init__(self, keys: dict[str, FileSigner], seal: SealSigner) -> None:
        self.seal = seal
        self.journal = keys["journal"]
        self.receipt = keys["receipt"]
        self.record = keys["record"]
        self.export = keys["export"]
        self.ca = keys["ca"]
        self.personal = PersonalSeal(keys["personal"])

    @classmethod
    def load(cls, folder: Path, passphrase: str) -> "PlatformKeys":
        """Read the key files."""
        keys: dict[str, FileSigner] = {}
        for purpose in PURPOSES:
            key = read_key((folder / f"{purpose}.pem").read_bytes(), passphrase)
            if not isinstance(key, Ed25519PrivateKey):
                raise TypeError(f"{purpose}.pem is not an Ed25519 key")
            keys[purpose] = FileSigner(key)
        seal = read_key((folder / f"{SEAL}.pem").read_bytes(), passphrase)
        if not isinstance(seal, ec.EllipticCurvePrivateKey) or not isinstance(seal.curve, ec.SECP256R1):
            raise TypeError(f"{SEAL}.pem is not a P-256 key")
        return cls(keys, SealSigner(seal))

    def public_keys(self) -> dict[str, str]:
        """Purpose → Ed25519 public key in hex, for evidence; the seal's is in its certificate, in every PDF."""
        return {purpose: getattr(self, purpose).public_raw.hex() for purpose in SIGNING}


def make_keys(folder: Path, passphrase: str) -> None:
    """Make the keys that are missing; never overwrites one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for purpose in (*PURPOSES, SEAL):
        path = folder / f"{purpose}.pem"
        if path.exists():
            continue
        key = ec.generate_private_key(ec.SECP256R1()) if purpose == SEAL else Ed25519PrivateKey.generate()
        pem = write_key(key, passphrase)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
