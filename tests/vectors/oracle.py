"""A second, independent writing of what the engine takes from its library, with every random value given.

HPKE (RFC 9180), C2SP chunked encryption and PKCS#8 under PBES2, from HMAC, AES and X25519 alone: it makes the vectors
repeatable, and agreement with the library proves docs/spec/lbe1.md.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KEM = b"KEM" + b"\x00\x20"
_HPKE = b"HPKE" + b"\x00\x20" + b"\x00\x01" + b"\x00\x02"


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    # One round of HKDF-Expand is enough: nothing here is longer than 32 bytes.
    full = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, full + b"\x01", hashlib.sha256)[:length]


def hpke_seal(ephemeral: bytes, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """Base mode, X25519 · HKDF-SHA256 · AES-256-GCM, single shot, empty aad."""
    key = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = key.exchange(X25519PublicKey.from_public_bytes(public))
    prk = _extract(_KEM, b"", b"eae_prk", shared)
    secret = _expand(_KEM, prk, b"shared_secret", enc + public, 32)
    context = b"\x00" + _extract(_HPKE, b"", b"psk_id_hash", b"") + _extract(_HPKE, b"", b"info_hash", info)
    schedule = _extract(_HPKE, secret, b"secret", b"")
    aes = AESGCM(_expand(_HPKE, schedule, b"key", context, 32))
    return enc, aes.encrypt(_expand(_HPKE, schedule, b"base_nonce", context, 12), plaintext, None)


def chunked(key: bytes, context: bytes, salt: bytes, plaintext: bytes) -> bytes:
    """C2SP chunked encryption with SHA-512 and AES-256-GCM."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    first = hmac.digest(key, info + b"\x01", hashlib.sha512)
    derived = (first + hmac.digest(key, first + info + b"\x02", hashlib.sha512))[:76]
    aes, base = AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big")
    chunks = [plaintext[at : at + 16384] for at in range(0, len(plaintext) + 1, 16384)]
    sealed = [aes.encrypt((base ^ i).to_bytes(12, "big"), chunk, None) for i, chunk in enumerate(chunks)]
    return salt + derived[44:] + b"".join(sealed)


def block_root(ciphertext: bytes) -> bytes:
    """RFC 6962 over 1 MiB blocks, written as its recursive definition."""
    return _tree([ciphertext[at : at + 2**20] for at in range(0, len(ciphertext), 2**20)])


def _tree(blocks: list[bytes]) -> bytes:
    if len(blocks) == 1:
        return hashlib.sha256(b"\x00" + blocks[0]).digest()
    k = 1
    while k * 2 < len(blocks):
        k *= 2
    return hashlib.sha256(b"\x01" + _tree(blocks[:k]) + _tree(blocks[k:])).digest()


def _der(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def encrypted_key(
    der: bytes, passphrase: str, *, rounds: int, salt: bytes, iv: bytes, prf: str = "2a864886f70d0209"
) -> bytes:
    """EncryptedPrivateKeyInfo of LBE1 §12."""
    pad = padding.PKCS7(128).padder()
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds, 32)
    aes = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    data = aes.update(pad.update(der) + pad.finalize()) + aes.finalize()
    number = rounds.to_bytes(rounds.bit_length() // 8 + 1, "big")
    prf_id = _der(0x30, _der(0x06, bytes.fromhex(prf)), _der(0x05))
    parameters = _der(0x30, _der(0x04, salt), _der(0x02, number), prf_id)
    kdf = _der(0x30, _der(0x06, bytes.fromhex("2a864886f70d01050c")), parameters)
    cipher = _der(0x30, _der(0x06, bytes.fromhex("60864801650304012a")), _der(0x04, iv))
    algorithm = _der(0x30, _der(0x06, bytes.fromhex("2a864886f70d01050d")), _der(0x30, kdf, cipher))
    return _der(0x30, algorithm, _der(0x04, data))


def plaintext(framed_index: bytes, files: list[bytes], pad: str) -> bytes:
    """A part's plaintext; both paddings written as the specification's words say them."""
    content = framed_index + b"".join(files)
    length = len(content)
    if pad == "step":
        target = 262144
        while target < length:
            target += 262144
    else:
        exponent = 0
        while 2 ** (exponent + 1) <= length:
            exponent += 1
        kept = 0
        while 2**kept <= exponent:
            kept += 1
        unit = 2 ** (exponent - kept)
        target = -(-length // unit) * unit
    return content + bytes(target - length)
