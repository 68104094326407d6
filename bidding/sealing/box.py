"""The box (投标箱): which envelopes are live at closing, derived from the opened slots and nothing else (LBE1 §9).

The order in which a slot's entries are shown means nothing, so the box comes from a set of acts, linked by what the
bidders themselves signed; the platform has nothing to choose. An act names its links, so that what was replaced or
withdrawn need never be shown again: it stays sealed and is known by its hash only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from bidding.sealing.announcement import Announcement, compatible
from bidding.sealing.documents import decode, encode
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, Instant, Subject, format_instant, parse_instant
from bidding.sealing.submission import Receipt, document_digest, verify_withdrawal_of
from trading.kernel import merkle
from trading.kernel.canonical import CanonicalError, parse_canonical

COMMITTED: Literal["lot:envelope:committed"] = "lot:envelope:committed"
WITHDRAWN: Literal["lot:envelope:withdrawn"] = "lot:envelope:withdrawn"


class ActBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The blind entry of an act; of a withdrawal `env`, `key`, `ann` and `prev` are those of the envelope withdrawn."""

    v: Literal["LBX1"]
    action: Literal["lot:envelope:committed", "lot:envelope:withdrawn"]
    subject: Subject
    hash: Hex32
    at: Instant
    ann: Hex32
    env: Hex16
    key: Hex32
    prev: Hex32 | None


@dataclass(frozen=True)
class Act:
    """An entry of a slot that counts: this document was taken in at this instant."""

    body: ActBody
    at: datetime
    slot: int

    @property
    def hash(self) -> str:
        """Digest of the document taken in."""
        return self.body.hash


@dataclass(frozen=True)
class Live:
    """A live envelope and when it was received."""

    envelope: Envelope
    at: datetime
    slot: int


@dataclass(frozen=True)
class Box:
    """What is in the box; the digests of what was replaced and withdrawn remain as hashes only."""

    live: tuple[Live, ...]
    replaced: tuple[str, ...]
    withdrawn: tuple[str, ...]
    root: str

    @property
    def count(self) -> int:
        """How many are read out at closing."""
        return len(self.live)

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """The live envelopes in box order."""
        return tuple(item.envelope for item in self.live)


def commit_body(envelope: Envelope, at: datetime) -> bytes:
    """What the slot keeps of an accepted envelope."""
    core = envelope.core
    return encode(
        ActBody(
            v="LBX1",
            action=COMMITTED,
            subject=core.subject,
            hash=envelope.digest,
            at=format_instant(at),
            ann=core.ann,
            env=envelope.env,
            key=core.key,
            prev=core.prev,
        )
    )


def withdrawal_body(raw: bytes, envelope: Envelope, at: datetime) -> bytes:
    """What the slot keeps of an accepted withdrawal of this envelope."""
    return encode(
        ActBody(
            v="LBX1",
            action=WITHDRAWN,
            subject=envelope.core.subject,
            hash=document_digest(raw),
            at=format_instant(at),
            ann=envelope.core.ann,
            env=envelope.env,
            key=envelope.core.key,
            prev=envelope.digest,
        )
    )


def check_receipt_entry(receipt: Receipt, body: bytes) -> None:
    """Refuses a receipt that promises another entry than `body`, which the bidder makes from what he handed in himself.

    A hidden predecessor is known to the box by its act alone, so every bidder must see that his act says the truth.
    """
    if merkle.leaf_hash(bytes.fromhex(receipt.salt) + body).hex() != receipt.entry:
        raise SealingError("sealing.receipt.entry")


def parse_act(body: bytes, slot: int, subject: str) -> Act | None:
    """An opened slot's entry as an act on this subject's box; None for an entry of another kind (a deposit)."""
    try:
        raw = parse_canonical(body)
    except CanonicalError as error:
        raise SealingError("sealing.box.act") from error
    if not isinstance(raw, dict) or raw.get("v") != "LBX1":
        return None
    parsed = decode(body, ActBody, "sealing.box.act")
    if parsed.subject != subject:
        raise SealingError("sealing.box.act")
    return Act(body=parsed, at=parse_instant(parsed.at), slot=slot)


def derive_box(
    announcements: Sequence[Announcement], acts: Sequence[Act], documents: Mapping[str, bytes], deadline: datetime
) -> Box:
    """The box of the newest announcement; earlier compatible versions may still have envelopes in it.

    `documents` holds the live envelopes and the withdrawals by digest; others are neither needed nor looked at.
    """
    commits = _commits(acts, deadline)
    replaced: set[str] = set()
    for act in commits.values():
        if act.body.prev is not None:
            _end(act, commits, replaced, replaced)
    starts = [act.body.key for act in commits.values() if act.body.prev is None]
    if len(set(starts)) != len(starts):
        raise SealingError("sealing.box.fork")
    withdrawn: set[str] = set()
    for act in acts:
        if act.body.action == WITHDRAWN:
            target = _end(act, commits, withdrawn, replaced | withdrawn)
            if (act.body.ann, act.body.env) != (target.body.ann, target.body.env):
                raise SealingError("sealing.box.act", hash=act.hash)
            verify_withdrawal_of(
                _document(act.hash, documents),
                ann=target.body.ann,
                env=target.body.env,
                envelope=target.hash,
                key=target.body.key,
            )
    live = [_live(act, announcements, documents) for act in commits.values() if act.hash not in replaced | withdrawn]
    live.sort(key=lambda item: (item.slot, item.at, item.envelope.digest))
    return Box(
        live=tuple(live),
        replaced=tuple(sorted(replaced)),
        withdrawn=tuple(sorted(withdrawn)),
        root=box_root([item.envelope.digest for item in live]),
    )


def box_root(digests: Sequence[str]) -> str:
    """The root over envelope digests in box order."""
    return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in digests]).hex()


def _commits(acts: Sequence[Act], deadline: datetime) -> dict[str, Act]:
    """Every commit by digest, each envelope once."""
    commits: dict[str, Act] = {}
    for act in acts:
        if act.at > deadline:
            raise SealingError("sealing.box.late", hash=act.hash)
        if act.body.action == COMMITTED and commits.setdefault(act.hash, act) is not act:
            raise SealingError("sealing.box.duplicate", hash=act.hash)
    if len({act.body.env for act in commits.values()}) != len(commits):
        raise SealingError("sealing.box.duplicate")
    return commits


def _end(act: Act, commits: Mapping[str, Act], ended: set[str], taken: set[str]) -> Act:
    """The commit that this act replaces or withdraws; each is ended at most once."""
    target = commits.get(act.body.prev or "")
    if target is None or (target.slot, target.at) > (act.slot, act.at):
        raise SealingError("sealing.box.predecessor", hash=act.hash)
    if target.body.key != act.body.key:
        raise SealingError("sealing.box.key", hash=act.hash)
    if target.hash in taken:
        raise SealingError("sealing.box.fork", hash=act.hash)
    ended.add(target.hash)
    return target


def _live(act: Act, announcements: Sequence[Announcement], documents: Mapping[str, bytes]) -> Live:
    newest = announcements[-1]
    valid = {item.ann: item for item in announcements if compatible(item.body, newest.body)}
    envelope = verify_envelope(_document(act.hash, documents), valid.get(act.body.ann, newest))
    core = envelope.core
    if (core.ann, core.key, envelope.env, core.prev) != (act.body.ann, act.body.key, act.body.env, act.body.prev):
        raise SealingError("sealing.box.act", hash=act.hash)
    return Live(envelope=envelope, at=act.at, slot=act.slot)


def _document(digest: str, documents: Mapping[str, bytes]) -> bytes:
    raw = documents.get(digest)
    if raw is None or document_digest(raw) != digest:
        raise SealingError("sealing.box.document", hash=digest)
    return raw
