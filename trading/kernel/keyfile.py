"""Private-key files: PKCS#8 under PBES2 with PBKDF2-HMAC-SHA256 of at least 600,000 rounds and AES-256-CBC (RFC 8018).

Written here because the library fixes PKCS#8 at 2,048 rounds. The files stay ordinary `ENCRYPTED PRIVATE KEY` PEM that
OpenSSL and WebCrypto programs read. The reader refuses a file with fewer rounds instead of trusting it.
"""

import os
import re
from base64 import b64decode, b64encode

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509 import ObjectIdentifier

ROUNDS = 600_000
_PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
_PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.12")
_HMAC_SHA256 = ObjectIdentifier("1.2.840.113549.2.9")
_AES256_CBC = ObjectIdentifier("2.16.840.1.101.3.4.1.42")
_PEM = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----(.*?)-----END ENCRYPTED PRIVATE KEY-----", re.DOTALL)


class KeyFileRefused(Exception):
    """Not a key file of this kind, too weakly protected, or a wrong passphrase; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@asn1.sequence
class _Prf:
    oid: ObjectIdentifier
    null: asn1.Null


@asn1.sequence
class _Pbkdf2:
    salt: bytes
    rounds: int
    key_length: int | None
    prf: _Prf


@asn1.sequence
class _Kdf:
    oid: ObjectIdentifier
    params: _Pbkdf2


@asn1.sequence
class _Encryption:
    oid: ObjectIdentifier
    iv: bytes


@asn1.sequence
class _Pbes2:
    kdf: _Kdf
    encryption: _Encryption


@asn1.sequence
class _Algorithm:
    oid: ObjectIdentifier
    params: _Pbes2


@asn1.sequence
class _EncryptedKey:
    algorithm: _Algorithm
    data: bytes


def _key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(passphrase.encode())


def write_key(key: PrivateKeyTypes, passphrase: str, *, rounds: int = ROUNDS) -> bytes:
    """The key as an encrypted PEM."""
    if not passphrase:
        raise KeyFileRefused("keyfile.passphrase_empty")
    salt, iv = os.urandom(16), os.urandom(16)
    pad = padding.PKCS7(128).padder()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    encryptor = Cipher(algorithms.AES256(_key(passphrase, salt, rounds)), modes.CBC(iv)).encryptor()
    data = encryptor.update(pad.update(plain) + pad.finalize()) + encryptor.finalize()
    kdf = _Kdf(
        oid=_PBKDF2,
        params=_Pbkdf2(salt=salt, rounds=rounds, key_length=None, prf=_Prf(oid=_HMAC_SHA256, null=asn1.Null())),
    )
    params = _Pbes2(kdf=kdf, encryption=_Encryption(oid=_AES256_CBC, iv=iv))
    der = asn1.encode_der(_EncryptedKey(algorithm=_Algorithm(oid=_PBES2, params=params), data=data))
    text = b64encode(der)
    lines = b"\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + lines + b"\n-----END ENCRYPTED PRIVATE KEY-----\n"


def read_key(pem: bytes, passphrase: str) -> PrivateKeyTypes:
    """The key in a file made as above; `KeyFileRefused` with `keyfile.format`, `.rounds` or `.passphrase`."""
    match = _PEM.search(pem)
    if not match:
        raise KeyFileRefused("keyfile.format")
    try:
        parsed = asn1.decode_der(_EncryptedKey, b64decode(match[1]))
    except ValueError as error:
        raise KeyFileRefused("keyfile.format") from error
    kdf, encryption = parsed.algorithm.params.kdf, parsed.algorithm.params.encryption
    if (parsed.algorithm.oid, kdf.oid, kdf.params.prf.oid, encryption.oid) != (
        _PBES2,
        _PBKDF2,
        _HMAC_SHA256,
        _AES256_CBC,
    ):
        raise KeyFileRefused("keyfile.format")
    if kdf.params.rounds < ROUNDS:
        raise KeyFileRefused("keyfile.rounds")
    try:
        cipher = Cipher(
            algorithms.AES256(_key(passphrase, kdf.params.salt, kdf.params.rounds)), modes.CBC(encryption.iv)
        )
        decryptor, pad = cipher.decryptor(), padding.PKCS7(128).unpadder()
        padded = decryptor.update(parsed.data) + decryptor.finalize()
        return load_der_private_key(pad.update(padded) + pad.finalize(), None)
    except ValueError as error:
        raise KeyFileRefused("keyfile.passphrase") from error
