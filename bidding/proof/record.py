"""The opening record (开标记录) as a document: what it says, who signs it and over what."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from bidding.proof.objection import RecordedObjection
from bidding.sealing.documents import open_document
from bidding.sealing.framing import lp
from bidding.sealing.signatures import verify_ed25519

LABEL = "LBE1/record"
PRESENT = "LBE1/record-present"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the record says; the table's lines are in box order."""

    v: Literal["LBO2", "LBO3"]
    """LBO2 was made before objections had a place in it."""
    subject: str
    ann: str
    project: dict[str, str]
    lot: dict[str, Any]
    deadline: str
    closed_at: str
    box: dict[str, Any]
    phases: tuple[dict[str, Any], ...]
    rows: tuple[dict[str, Any], ...]
    made_at: str
    objections: tuple[RecordedObjection, ...] = ()
    deposits: tuple[dict[str, Any], ...] | None = None
    """What had come of each line's deposit reference when the record was made."""


class RecordSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody present signed the record's digest."""

    fingerprint: str
    name: str
    organisation: str
    role: str
    certificate: str
    signature: str
    signed_at: str


def present_message(digest: str) -> bytes:
    """What those present sign, with the key of their certificate."""
    return lp(PRESENT, bytes.fromhex(digest))


def open_record(raw: bytes, key: str) -> Record:
    """The record, if the platform's record key signed it."""
    return open_document(raw, LABEL, Record, code="sealing.record", key_of=lambda _: key)


def signed_by(digest: str, public: bytes, signature: str) -> bool:
    """Whether this key signed the record of this digest."""
    try:
        return verify_ed25519(public, bytes.fromhex(signature), present_message(digest))
    except ValueError:
        return False


def differences(shown: Mapping[str, Any], computed: Mapping[str, Any]) -> list[str]:
    """The fields in which a line of the record is not what was opened."""
    return sorted(name for name in shown.keys() | computed.keys() if shown.get(name) != computed.get(name))
