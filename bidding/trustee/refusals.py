"""A trustee's refusal (拒绝释放): a document he signs, so that who declined, what and why can be shown to anyone.

Signed document, label `LBE1/trustee-refusal`. `ann` and `checkpoint` (digest of the note he was shown) say what he was
looking at; `at` is his own machine's clock, for a trustee takes no time from the platform.
"""

from typing import Annotated, Literal

import msgspec

from bidding.sealing.announcement import Phase
from bidding.sealing.documents import open_document, sign_document
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex32, Instant, Subject
from bidding.sealing.signatures import Signs

LABEL = "LBE1/trustee-refusal"

SIGNING = (
    "text_malformed",
    "text_lot",
    "text_kind",
    "text_terms",
    "text_keys",
    "text_seats",
    "text_second",
    "text_past",
    "text_unwitnessed",
)
"""Why an announcement is not signed."""

RELEASING = (
    "announcement_changed",
    "unwitnessed",
    "witness_key",
    "checkpoint_false",
    "early",
    "log_incomplete",
    "log_forked",
    "announcement_unproved",
    "cancelled",
    "not_closed",
    "slot_missing",
    "slot_unopened",
    "slot_false",
    "box_malformed",
    "box_invalid",
    "withdrawn",
    "replaced",
    "unproved",
    "box_differs",
    "too_few",
    "phase_unknown",
    "phase_early",
    "phase_settled",
    "too_few_valid",
    "other_box",
)
"""Why shares are not opened. Nothing has been decrypted when one of these is written."""

REASONS = frozenset({*SIGNING, *RELEASING})


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was declined and why; `detail` is the engine's or the journal's own code where it had one."""

    v: Literal["LBD1"]
    subject: Subject
    ann: Hex32 | None
    phase: Phase | None
    code: Annotated[str, msgspec.Meta(pattern=r"\A[a-z_]{1,64}\Z")]
    detail: Annotated[str, msgspec.Meta(max_length=200)] | None
    at: Instant
    checkpoint: Hex32 | None
    sign: Hex32


class Decline(Exception):
    """A check that did not hold; becomes a signed refusal."""

    def __init__(self, reason: str, detail: object = None, *, checkpoint: str | None = None) -> None:
        super().__init__(reason, detail)
        assert reason in REASONS, reason
        self.reason, self.checkpoint = reason, checkpoint
        self.detail = None if detail is None else str(detail)[:200]

    def seen(self, checkpoint: str) -> "Decline":
        """The same, with the checkpoint that was looked at."""
        return Decline(self.reason, self.detail, checkpoint=checkpoint)


def sign_refusal(refusal: Refusal, signer: Signs) -> bytes:
    """The signed document."""
    return sign_document(LABEL, refusal, signer)


def verify_refusal(raw: bytes, sign: str) -> Refusal:
    """The refusal, if the trustee with this signing key wrote it."""
    refusal = open_document(raw, LABEL, Refusal, code="sealing.trustee_refusal", key_of=lambda _: sign)
    if refusal.sign != sign:
        raise SealingError("sealing.trustee_refusal.sig")
    return refusal
