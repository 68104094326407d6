"""Upload tokens (上传凭证): the right to upload for one subject, held by whoever has it and tied to nobody.

A token is a random number and the platform's mark on it for that subject. The platform writes down its hash when it is
first used, not when it is drawn, so that no row and no transaction joins an organisation to what it uploads.
"""

import hmac
import secrets
from hashlib import sha256

from bidding.sealing.framing import lp
from bidding.sealing.submission import token_digest

SCHEME = "Upload"
_HALF = 16


def make_token(subject: str, secret: str) -> str:
    """A fresh token: 32 bytes in hex."""
    nonce = secrets.token_bytes(_HALF)
    return (nonce + _mark(nonce, subject, secret)).hex()


def token_hash(token: str, subject: str, secret: str) -> str | None:
    """What the platform keeps of a token; None if it is not one of this subject."""
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return None
    if len(raw) != 2 * _HALF or not hmac.compare_digest(raw[_HALF:], _mark(raw[:_HALF], subject, secret)):
        return None
    return token_digest(raw.hex())


def _mark(nonce: bytes, subject: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), lp("LBE1/token-mark", subject, nonce), sha256).digest()[:_HALF]
