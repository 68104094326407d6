"""Key files (密钥文件) of bidders and trustees (LBE1 §12): the kernel's PKCS#8 format and its certificates."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from bidding.sealing.errors import SealingError
from trading.kernel import keyfile as kernel_keyfile
from trading.kernel.keyfile import ROUNDS

__all__ = ["ROUNDS", "KeyFile", "passphrase_bytes", "read_key_file", "write_key_file"]
_CODES = {"keyfile.rounds": "sealing.keyfile.weak", "keyfile.passphrase": "sealing.keyfile.passphrase"}
_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class KeyFile:
    """A private key with its certificates, leaf first; a trustee's key has none."""

    key: PrivateKeyTypes
    certificates: tuple[x509.Certificate, ...] = ()


def passphrase_bytes(passphrase: str) -> bytes:
    """UTF-8 of the NFC form, so that one passphrase typed on two systems is one passphrase."""
    return unicodedata.normalize("NFC", passphrase).encode()


def write_key_file(key: PrivateKeyTypes, passphrase: str, *, certificates: Sequence[x509.Certificate] = ()) -> bytes:
    """The PEM file: PBES2 with PBKDF2-HMAC-SHA256, 600,000 rounds, AES-256-CBC."""
    if not passphrase:
        raise SealingError("sealing.keyfile.passphrase")
    pem = kernel_keyfile.write_key(key, unicodedata.normalize("NFC", passphrase))
    return pem + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def read_key_file(pem: bytes, passphrase: str) -> KeyFile:
    """Key and certificates, or `sealing.keyfile.format`, `.weak`, `.passphrase`."""
    try:
        key = kernel_keyfile.read_key(pem, unicodedata.normalize("NFC", passphrase))
        certificates = x509.load_pem_x509_certificates(pem) if _BEGIN in pem else []
    except kernel_keyfile.KeyFileRefused as error:
        raise SealingError(_CODES.get(error.code, "sealing.keyfile.format")) from error
    except ValueError as error:
        raise SealingError("sealing.keyfile.format") from error
    return KeyFile(key=key, certificates=tuple(certificates))
