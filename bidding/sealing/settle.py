"""Settling a phase (解密准备): what opens and what is void is fixed and witnessed before any decryption (LBE1 §10).

t valid shares predict all n, so a malformed dealing shows itself as the bidder's and a false share as the trustee's who
signed it, whichever t trustees came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from bidding.sealing import shamir
from bidding.sealing.announcement import Announcement, Phase
from bidding.sealing.batch import Batch, ShareItem, verify_batch, verify_release
from bidding.sealing.box import Box
from bidding.sealing.documents import encode
from bidding.sealing.envelope import Envelope, key_commitment, share_commitment
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, PartId, Subject, sha256


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of one part of one envelope, and whose doing it is."""

    env: Hex16
    part: PartId
    outcome: Literal["openable", "void", "pending"]
    code: str | None
    blame: tuple[str, ...]


class Settled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settled document; its digest is journalled and witnessed."""

    v: Literal["LBT1"]
    subject: Subject
    ann: Hex32
    box: Hex32
    phase: Phase
    batches: tuple[Hex32, ...]
    releases: tuple[Hex32, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Settlement:
    """The outcome of a phase, with the keys of what is openable (which appear in no document)."""

    settled: Settled
    keys: Mapping[tuple[str, str], bytes] = field(repr=False)

    @property
    def pending(self) -> bool:
        """Whether more trustees must answer before the phase can settle."""
        return any(decision.outcome == "pending" for decision in self.settled.decisions)

    def document(self) -> bytes:
        """The bytes to be journalled; refused while anything is pending."""
        if self.pending:
            raise SealingError("sealing.settle.pending")
        return encode(self.settled)


def settle(
    announcement: Announcement, box: Box, phase: int, batches: Sequence[bytes], releases: Sequence[bytes] = ()
) -> Settlement:
    """A pure function of what is journalled: anyone who runs it gets the same decisions and the same keys."""
    opened = _open_batches(announcement, box, phase, batches)
    released = _open_releases(announcement, box, phase, releases)
    decisions, keys = [], {}
    for envelope in box.envelopes:
        for entry in envelope.core.parts:
            if announcement.part(entry.id).phase != phase:
                continue
            items = {
                x: next(item for item in batch.shares if item.env == envelope.env)
                for (part, x), (_, batch) in opened.items()
                if part == entry.id
            }
            decision, ck = _decide(announcement, envelope, entry.id, items, released.get((envelope.env, entry.id)))
            decisions.append(decision)
            if ck is not None:
                keys[envelope.env, entry.id] = ck
    settled = Settled(
        v="LBT1",
        subject=announcement.body.subject,
        ann=announcement.ann,
        box=box.root,
        phase=phase,
        batches=tuple(opened[key][0] for key in sorted(opened)),
        releases=tuple(sorted(sha256(raw).hex() for raw in releases)),
        decisions=tuple(decisions),
    )
    return Settlement(settled=settled, keys=keys)


def _open_batches(
    announcement: Announcement, box: Box, phase: int, batches: Sequence[bytes]
) -> dict[tuple[str, int], tuple[str, Batch]]:
    opened: dict[tuple[str, int], tuple[str, Batch]] = {}
    for raw in batches:
        batch = verify_batch(raw, announcement, box.root, box.envelopes)
        if batch.phase != phase:
            raise SealingError("sealing.batch.phase")
        if (batch.part, batch.x) in opened:
            raise SealingError("sealing.batch.twice", x=batch.x, part=batch.part)
        opened[batch.part, batch.x] = (sha256(raw).hex(), batch)
    return opened


def _open_releases(
    announcement: Announcement, box: Box, phase: int, releases: Sequence[bytes]
) -> dict[tuple[str, str], bytes]:
    released: dict[tuple[str, str], bytes] = {}
    for raw in releases:
        release = verify_release(raw, box.envelopes)
        if announcement.part(release.part).phase != phase:
            raise SealingError("sealing.release.phase")
        released[release.env, release.part] = bytes.fromhex(release.ck)
    return released


def _decide(
    announcement: Announcement, envelope: Envelope, part: str, items: Mapping[int, ShareItem], released: bytes | None
) -> tuple[Decision, bytes | None]:
    t, n, entry = announcement.body.t, announcement.body.n, envelope.entry(part)
    sent = {x: bytes.fromhex(item.y) for x, item in items.items() if item.y is not None}
    valid = {x: y for x, y in sent.items() if share_commitment(envelope.env, part, x, y) == entry.sc[x - 1]}
    # A share that is not what was committed to, or a complaint about one that is: false either way.
    false = sorted(x for x in sent if (x in valid) != (items[x].code is None))
    complaints = sorted(x for x in items if x not in valid and items[x].code is not None)
    code, ck, blame = None, None, [f"trustee:{x}" for x in false]
    if len(valid) >= t:
        code, ck = _combine(envelope, part, {x: valid[x] for x in sorted(valid)[:t]}, n)
        blame = ["bidder", *blame] if code else blame
    elif len(complaints) > n - t:
        code, blame = "sealing.settle.unopenable", ["bidder", *blame]
    elif released is not None and len(items) < t:
        ck = released
    elif len(items) == n:
        code, blame = "sealing.settle.shares", [f"trustee:{x}" for x in sorted({*false, *complaints})]
    outcome: Literal["openable", "void", "pending"] = "void" if code else "openable" if ck else "pending"
    return Decision(env=envelope.env, part=part, outcome=outcome, code=code, blame=tuple(blame)), ck


def _combine(envelope: Envelope, part: str, shares: Mapping[int, bytes], n: int) -> tuple[str | None, bytes | None]:
    """The key, or why t valid shares do not make one: some other seat's commitment, or `kc`, disagrees."""
    entry = envelope.entry(part)
    predicted = (share_commitment(envelope.env, part, x, shamir.interpolate(shares, x)) for x in range(1, n + 1))
    if tuple(predicted) != entry.sc:
        return "sealing.settle.dealing", None
    ck = shamir.interpolate(shares)
    if key_commitment(envelope.env, part, ck) != entry.kc:
        return "sealing.settle.key", None
    return None, ck
