"""A small log as files, made from plain keys: what the tests of the pure parts verify and deface."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trading.kernel import merkle
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier
from trading.kernel.journal.cosignature import cosign, witness_verifier
from trading.kernel.journal.note import Note, sign_note
from trading.kernel.journal.proof import CHECKPOINT_FILE, KEYS_FILE, Trust
from trading.kernel.journal.tiles import WIDTH, pack_entries, tiles_of

ORIGIN = "example.org/journal"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
WITNESS_KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (2, 3, 4)]
LOG = log_verifier(ORIGIN, LOG_KEY.public_key().public_bytes_raw())
WITNESSES = tuple(
    witness_verifier(f"example.org/w{n}", key.public_key().public_bytes_raw()) for n, key in enumerate(WITNESS_KEYS)
)
TRUST = Trust(LOG, WITNESSES, 2)
NOW = datetime(2026, 11, 23, 8, 0, 0, 123000, tzinfo=UTC)


def signed(checkpoint: Checkpoint, witnesses: int = 2) -> Note:
    text = checkpoint.text
    note = Note(text, (sign_note(text, LOG, LOG_KEY.sign),))
    pairs = list(zip(WITNESSES, WITNESS_KEYS, strict=True))[:witnesses]
    return note.with_signatures(cosign(text, verifier, key.sign, 1_763_884_800) for verifier, key in pairs)


def checkpoint_of(entries: Sequence[bytes], origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, len(entries), merkle.root([merkle.leaf_hash(entry) for entry in entries]), NOW)


def write_tiles(folder: Path, entries: Sequence[bytes]) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    for tile in tiles_of(len(entries)):
        span = 1 << 8 * max(tile.level, 0)
        starts = [(tile.number * WIDTH + n) * span for n in range(tile.width)]
        if tile.level < 0:
            data = pack_entries([entries[start] for start in starts])
        else:
            data = b"".join(merkle.root(leaves[start : start + span]) for start in starts)
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def write_log(folder: Path, entries: Sequence[bytes]) -> Path:
    write_tiles(folder, entries)
    folder.joinpath(CHECKPOINT_FILE).write_text(str(signed(checkpoint_of(entries))))
    folder.joinpath(KEYS_FILE).write_text(str(TRUST))
    return folder
