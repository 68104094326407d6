"""Signed documents: withdrawal, receipt, refusal, share batch, key card, key release (LBE1 §1).

The body travels as the exact text that was signed, so nobody has to re-encode anything to check a signature.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from bidding.sealing.errors import SealingError
from bidding.sealing.framing import lp, unhex
from bidding.sealing.signatures import Signs, verify_ed25519
from trading.kernel.canonical import CanonicalError, canonical, parse_canonical

Body = TypeVar("Body", bound=msgspec.Struct)
LARGEST = 4 * 1024 * 1024


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: str
    sig: str


def encode(value: Any) -> bytes:
    """The canonical bytes of a struct."""
    return canonical(msgspec.to_builtins(value))


def decode(data: bytes, kind: type[Body], code: str) -> Body:
    """A struct from canonical bytes, exactly its fields, or a refusal with `code`."""
    try:
        return msgspec.convert(parse_canonical(data), kind)
    except (CanonicalError, msgspec.ValidationError) as error:
        raise SealingError(code) from error


def sign_document(label: str, body: msgspec.Struct, signer: Signs) -> bytes:
    """The document's complete bytes."""
    text = encode(body)
    return encode(_Signed(body=text.decode(), sig=signer.sign(lp(label, text)).hex()))


def peek_document(raw: bytes, kind: type[Body], code: str) -> Body:
    """The body as it stands, no signature checked: to find out which key should have signed."""
    if len(raw) > LARGEST:
        raise SealingError(f"{code}.json")
    return decode(decode(raw, _Signed, f"{code}.json").body.encode(), kind, f"{code}.body")


def open_document(raw: bytes, label: str, kind: type[Body], *, code: str, key_of: Callable[[Body], str | None]) -> Body:
    """The body, if signed by the key that `key_of` names for it; refusals `<code>.json`, `.body`, `.sig`."""
    if len(raw) > LARGEST:
        raise SealingError(f"{code}.json")
    signed = decode(raw, _Signed, f"{code}.json")
    body = decode(signed.body.encode(), kind, f"{code}.body")
    public = key_of(body)
    signature = unhex(signed.sig, 64, f"{code}.sig")
    if public is None or not verify_ed25519(bytes.fromhex(public), signature, lp(label, signed.body)):
        raise SealingError(f"{code}.sig")
    return body
