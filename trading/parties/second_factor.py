"""The second factor (动态口令): RFC 6238 codes of six digits, each good once.

Time here is the system's: a security clock, which the demonstration clock must never move.
"""

import re
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
_DRIFT = 1  # a phone may be half a minute off
_SECRET = re.compile(r"[A-Z2-7]{26,64}")
# Computed against where an account has no second factor, so that the work is the same; it opens nothing.
NOBODYS_SECRET = pyotp.random_base32()


def new_secret() -> str:
    """A fresh shared secret, base32."""
    return pyotp.random_base32()


def valid_secret(secret: str) -> bool:
    """Whether this is a base32 secret of at least 128 bits (RFC 4226 §4)."""
    return _SECRET.fullmatch(secret) is not None


def provisioning_uri(secret: str, *, login: str, issuer: str) -> str:
    """What an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def picture_of(secret: str, *, login: str, issuer: str) -> str:
    """The picture itself, as an address that holds it whole."""
    code = segno.make(provisioning_uri(secret, login=login, issuer=issuer), micro=False)
    return str(code.svg_data_uri(scale=4, border=2))


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The time step a code belongs to, or None.

    The caller keeps the step and accepts only later ones, so a code seen over a shoulder is worth nothing. Every step
    of the window is compared, so that time does not tell which one matched.
    """
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isdecimal() or not digits.isascii():
        return None
    totp = pyotp.TOTP(secret)
    now = totp.timecode(at)
    steps = [
        step
        for step in range(now - _DRIFT, now + _DRIFT + 1)
        if pyotp.utils.strings_equal(totp.generate_otp(step), digits)
    ]
    return max(steps, default=None)
