"""The trustee's keys under his passphrase: one Ed25519 key he signs with, X25519 keys for each lot and phase.

Each key is a file of its own (PBES2, at least 600,000 rounds) and is read only when it is used, so a release of phase 1
never has the key of phase 2 in memory.
"""

import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bidding.sealing.errors import SealingError
from bidding.sealing.keyfile import read_key_file, write_key_file
from bidding.sealing.signatures import public_raw
from bidding.trustee.errors import KeyMissing, Locked, PassphraseUnfit, PassphraseWrong
from bidding.trustee.folder import Folder
from trading.kernel.errors import FieldProblem

SHORTEST = 12
_KEY, _PUBLIC = "sign.pem", "sign.pub"
_NONCE = 12


class Vault:
    """Locked until `unlock`; what needs a key while it is locked raises `Locked`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._passphrase: str | None = None
        self._sign: Ed25519PrivateKey | None = None

    @property
    def created(self) -> bool:
        """Whether a passphrase has been chosen."""
        return self.public is not None or self._folder.read(_KEY) is not None

    @property
    def unlocked(self) -> bool:
        """Whether the keys can be used now."""
        return self._sign is not None

    @property
    def public(self) -> str | None:
        """The public half of the signing key, in hex; known while locked."""
        raw = self._folder.read(_PUBLIC)
        return raw.decode().strip() if raw else None

    @property
    def signer(self) -> Ed25519PrivateKey:
        """The signing key."""
        if self._sign is None:
            raise Locked
        return self._sign

    def unlock(self, passphrase: str) -> None:
        """Open the keys; the first time, make them."""
        if not self.created:
            self._create(passphrase)
        pem = self._folder.read(_KEY)
        if pem is None:  # there was one: a new key in its place would hide the loss
            raise KeyMissing(file=_KEY)
        try:
            key = read_key_file(pem, passphrase).key
        except SealingError as error:
            raise PassphraseWrong from error
        assert isinstance(key, Ed25519PrivateKey)
        self._passphrase, self._sign = passphrase, key
        if self.public != public_raw(key).hex():
            self._folder.write(_PUBLIC, public_raw(key).hex().encode())

    def lock(self) -> None:
        """Forget passphrase and key."""
        self._passphrase = self._sign = None

    def _create(self, passphrase: str) -> None:
        if len(unicodedata.normalize("NFC", passphrase)) < SHORTEST:
            raise PassphraseUnfit({"passphrase": FieldProblem("trustee.passphrase_short", {"least": SHORTEST})})
        key = Ed25519PrivateKey.generate()
        self._folder.write(_KEY, write_key_file(key, passphrase))

    def make_sealing_key(self, name: str) -> X25519PrivateKey:
        """The sealing key of this file, made if it is not there."""
        if self._passphrase is None:
            raise Locked
        if self._folder.read(name) is None:
            self._folder.write(name, write_key_file(X25519PrivateKey.generate(), self._passphrase))
        return self.sealing_key(name)

    def sealing_key(self, name: str) -> X25519PrivateKey:
        """The sealing key of this file."""
        if self._passphrase is None:
            raise Locked
        pem = self._folder.read(name)
        if pem is None:
            raise KeyMissing(file=name)
        try:
            key = read_key_file(pem, self._passphrase).key
        except SealingError as error:
            raise KeyMissing(file=name) from error
        assert isinstance(key, X25519PrivateKey)
        return key

    def protect(self, data: bytes) -> bytes:
        """Encrypted for this folder: what is not a key but must not lie about in clear."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._wrapping_key()).encrypt(nonce, data, None)

    def unprotect(self, data: bytes) -> bytes | None:
        """The inverse; None if it was not protected here."""
        try:
            return AESGCM(self._wrapping_key()).decrypt(data[:_NONCE], data[_NONCE:], None)
        except (InvalidTag, ValueError):
            return None

    def _wrapping_key(self) -> bytes:
        return HKDF(hashes.SHA256(), 32, None, b"trustee folder").derive(self.signer.private_bytes_raw())
