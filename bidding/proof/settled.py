"""Settling computed again from the batches that are published (those of the parts read aloud).

The other parts' shares stay with the trustees, so that whoever gets hold of a technical part cannot open it. Their
batches are known by the digests that were journalled as they came in; what was decided about them is carried over, and
stands because the digest of the whole document is journalled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from bidding.proof import Mismatch
from bidding.sealing.announcement import Announcement
from bidding.sealing.batch import Batch
from bidding.sealing.box import Box
from bidding.sealing.content import IDENTITY_PART
from bidding.sealing.documents import decode, encode, open_document
from bidding.sealing.framing import sha256
from bidding.sealing.settle import Decision, Settled, settle

PRICE_PART = "price"
READ_ALOUD = (IDENTITY_PART, PRICE_PART)


class Received(NamedTuple):
    """A batch as the journal knows it."""

    part: str
    x: int
    digest: str


@dataclass(frozen=True)
class Resettled:
    """The decisions of a phase, the keys of what may be opened, and the document they make."""

    document: bytes
    decisions: tuple[Decision, ...]
    keys: Mapping[tuple[str, str], bytes] = field(repr=False)


def signed_batch(raw: bytes, announcement: Announcement) -> Batch:
    """A batch signed by the trustee it names, for whatever box."""

    def key_of(batch: Batch) -> str:
        return announcement.trustee(batch.x, "sealing.batch.trustee").sign

    return open_document(raw, "LBE1/shares", Batch, code="sealing.batch", key_of=key_of)


def settle_again(
    announcement: Announcement,
    box: Box,
    phase: int,
    *,
    batches: Sequence[bytes],
    received: Sequence[Received],
    claimed: bytes,
) -> Resettled:
    """The settled document as it must read; `claimed` is believed only where nothing is published to check it by."""
    settlement = settle(announcement, box, phase, batches)
    shown = set(settlement.settled.batches)
    journalled = {item.digest for item in received if item.part in READ_ALOUD}
    if shown - journalled:
        raise Mismatch("shares.unjournalled", phase=phase)
    if journalled - shown:
        raise Mismatch("shares.missing", phase=phase)
    told = decode(claimed, Settled, "sealing.settled")
    others = {(item.env, item.part): item for item in told.decisions if item.part not in READ_ALOUD}
    decisions = []
    for computed in settlement.settled.decisions:
        decision = computed
        if computed.part not in READ_ALOUD:
            carried = others.pop((computed.env, computed.part), None)
            if carried is None:
                raise Mismatch("settled.false", phase=phase)
            decision = carried
        if decision.outcome == "pending":
            raise Mismatch("settled.false", phase=phase)
        decisions.append(decision)
    settled = msgspec.structs.replace(
        settlement.settled,
        batches=tuple(item.digest for item in sorted(received)),
        decisions=tuple(decisions),
    )
    document = encode(settled)
    if document != claimed or others:
        raise Mismatch("settled.false", phase=phase)
    return Resettled(document=document, decisions=tuple(decisions), keys=settlement.keys)


def digest_of(document: bytes) -> str:
    """What the journal names a document by."""
    return sha256(document).hex()
