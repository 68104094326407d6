"""The platform's own keys behind one interface: passphrase-protected files now, a hardware module later.

Each purpose has its own key, so that one lost key does not speak for another: `journal` signs checkpoints,
`receipt` receipts and refusals, `record` opening records, `export` evidence, `ca` demonstration certificates.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trading.kernel.keyfile import read_key, write_key

PURPOSES = ("journal", "receipt", "record", "export", "ca")


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


def key_id(public_raw: bytes) -> str:
    """Short name of a public key."""
    return sha256(public_raw).hexdigest()[:16]


class PlatformKeys:
    """Every key of the platform, one a purpose."""

    def __init__(self, keys: dict[str, FileSigner]) -> None:
        self.journal = keys["journal"]
        self.receipt = keys["receipt"]
        self.record = keys["record"]
        self.export = keys["export"]
        self.ca = keys["ca"]

    @classmethod
    def load(cls, folder: Path, passphrase: str) -> "PlatformKeys":
        """Read the key files."""
        keys: dict[str, FileSigner] = {}
        for purpose in PURPOSES:
            key = read_key((folder / f"{purpose}.pem").read_bytes(), passphrase)
            if not isinstance(key, Ed25519PrivateKey):
                raise TypeError(f"{purpose}.pem is not an Ed25519 key")
            keys[purpose] = FileSigner(key)
        return cls(keys)

    def public_keys(self) -> dict[str, str]:
        """Purpose → public key in hex, for evidence."""
        return {purpose: getattr(self, purpose).public_raw.hex() for purpose in PURPOSES}


def make_keys(folder: Path, passphrase: str) -> None:
    """Make the keys that are missing; never overwrites one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for purpose in PURPOSES:
        path = folder / f"{purpose}.pem"
        if path.exists():
            continue
        pem = write_key(Ed25519PrivateKey.generate(), passphrase)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
