"""Blind slots (盲时隙), pure: how a stream says nothing until it is opened, and then cannot lie.

A stream's time is cut into slots, known in advance. Each slot, empty or not, becomes exactly one journal
entry holding SHA-256(salt ‖ root) over the slot's own RFC 6962 tree, so the log's growth tells nothing. The
tree is filled up with chaff to at least 64 leaves and its leaves are sorted by hash, so that the proof a
receipt's holder gets before opening tells him neither how many others there are nor who was first. At closing
every slot's seed and entries are shown; salt and chaff follow from the seed, and nothing is left to choose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trading.kernel import merkle
from trading.kernel.canonical import CanonicalError, parse_canonical
from trading.kernel.journal.instant import format_instant, parse_instant
from trading.kernel.journal.schedule import Timeline

SLOT_SEALED = "journal:slot:sealed"
MERGE = timedelta(seconds=10)
"""How long after its slot's end an entry may take to stand in the log (`merge_by`)."""

_LEAST_LEAVES = 64
_SECRET = 32


class BlindError(ValueError):
    """A stream is not what its receipts and its journal entries say; `code` names how."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class BlindEntry:
    """What happened, behind its own salt, so that its neighbours' proofs do not betray it."""

    salt: bytes
    body: bytes

    @property
    def leaf(self) -> bytes:
        return merkle.leaf_hash(self.salt + self.body)


@dataclass(frozen=True, slots=True)
class SlotOpening:
    """Everything there is to know of one slot."""

    slot: int
    seed: bytes
    entries: tuple[BlindEntry, ...]

    @property
    def salt(self) -> bytes:
        return _derive(self.seed, b"salt")

    @property
    def leaves(self) -> list[bytes]:
        """The slot's tree: its entries and its chaff, sorted."""
        chaff = _derive(self.seed, b"chaff")
        missing = slot_width(len(self.entries)) - len(self.entries)
        filling = (merkle.leaf_hash(chaff + number.to_bytes(4, "big")) for number in range(missing))
        return sorted([*(entry.leaf for entry in self.entries), *filling])

    @property
    def seal(self) -> bytes:
        return slot_seal(self.salt, merkle.root(self.leaves))

    def proof(self, entry: BlindEntry) -> SlotProof:
        """That an entry is in this slot, showing nothing of any other."""
        leaves = self.leaves
        index = leaves.index(entry.leaf)
        path = tuple(merkle.inclusion_proof(leaves, index))
        return SlotProof(self.slot, self.salt, merkle.root(leaves), len(leaves), index, path)

    def to_json(self) -> dict[str, Any]:
        entries = [{"salt": entry.salt.hex(), "body": entry.body.decode()} for entry in self.entries]
        return {"slot": self.slot, "seed": self.seed.hex(), "entries": entries}


@dataclass(frozen=True, slots=True)
class SlotProof:
    slot: int
    salt: bytes
    root: bytes
    width: int
    index: int
    path: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "slot": self.slot,
            "salt": self.salt.hex(),
            "root": self.root.hex(),
            "width": self.width,
            "index": self.index,
            "path": [item.hex() for item in self.path],
        }


def slot_width(entries: int) -> int:
    return max(_LEAST_LEAVES, 1 << (entries - 1).bit_length() if entries else 0)


def slot_seal(salt: bytes, root: bytes) -> bytes:
    return hashlib.sha256(salt + root).digest()


def parse_opening(value: Mapping[str, Any]) -> SlotOpening:
    """An opened slot as evidence carries it."""
    try:
        entries = tuple(BlindEntry(_secret(item["salt"]), item["body"].encode()) for item in value["entries"])
        return SlotOpening(int(value["slot"]), _secret(value["seed"]), entries)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BlindError("slot_malformed", "an opened slot is not of the form it must have") from error


def parse_proof(value: Mapping[str, Any]) -> SlotProof:
    try:
        path = tuple(bytes.fromhex(item) for item in value["path"])
        salt, root = _secret(value["salt"]), _secret(value["root"])
        return SlotProof(int(value["slot"]), salt, root, int(value["width"]), int(value["index"]), path)
    except (KeyError, TypeError, ValueError) as error:
        raise BlindError("proof_malformed", "a slot proof is not of the form it must have") from error


def verify_slot(opening: SlotOpening, seal: bytes) -> None:
    """The slot was sealed with exactly these entries."""
    if len({entry.leaf for entry in opening.entries}) != len(opening.entries):
        raise BlindError("slot_false", f"slot {opening.slot} shows an entry twice")
    if opening.seal != seal:
        raise BlindError("slot_false", f"slot {opening.slot} was sealed with other entries")


def verify_proof(proof: SlotProof, entry: BlindEntry, seal: bytes) -> None:
    """The slot that was sealed so holds this entry."""
    inside = merkle.verify_inclusion(entry.leaf, proof.index, proof.width, proof.path, proof.root)
    if not inside or slot_seal(proof.salt, proof.root) != seal:
        raise BlindError("proof_false", f"the entry is not proved in slot {proof.slot}")


@dataclass(frozen=True, slots=True)
class SealedSlot:
    """A slot as the journal holds it."""

    slot: int
    seal: bytes
    index: int
    """Of its leaf in the log."""
    late: bool
    """It was sealed after its `merge_by`."""


def sealed_slots(subject: str, timeline: Timeline, log: Iterable[bytes]) -> list[SealedSlot]:
    """A whole log's slots of one stream: each there, once, in order, at its time, none besides."""
    found: list[SealedSlot] = []
    for index, body in enumerate(log):
        entry = _slot_entry(body, subject)
        if entry is None:
            continue
        number, start, end, seal, at = entry
        if number != len(found) or number >= timeline.count:
            raise BlindError("slot_order", f"leaf {index} is slot {number} where {len(found)} was due")
        if (start, end) != timeline.bounds(number) or at < end:
            raise BlindError("slot_time", f"slot {number} was not sealed for its time")
        found.append(SealedSlot(number, seal, index, at > end + MERGE))
    if len(found) != timeline.count:
        raise BlindError("slot_missing", f"{len(found)} of {timeline.count} slots are in the log")
    return found


def verify_stream(sealed: Sequence[SealedSlot], openings: Sequence[SlotOpening]) -> list[tuple[int, bytes]]:
    """Every slot opened as it was sealed; the entries by slot, in the order shown."""
    if [opening.slot for opening in openings] != [slot.slot for slot in sealed]:
        shown = {opening.slot for opening in openings}
        unopened = [slot.slot for slot in sealed if slot.slot not in shown]
        raise BlindError("slot_unopened", f"slots not opened: {unopened[:5]}" if unopened else "out of order")
    for slot, opening in zip(sealed, openings, strict=True):
        verify_slot(opening, slot.seal)
    return [(opening.slot, entry.body) for opening in openings for entry in opening.entries]


def slot_payload(timeline: Timeline, slot: int, seal: bytes) -> dict[str, Any]:
    """What the journal entry of a sealed slot says: the same size and shape whether or not anything happened."""
    start, end = timeline.bounds(slot)
    return {"slot": slot, "from": format_instant(start), "to": format_instant(end), "seal": seal.hex()}


def _slot_entry(body: bytes, subject: str) -> tuple[int, datetime, datetime, bytes, datetime] | None:
    if SLOT_SEALED.encode() not in body or subject.encode() not in body:
        return None
    try:
        entry = parse_canonical(body)
        if entry["action"] != SLOT_SEALED or entry["subject"] != subject:
            return None
        payload = entry["payload"]
        start, end, at = parse_instant(payload["from"]), parse_instant(payload["to"]), parse_instant(entry["at"])
        return int(payload["slot"]), start, end, _secret(payload["seal"]), at
    except (CanonicalError, KeyError, TypeError, ValueError) as error:
        raise BlindError("slot_malformed", "a slot's journal entry is not of its form") from error


def _derive(seed: bytes, purpose: bytes) -> bytes:
    return hashlib.sha256(b"journal slot " + purpose + b"\x00" + seed).digest()


def _secret(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != _SECRET or value.hex() != text:
        raise ValueError("not 32 bytes in hex")
    return value
