"""A journal in memory with the pure functions of the real one: entries, checkpoints, one witness, proofs, tiles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trading.kernel import merkle
from trading.kernel.canonical import canonical
from trading.kernel.journal.blind import BlindEntry, SlotOpening
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier
from trading.kernel.journal.cosignature import cosign, witness_verifier
from trading.kernel.journal.entry import Entry, make_entry
from trading.kernel.journal.note import Note, sign_note
from trading.kernel.journal.proof import CHECKPOINT_FILE, KEYS_FILE, LogProof, Trust
from trading.kernel.journal.tiles import WIDTH, pack_entries, tiles_of

ORIGIN = "demo/evidence.example"
WITNESS = "witness/evidence"
OFFSET = timedelta(hours=1)
"""How far this demonstration's clock has been moved."""


@dataclass
class MemoryLog:
    """`stamps` are the checkpoints kept: size and time. Whoever lacks the witness's key can only sign, not cosign."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    witness: Ed25519PrivateKey | None = field(default_factory=Ed25519PrivateKey.generate)
    witness_public: bytes = b""
    entries: list[Entry] = field(default_factory=list)
    stamps: list[tuple[int, datetime]] = field(default_factory=list)
    handed_out: set[int] = field(default_factory=set)
    """Those that evidence carries: of closing, of every settling, the newest."""
    kept: dict[int, str] = field(default_factory=dict)
    """Checkpoints as they went out, by size."""

    def __post_init__(self) -> None:
        if self.witness is not None:
            self.witness_public = self.witness.public_key().public_bytes_raw()

    @property
    def trust(self) -> Trust:
        log = log_verifier(ORIGIN, self.key.public_key().public_bytes_raw())
        return Trust(log, (witness_verifier(WITNESS, self.witness_public),), 1)

    def append(self, action: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> int:
        number = len(self.entries)
        entry, _ = make_entry(
            UUID(int=number), at, action, subject=subject, actor={"name": "someone"}, payload=payload, secret={}
        )
        self.entries.append(entry)
        return number

    def rewrite(self, index: int, **payload: Any) -> None:
        """What only someone with the log's key, or its database, can do."""
        entry = self.entries[index]
        self.entries[index] = replace(entry, payload={**entry.payload, **payload})

    def retitle(self, index: int, action: str) -> None:
        """The entry as one of another kind, so that nobody finds it under its own."""
        self.entries[index] = replace(self.entries[index], action=action)

    def find(self, action: str) -> list[int]:
        return [index for index, entry in enumerate(self.entries) if entry.action == action]

    def stamp(self, at: datetime, *, handed_out: bool = True) -> int:
        """A checkpoint now, signed and cosigned."""
        size = len(self.entries)
        if handed_out:
            self.handed_out.add(size)
        self.stamps.append((size, at))
        self.kept[size] = self.note(size, at)
        return size

    def note(self, size: int, at: datetime) -> str:
        root = merkle.root([entry.leaf for entry in self.entries[:size]])
        text = Checkpoint(ORIGIN, size, root, at, OFFSET // timedelta(milliseconds=1)).text
        note = Note(text, (sign_note(text, self.trust.log, self.key.sign),))
        if self.witness is None:
            return str(note)
        seconds = int((at - OFFSET).timestamp())
        return str(note.with_signatures([cosign(text, self.trust.witnesses[0], self.witness.sign, seconds)]))

    def rebuild(self) -> None:
        """Every kept checkpoint again over the entries as they are now."""
        self.kept = {size: self.note(size, at) for size, at in self.stamps}

    def proof(self, index: int, opening: SlotOpening, entry: BlindEntry) -> str:
        """A receipt's proof under the newest checkpoint, as the platform serves it."""
        size = self.stamps[-1][0]
        shown = {
            "leaf": self.entries[index].body.decode(),
            "entry": {"salt": entry.salt.hex(), "body": entry.body.decode()},
            "slot": opening.proof(entry).to_json(),
        }
        path = merkle.inclusion_proof([item.leaf for item in self.entries[:size]], index)
        return str(LogProof(index, tuple(path), self.kept[size], canonical(shown)))

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Tiles, the newest checkpoint, keys."""
        bodies = [entry.body for entry in self.entries]
        leaves = [entry.leaf for entry in self.entries]
        for tile in tiles_of(len(bodies)):
            span = 1 << 8 * max(tile.level, 0)
            starts = [(tile.number * WIDTH + n) * span for n in range(tile.width)]
            if tile.level < 0:
                yield tile.path, pack_entries([bodies[start] for start in starts])
            else:
                yield tile.path, b"".join(merkle.root(leaves[start : start + span]) for start in starts)
        yield CHECKPOINT_FILE, self.kept[len(bodies)].encode()
        yield KEYS_FILE, str(self.trust).encode()
