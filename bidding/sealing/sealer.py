"""Sealing a bid on the bidder's own machine: encrypt, commit to it, share the keys, sign (LBE1 §5, order of making)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing import shamir
from bidding.sealing.announcement import Announcement
from bidding.sealing.content import IDENTITY_FILE, IDENTITY_PART, CertificateKey, build_identity, identity_message
from bidding.sealing.envelope import SHARE_LENGTH, Core, PartEntry, build_envelope, key_commitment, share_commitment
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import sha256
from bidding.sealing.objects import Progress, SealedObject, Source, context, encrypt_part
from bidding.sealing.recovery import Recovery, RecoveryPart
from bidding.sealing.signatures import public_raw


@dataclass(frozen=True)
class Dealt:
    """A sealed part: its entry for the core and its shares in seat order."""

    entry: PartEntry
    shares: tuple[bytes, ...]
    ck: bytes
    leaves: tuple[bytes, ...]


@dataclass(frozen=True)
class SealedBid:
    """What leaves the sealer: the envelope to submit and what the bidder must keep."""

    envelope: bytes
    recovery: Recovery

    @property
    def digest(self) -> str:
        """The envelope's digest."""
        return sha256(self.envelope).hex()


def deal(announcement: Announcement, env: str, part: str, ck: bytes, sealed: SealedObject) -> Dealt:
    """Share a part's key among the trustees and commit to every share."""
    body = announcement.body
    shares = tuple(shamir.split(ck, body.t, body.n))
    entry = PartEntry(
        id=part,
        kc=key_commitment(env, part, ck),
        obj=sealed.root.hex(),
        size=sealed.size,
        sc=tuple(share_commitment(env, part, x, y) for x, y in enumerate(shares, 1)),
    )
    return Dealt(entry=entry, shares=shares, ck=ck, leaves=sealed.leaves)


class Sealer:
    """One envelope in the making. A replacement is a new sealer with the predecessor's key and `prev`."""

    def __init__(
        self,
        announcement: Announcement,
        *,
        key: Ed25519PrivateKey | None = None,
        prev: str | None = None,
        suite: int = 1,
    ) -> None:
        self.announcement = announcement
        self.env = secrets.token_hex(16)
        self._key = key or Ed25519PrivateKey.generate()
        self._prev, self._suite = prev, suite
        self._dealt: dict[str, Dealt] = {}

    @property
    def key(self) -> str:
        """The submission public key."""
        return public_raw(self._key).hex()

    def add(self, part: str, sources: Sequence[Source], out: BinaryIO, *, progress: Progress | None = None) -> Dealt:
        """Encrypt a part to `out`, once; what `out` holds is what must be uploaded."""
        rule = self.announcement.part(part)
        if part in self._dealt:
            raise SealingError("sealing.seal.twice", part=part)
        ck = secrets.token_bytes(SHARE_LENGTH)
        bound = context(self.announcement.ann, self.env, part)
        sealed = encrypt_part(sources, out, ck=ck, bound_to=bound, pad=rule.pad, progress=progress)
        self._dealt[part] = deal(self.announcement, self.env, part, ck, sealed)
        return self._dealt[part]

    def add_identity(
        self,
        certificate: x509.Certificate,
        signer: CertificateKey,
        out: BinaryIO,
        *,
        chain: Sequence[x509.Certificate] = (),
        deposit_reference: str | None = None,
        sources: Sequence[Source] = (),
    ) -> Dealt:
        """Encrypt the identity, after all other parts, since it signs them."""
        message = identity_message(self.announcement.ann, self.env, self.key, self._entries())
        made = build_identity(certificate, signer, message, chain=chain, deposit_reference=deposit_reference)
        return self.add(IDENTITY_PART, [Source.of_bytes(IDENTITY_FILE, made), *sources], out)

    def finish(self, *, ack: str | None = None) -> SealedBid:
        """The envelope and the recovery data."""
        body = self.announcement.body
        missing = [rule.id for rule in body.parts if rule.required and rule.id not in self._dealt]
        if missing:
            raise SealingError("sealing.envelope.parts", part=missing[0])
        core = Core(
            v="LBE1",
            suite=self._suite,
            subject=body.subject,
            ann=self.announcement.ann,
            ack=ack,
            env=self.env,
            prev=self._prev,
            key=self.key,
            parts=self._entries(),
        )
        shares = [(entry.id, self._dealt[entry.id].shares) for entry in core.parts]
        envelope = build_envelope(core, shares, self.announcement, self._key)
        recovery = Recovery(
            v="LBK1",
            subject=body.subject,
            ann=self.announcement.ann,
            env=self.env,
            envelope=sha256(envelope).hex(),
            key=self._key.private_bytes_raw().hex(),
            parts=tuple(RecoveryPart(id=entry.id, ck=self._dealt[entry.id].ck.hex()) for entry in core.parts),
        )
        return SealedBid(envelope=envelope, recovery=recovery)

    def _entries(self) -> tuple[PartEntry, ...]:
        rules = self.announcement.body.parts
        return tuple(self._dealt[rule.id].entry for rule in rules if rule.id in self._dealt)
