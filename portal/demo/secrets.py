"""TOTP secrets of demonstration logins: the same at every start, so a phone is enrolled once; never for real use."""

import base64
from hashlib import sha256

from portal.demo.people import Person

_WITHOUT_SECOND_FACTOR = {"bidder", "tenderer", "agency"}


def totp_secret(person: Person) -> str | None:
    """Base32 secret of a staff login; None for those who need no second factor."""
    if set(person.roles) <= _WITHOUT_SECOND_FACTOR:
        return None
    return base64.b32encode(sha256(f"demonstration totp {person.login}".encode()).digest()[:20]).decode()
