"""What travels when a bid is submitted (投标), changed (修改), withdrawn (撤回) or refused (拒收) (LBE1 §8).

A replacement is an envelope whose core names its predecessor, under the same key; a withdrawal is a small document by
that key. What the platform answers is signed, so that a broken promise is provable.
"""

from typing import Annotated, Literal

import msgspec

from bidding.sealing.announcement import Announcement
from bidding.sealing.documents import open_document, peek_document, sign_document
from bidding.sealing.envelope import Envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, Instant, Subject, framed_hash, sha256, unhex
from bidding.sealing.signatures import Signs


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of a chain; a new bid needs a new key."""

    v: Literal["LBW1"]
    ann: Hex32
    env: Hex16
    prev: Hex32


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """回执: in which slot the submission stands and by when the journal will show it."""

    v: Literal["LBR1"]
    kind: Literal["commit", "withdraw"]
    subject: Subject
    ann: Hex32
    hash: Hex32
    received_at: Instant
    slot: Annotated[int, msgspec.Meta(ge=0)]
    entry: Hex32
    salt: Hex32
    merge_by: Instant


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """拒收: what was refused, when, and by which rule."""

    v: Literal["LBN1"]
    subject: Subject
    ann: Hex32
    hash: Hex32
    refused_at: Instant
    deadline: Instant
    code: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_.]{1,64}\Z")]


def document_digest(raw: bytes) -> str:
    """What journal and receipt know an envelope or a signed document by."""
    return sha256(raw).hex()


def token_digest(token: str) -> str:
    """What the platform keeps of an upload token."""
    return framed_hash("LBE1/token", unhex(token, 32, "sealing.token")).hex()


def withdraw(ann: str, env: str, envelope: str, signer: Signs) -> bytes:
    """The signed withdrawal of the envelope with this `env` and digest."""
    return sign_document("LBE1/withdraw", Withdrawal(v="LBW1", ann=ann, env=env, prev=envelope), signer)


def peek_withdrawal(raw: bytes) -> str:
    """The digest of the envelope it speaks of; nothing is verified here."""
    return peek_document(raw, Withdrawal, "sealing.withdrawal").prev


def verify_withdrawal(raw: bytes, envelope: Envelope) -> Withdrawal:
    """The withdrawal, if it speaks of this envelope and its key signed it."""
    core = envelope.core
    return verify_withdrawal_of(raw, ann=core.ann, env=envelope.env, envelope=envelope.digest, key=core.key)


def verify_withdrawal_of(raw: bytes, *, ann: str, env: str, envelope: str, key: str) -> Withdrawal:
    """The same for an envelope known only by what its act says of it."""
    withdrawal = open_document(raw, "LBE1/withdraw", Withdrawal, code="sealing.withdrawal", key_of=lambda _: key)
    if (withdrawal.ann, withdrawal.env) != (ann, env):
        raise SealingError("sealing.withdrawal.envelope")
    if withdrawal.prev != envelope:
        raise SealingError("sealing.withdrawal.predecessor")
    return withdrawal


def verify_replacement(envelope: Envelope, predecessor: Envelope) -> None:
    """Refuses an envelope that does not replace this one."""
    if envelope.core.prev != predecessor.digest:
        raise SealingError("sealing.replacement.predecessor")
    if envelope.core.key != predecessor.core.key:
        raise SealingError("sealing.replacement.key")
    if envelope.env == predecessor.env:
        raise SealingError("sealing.replacement.env")


def sign_receipt(receipt: Receipt, signer: Signs) -> bytes:
    """The platform's signed receipt."""
    return sign_document("LBE1/receipt", receipt, signer)


def verify_receipt(raw: bytes, announcement: Announcement, submitted: bytes | None = None) -> Receipt:
    """The receipt, if the announced receipt key signed it for this lot, and for these submitted bytes."""
    receipt = open_document(
        raw, "LBE1/receipt", Receipt, code="sealing.receipt", key_of=lambda _: announcement.body.receipt_key
    )
    if (receipt.subject, receipt.ann) != (announcement.body.subject, announcement.ann):
        raise SealingError("sealing.receipt.announcement")
    if submitted is not None and receipt.hash != document_digest(submitted):
        raise SealingError("sealing.receipt.hash")
    return receipt


def sign_refusal(refusal: Refusal, signer: Signs) -> bytes:
    """The platform's signed refusal."""
    return sign_document("LBE1/refusal", refusal, signer)


def verify_refusal(raw: bytes, announcement: Announcement) -> Refusal:
    """The refusal, if the announced receipt key signed it for this lot."""
    refusal = open_document(
        raw, "LBE1/refusal", Refusal, code="sealing.refusal", key_of=lambda _: announcement.body.receipt_key
    )
    if (refusal.subject, refusal.ann) != (announcement.body.subject, announcement.ann):
        raise SealingError("sealing.refusal.announcement")
    return refusal
