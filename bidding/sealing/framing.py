"""How bytes are put together before they are hashed, signed or bound (LBE1 §1).

Every hash and signature is over length-prefixed items behind a label, so no two meanings share one byte string.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from bidding.sealing.errors import SealingError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)

Hex16 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Hex32 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Hex64 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{128}\Z")]
Subject = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{1,16}:[A-Za-z0-9-]{1,64}\Z")]
PartId = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
Instant = Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")]


def lp(*items: bytes | str) -> bytes:
    """Each item as its u32 big-endian length and its bytes; text is UTF-8."""
    framed = bytearray()
    for item in items:
        data = item.encode() if isinstance(item, str) else item
        framed += len(data).to_bytes(4, "big") + data
    return bytes(framed)


def sha256(data: bytes) -> bytes:
    """`hash` of the specification."""
    return hashlib.sha256(data).digest()


def framed_hash(*items: bytes | str) -> bytes:
    """`H` of the specification: the hash of `lp` of the items."""
    return sha256(lp(*items))


def u8(value: int) -> bytes:
    """One byte: a seat, a phase, a suite."""
    return value.to_bytes(1, "big")


def unhex(text: str, length: int, code: str) -> bytes:
    """Lower-case hex of exactly `length` bytes, or a refusal with `code`."""
    if len(text) != 2 * length or not re.fullmatch("[0-9a-f]*", text):
        raise SealingError(code)
    return bytes.fromhex(text)


def parse_instant(text: str, code: str = "sealing.instant") -> datetime:
    """RFC 3339 in UTC with milliseconds, the only form of a time in these formats."""
    if not _INSTANT.fullmatch(text):
        raise SealingError(code)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise SealingError(code) from error


def format_instant(at: datetime) -> str:
    """The inverse; anything finer than a millisecond is cut off."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
