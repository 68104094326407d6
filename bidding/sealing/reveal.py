"""Revealing (开标): a pure function of what was settled and stored, so anyone can finish or repeat it (LBE1 §11)."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import BinaryIO

from bidding.sealing.announcement import Announcement
from bidding.sealing.content import Identity
from bidding.sealing.envelope import Envelope, key_commitment
from bidding.sealing.errors import SealingError
from bidding.sealing.layout import FileEntry, Index
from bidding.sealing.objects import context, decrypt_part


def reveal_part(
    announcement: Announcement,
    envelope: Envelope,
    part: str,
    *,
    ck: bytes,
    ciphertext: BinaryIO,
    sink: Callable[[FileEntry], BinaryIO | None],
) -> Index:
    """Decrypt one settled part; keep what the sinks received only if this returns.

    `sealing.object.root` says that the stored ciphertext is not what was signed (the platform's fault); any other
    refusal is about what the bidder sealed.
    """
    entry = envelope.entry(part)
    if key_commitment(envelope.env, part, ck) != entry.kc:
        raise SealingError("sealing.reveal.key")
    return decrypt_part(
        ciphertext,
        ck=ck,
        bound_to=context(envelope.core.ann, envelope.env, part),
        pad=announcement.part(part).pad,
        root=bytes.fromhex(entry.obj),
        size=entry.size,
        sink=sink,
    )


def duplicate_bidders(identities: Mapping[str, Identity]) -> frozenset[str]:
    """The `env` of every envelope whose bidder has more than one: all of them are void (招标投标法实施条例 51)."""
    counted = Counter(identity.uscc for identity in identities.values())
    return frozenset(env for env, identity in identities.items() if counted[identity.uscc] > 1)
