"""Objections at the opening (开标异议) as documents, pure: what the platform signs for, what the record must say.

The journal knows an objection and its answer by their digests, so that the record's words can be checked against it.
"""

from typing import Annotated, Literal

import msgspec

from bidding.sealing.announcement import Announcement
from bidding.sealing.documents import open_document, peek_document, sign_document
from bidding.sealing.framing import Hex32, Instant, Subject, lp, sha256
from bidding.sealing.signatures import Signs

LABEL = "LBE1/objection"
_CODE = "sealing.objection"
Outcome = Literal["upheld", "dismissed", "withdrawn"]
Id = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]


class ObjectionReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """异议回执: what was raised, by which bidder, when; the journal has an entry that says the same."""

    v: Literal["LBQ1"]
    subject: Subject
    ann: Hex32
    objection: Id
    uscc: str
    digest: Hex32
    raised_at: Instant


class RecordedObjection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An objection in the opening record (招标投标法实施条例 44: 当场作出答复，并制作记录)."""

    id: Id
    organisation: str
    uscc: str
    text: str
    raised_at: Instant
    outcome: Outcome
    answer: str
    """Empty where the bidder withdrew it."""
    ended_at: Instant


def words_digest(text: str) -> str:
    """What the journal knows an objection or an answer by."""
    return sha256(lp(LABEL, text.encode())).hex()


def sign_objection(receipt: ObjectionReceipt, signer: Signs) -> bytes:
    """The receipt under the platform's receipt key."""
    return sign_document(LABEL, receipt, signer)


def peek_objection(raw: bytes) -> ObjectionReceipt:
    """What it says, unchecked: to find the announcement whose key must have signed it."""
    return peek_document(raw, ObjectionReceipt, _CODE)


def verify_objection(raw: bytes, announcement: Announcement) -> ObjectionReceipt:
    """The receipt, if the announced receipt key signed it for this announcement."""

    def key_of(told: ObjectionReceipt) -> str | None:
        right = (told.subject, told.ann) == (announcement.body.subject, announcement.ann)
        return announcement.body.receipt_key if right else None

    return open_document(raw, LABEL, ObjectionReceipt, code=_CODE, key_of=key_of)
