"""A trustee's signed batch (一批份额): all his shares of one part; and a bidder's own key release (LBE1 §10)."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.sealing.announcement import Announcement, Phase
from bidding.sealing.documents import open_document, sign_document
from bidding.sealing.envelope import Envelope, key_commitment, share_commitment, share_info
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, PartId, Subject
from bidding.sealing.signatures import Signs
from bidding.sealing.suites import suite_of

KeyOf = Callable[[str], X25519PrivateKey | None]


class ShareItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share, or a complaint: `open` (the ciphertext does not open), `commitment` (what it holds is not in `sc`)."""

    env: Hex16
    y: Hex32 | None
    code: Literal["open", "commitment"] | None


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One trustee's answer for one part, bound to the box that was witnessed."""

    v: Literal["LBS1"]
    subject: Subject
    ann: Hex32
    box: Hex32
    phase: Phase
    part: PartId
    x: Annotated[int, msgspec.Meta(ge=1, le=255)]
    shares: tuple[ShareItem, ...]


class KeyRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bidder opens his own part."""

    v: Literal["LBH1"]
    ann: Hex32
    env: Hex16
    part: PartId
    ck: Hex32


def open_share(envelope: Envelope, part: str, x: int, key: X25519PrivateKey) -> ShareItem:
    """What the trustee at x finds in his sealed share."""
    share = envelope.share(part, x)
    suite = suite_of(envelope.core.suite, "sealing.envelope.suite")
    info = share_info(envelope.core_text, part, x, share.kid)
    y = suite.open(bytes.fromhex(share.enc), bytes.fromhex(share.ct), key, info)
    if y is None:
        return ShareItem(env=envelope.env, y=None, code="open")
    held = share_commitment(envelope.env, part, x, y) == envelope.entry(part).sc[x - 1]
    return ShareItem(env=envelope.env, y=y.hex(), code=None if held else "commitment")


def make_batch(
    announcement: Announcement,
    box: str,
    envelopes: Sequence[Envelope],
    *,
    part: str,
    x: int,
    key_of: KeyOf,
    signer: Signs,
) -> bytes:
    """The signed batch of seat x for one part; `key_of` gives the private key of a `kid`."""
    phase = announcement.part(part).phase
    items = []
    for envelope in sorted(envelopes, key=lambda item: item.env):
        if part in envelope.entries:
            key = key_of(envelope.share(part, x).kid)
            if key is None:
                raise SealingError("sealing.batch.key", x=x, phase=phase)
            items.append(open_share(envelope, part, x, key))
    body = Batch(
        v="LBS1",
        subject=announcement.body.subject,
        ann=announcement.ann,
        box=box,
        phase=phase,
        part=part,
        x=x,
        shares=tuple(items),
    )
    return sign_document("LBE1/shares", body, signer)


def verify_batch(raw: bytes, announcement: Announcement, box: str, envelopes: Sequence[Envelope]) -> Batch:
    """The batch, if its trustee signed it for this box and it answers for every envelope that has the part."""

    def key_of(batch: Batch) -> str:
        return announcement.trustee(batch.x, "sealing.batch.trustee").sign

    batch = open_document(raw, "LBE1/shares", Batch, code="sealing.batch", key_of=key_of)
    if (batch.subject, batch.ann) != (announcement.body.subject, announcement.ann):
        raise SealingError("sealing.batch.announcement")
    if batch.box != box:
        raise SealingError("sealing.batch.box")
    if announcement.part(batch.part, "sealing.batch.part").phase != batch.phase:
        raise SealingError("sealing.batch.phase")
    wanted = sorted(envelope.env for envelope in envelopes if batch.part in envelope.entries)
    if [item.env for item in batch.shares] != wanted:
        raise SealingError("sealing.batch.envelopes")
    if any((item.y is None) != (item.code == "open") for item in batch.shares):
        raise SealingError("sealing.batch.shares")
    return batch


def release_key(ann: str, env: str, part: str, ck: bytes, signer: Signs) -> bytes:
    """The bidder's signed release of one part's key."""
    return sign_document("LBE1/release", KeyRelease(v="LBH1", ann=ann, env=env, part=part, ck=ck.hex()), signer)


def verify_release(raw: bytes, envelopes: Sequence[Envelope]) -> KeyRelease:
    """The release, if the envelope's own key signed it and the key matches `kc`."""
    by_env = {envelope.env: envelope for envelope in envelopes}

    def key_of(release: KeyRelease) -> str | None:
        envelope = by_env.get(release.env)
        if envelope is None or envelope.core.ann != release.ann:
            raise SealingError("sealing.release.envelope")
        return envelope.core.key

    release = open_document(raw, "LBE1/release", KeyRelease, code="sealing.release", key_of=key_of)
    entry = by_env[release.env].entry(release.part, "sealing.release.part")
    if key_commitment(release.env, release.part, bytes.fromhex(release.ck)) != entry.kc:
        raise SealingError("sealing.release.key")
    return release
