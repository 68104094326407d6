"""The box (投标箱): which envelopes are live at closing, derived from the opened slots and nothing else (LBE1 §9).

The order in which a slot's entries are shown means nothing, so the box comes from a set of acts, linked by what the
bidders themselves signed; the platform has nothing to choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bidding.sealing.announcement import Announcement, compatible
from bidding.sealing.envelope import Envelope, peek_announcement, verify_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.submission import document_digest, peek_withdrawal, verify_withdrawal
from trading.kernel import merkle


@dataclass(frozen=True)
class Act:
    """An entry of a slot that counts: this document was taken in at this instant."""

    kind: Literal["commit", "withdraw"]
    hash: str
    at: datetime
    slot: int


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


def derive_box(
    announcements: Sequence[Announcement], acts: Sequence[Act], documents: Mapping[str, bytes], deadline: datetime
) -> Box:
    """The box of the newest announcement; earlier compatible versions may still have envelopes in it."""
    commits = _commits(announcements, [act for act in acts if act.kind == "commit"], documents, deadline)
    taken: set[str] = set()
    for item in commits.values():
        if item.envelope.core.prev is not None:
            _check_link(item, commits, taken)
    starts = [item.envelope.core.key for item in commits.values() if item.envelope.core.prev is None]
    if len(set(starts)) != len(starts):
        raise SealingError("sealing.box.fork")
    replaced = frozenset(taken)
    for act in acts:
        if act.kind == "withdraw":
            _check_withdrawal(act, commits, taken, documents, deadline)
    live = sorted(
        (item for digest, item in commits.items() if digest not in taken),
        key=lambda item: (item.slot, item.at, item.envelope.digest),
    )
    return Box(
        live=tuple(live),
        replaced=tuple(sorted(replaced)),
        withdrawn=tuple(sorted(taken - replaced)),
        root=box_root([item.envelope.digest for item in live]),
    )


def box_root(digests: Sequence[str]) -> str:
    """The root over envelope digests in box order."""
    return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in digests]).hex()


def _commits(
    announcements: Sequence[Announcement], acts: Sequence[Act], documents: Mapping[str, bytes], deadline: datetime
) -> dict[str, Live]:
    newest = announcements[-1]
    valid = {item.ann: item for item in announcements if compatible(item.body, newest.body)}
    commits: dict[str, Live] = {}
    for act in acts:
        raw = _document(act, documents, deadline)
        announcement = valid.get(peek_announcement(raw), newest)
        if act.hash in commits:
            raise SealingError("sealing.box.duplicate")
        commits[act.hash] = Live(envelope=verify_envelope(raw, announcement), at=act.at, slot=act.slot)
    if len({item.envelope.env for item in commits.values()}) != len(commits):
        raise SealingError("sealing.box.duplicate")
    return commits


def _check_link(item: Live, commits: Mapping[str, Live], taken: set[str]) -> None:
    prev = item.envelope.core.prev or ""
    predecessor = commits.get(prev)
    if predecessor is None or (predecessor.slot, predecessor.at) > (item.slot, item.at):
        raise SealingError("sealing.box.predecessor")
    if predecessor.envelope.core.key != item.envelope.core.key:
        raise SealingError("sealing.box.key")
    if prev in taken:
        raise SealingError("sealing.box.fork")
    taken.add(prev)


def _check_withdrawal(
    act: Act, commits: Mapping[str, Live], taken: set[str], documents: Mapping[str, bytes], deadline: datetime
) -> None:
    raw = _document(act, documents, deadline)
    prev = peek_withdrawal(raw)
    target = commits.get(prev)
    if target is None or (target.slot, target.at) > (act.slot, act.at):
        raise SealingError("sealing.box.predecessor")
    verify_withdrawal(raw, target.envelope)
    if prev in taken:
        raise SealingError("sealing.box.fork")
    taken.add(prev)


def _document(act: Act, documents: Mapping[str, bytes], deadline: datetime) -> bytes:
    raw = documents.get(act.hash)
    if raw is None or document_digest(raw) != act.hash:
        raise SealingError("sealing.box.document", hash=act.hash)
    if act.at > deadline:
        raise SealingError("sealing.box.late", hash=act.hash)
    return raw
