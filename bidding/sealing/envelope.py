"""The envelope (LBE1 §5): core, sealed shares, signature; every field problem has its own code."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from bidding.sealing.announcement import Announcement
from bidding.sealing.documents import decode, encode
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import framed_hash, lp, sha256, u8, unhex
from bidding.sealing.layout import plausible_size
from bidding.sealing.signatures import Signs, sound_public_key, verify_ed25519
from bidding.sealing.suites import Suite, suite_of
from trading.kernel.canonical import CanonicalError, parse_canonical

LARGEST = 256 * 1024
SHARE_LENGTH = 32


class PartEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the core says of one part: commitments to its key and shares, root and size of its ciphertext."""

    id: str
    kc: str
    obj: str
    size: int
    sc: tuple[str, ...]


class Core(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signed heart of the envelope."""

    v: str
    suite: int
    subject: str
    ann: str
    ack: str | None
    env: str
    prev: str | None
    key: str
    parts: tuple[PartEntry, ...]


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One share, sealed to one trustee's key."""

    part: str
    x: int
    kid: str
    enc: str
    ct: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    core: str
    shares: str
    sig: str


@dataclass(frozen=True)
class Envelope:
    """A verified envelope; `digest` is what journal, receipt and box know it by."""

    core: Core
    shares: tuple[Share, ...]
    raw: bytes
    digest: str
    core_text: bytes

    @property
    def env(self) -> str:
        """Its random name."""
        return self.core.env

    @cached_property
    def entries(self) -> dict[str, PartEntry]:
        """The core's parts by id."""
        return {entry.id: entry for entry in self.core.parts}

    def entry(self, part: str, code: str = "sealing.part.missing") -> PartEntry:
        """What the core says of a part, or a refusal with `code`."""
        if part not in self.entries:
            raise SealingError(code, part=part)
        return self.entries[part]

    def share(self, part: str, x: int) -> Share:
        """The share sealed to seat x."""
        return next(share for share in self.shares if (share.part, share.x) == (part, x))


def share_commitment(env: str, part: str, x: int, y: bytes) -> str:
    """`sc` of seat x."""
    return framed_hash("LBE1/share", bytes.fromhex(env), part, u8(x), y).hex()


def key_commitment(env: str, part: str, ck: bytes) -> str:
    """`kc`."""
    return framed_hash("LBE1/key", bytes.fromhex(env), part, ck).hex()


def share_info(core_text: bytes, part: str, x: int, kid: str) -> bytes:
    """HPKE `info`: ties a sealed share to this core, part, seat and key."""
    return lp("LBE1/hpke", sha256(core_text), part, u8(x), bytes.fromhex(kid))


def build_envelope(
    core: Core, dealt: Sequence[tuple[str, Sequence[bytes]]], announcement: Announcement, signer: Signs
) -> bytes:
    """Seal every share to its trustee and sign; `dealt` gives each part's shares in seat order."""
    suite = suite_of(core.suite, "sealing.envelope.suite")
    text = encode(core)
    shares = []
    for part, values in dealt:
        phase = announcement.part(part).phase
        for x, y in enumerate(values, 1):
            key = announcement.key(x, core.suite, phase)
            enc, ct = suite.seal(y, bytes.fromhex(key.pk), share_info(text, part, x, key.kid))
            shares.append(Share(part=part, x=x, kid=key.kid, enc=enc.hex(), ct=ct.hex()))
    return join_envelope(text, encode(shares), signer)


def join_envelope(core: bytes, shares: bytes, signer: Signs) -> bytes:
    """The file's bytes from its two signed texts."""
    return encode(
        _File(core=core.decode(), shares=shares.decode(), sig=signer.sign(lp("LBE1/sig", core, shares)).hex())
    )


def verify_envelope(raw: bytes, announcement: Announcement) -> Envelope:
    """The envelope, if nothing about it is wrong under this announcement."""
    if len(raw) > LARGEST:
        raise SealingError("sealing.envelope.size")
    file = decode(raw, _File, "sealing.envelope.json")
    core_text, shares_text = file.core.encode(), file.shares.encode()
    core = decode(core_text, Core, "sealing.envelope.core")
    shares = _decode_shares(shares_text)
    suite = _check_core(core, announcement)
    for entry in core.parts:
        _check_entry(entry, announcement)
    _check_shares(core, shares, announcement, suite)
    signature = unhex(file.sig, 64, "sealing.envelope.sig")
    if not verify_ed25519(bytes.fromhex(core.key), signature, lp("LBE1/sig", core_text, shares_text)):
        raise SealingError("sealing.envelope.sig")
    return Envelope(core=core, shares=shares, raw=raw, digest=sha256(raw).hex(), core_text=core_text)


def _decode_shares(text: bytes) -> tuple[Share, ...]:
    try:
        return msgspec.convert(parse_canonical(text), tuple[Share, ...])
    except (CanonicalError, msgspec.ValidationError) as error:
        raise SealingError("sealing.envelope.shares") from error


def _check_core(core: Core, announcement: Announcement) -> Suite:
    body = announcement.body
    if core.v != "LBE1":
        raise SealingError("sealing.envelope.version")
    if core.suite not in body.suites:
        raise SealingError("sealing.envelope.suite", suite=core.suite)
    suite = suite_of(core.suite, "sealing.envelope.suite")
    if core.subject != body.subject:
        raise SealingError("sealing.envelope.subject")
    if core.ann != announcement.ann:
        raise SealingError("sealing.envelope.ann")
    if core.ack is not None:
        unhex(core.ack, 32, "sealing.envelope.ack")
    unhex(core.env, 16, "sealing.envelope.env")
    if core.prev is not None:
        unhex(core.prev, 32, "sealing.envelope.prev")
    if not sound_public_key(unhex(core.key, 32, "sealing.envelope.key")):
        raise SealingError("sealing.envelope.key")
    ids = [entry.id for entry in core.parts]
    if not ids or ids != [rule.id for rule in body.parts if rule.required or rule.id in ids]:
        raise SealingError("sealing.envelope.parts")
    return suite


def _check_entry(entry: PartEntry, announcement: Announcement) -> None:
    unhex(entry.kc, 32, "sealing.part.kc")
    unhex(entry.obj, 32, "sealing.part.obj")
    if not plausible_size(entry.size, announcement.part(entry.id).pad):
        raise SealingError("sealing.part.size", part=entry.id)
    if len(entry.sc) != announcement.body.n:
        raise SealingError("sealing.part.sc", part=entry.id)
    for commitment in entry.sc:
        unhex(commitment, 32, "sealing.part.sc")


def _check_shares(core: Core, shares: Sequence[Share], announcement: Announcement, suite: Suite) -> None:
    wanted = [(entry.id, x) for entry in core.parts for x in range(1, announcement.body.n + 1)]
    if [(share.part, share.x) for share in shares] != wanted:
        raise SealingError("sealing.shares.order")
    for share in shares:
        key = announcement.key(share.x, core.suite, announcement.part(share.part).phase)
        if share.kid != key.kid:
            raise SealingError("sealing.share.kid", part=share.part, x=share.x)
        if not suite.sound_public_key(unhex(share.enc, suite.enc_length, "sealing.share.enc")):
            raise SealingError("sealing.share.enc", part=share.part, x=share.x)
        unhex(share.ct, SHARE_LENGTH + suite.tag_length, "sealing.share.ct")


def peek_announcement(raw: bytes) -> str:
    """The `ann` an envelope names, to choose the announcement to verify it under; nothing is verified here."""
    if len(raw) > LARGEST:
        raise SealingError("sealing.envelope.size")
    file = decode(raw, _File, "sealing.envelope.json")
    return decode(file.core.encode(), Core, "sealing.envelope.core").ann
