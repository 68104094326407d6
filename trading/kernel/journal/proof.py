"""Verifying the journal offline, with no database, no network and nothing believed but the pinned keys.

A proof file is C2SP tlog-proof: index, inclusion path, cosigned checkpoint. A log folder is its tiles, its
checkpoint and its public keys; it is verified by replaying every entry. Keys found in the folder itself show
only that it agrees with itself, so what the keys were pinned to is for the caller to say.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trading.kernel import merkle
from trading.kernel.journal.checkpoint import Checkpoint, open_checkpoint
from trading.kernel.journal.cosignature import cosigned_at
from trading.kernel.journal.note import COSIGNATURE_V1, ED25519, Note, NoteError, Verifier, parse_verifier
from trading.kernel.journal.tiles import TileError, replay

HEADER = "c2sp.org/tlog-proof@v1"
CHECKPOINT_FILE = "checkpoint"
KEYS_FILE = "keys"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ProofError(ValueError):
    """The journal does not show what it is said to show; `code` names what failed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys believed: of one log, of its witnesses, and how many witnesses it takes."""

    log: Verifier
    witnesses: tuple[Verifier, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        keys = {witness.public for witness in self.witnesses}
        names = {witness.name for witness in self.witnesses}
        kinds = {witness.kind for witness in self.witnesses}
        if self.log.kind != ED25519 or kinds - {COSIGNATURE_V1} or self.log.public in keys:
            raise ProofError("trust", "a log key signs notes, a witness key cosigns, and they differ")
        if not len(keys) == len(names) == len(self.witnesses) or not 0 <= self.quorum <= len(keys):
            raise ProofError("trust", "the quorum is at most the number of different witnesses")

    def __str__(self) -> str:
        lines = [f"log {self.log}", *(f"witness {witness}" for witness in self.witnesses)]
        return "\n".join([*lines, f"quorum {self.quorum}"]) + "\n"


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint believed: `times` are the Unix seconds at which witnesses cosigned it.

    `at` is when the quorum (one at least) had, as the platform counts time: a demonstration's offset added.
    """

    note: Note
    checkpoint: Checkpoint
    times: dict[str, int]
    at: datetime | None

    @property
    def label(self) -> str:
        """`unwitnessed` (未见证) is never `verified`."""
        return "verified" if self.times else "unwitnessed"


@dataclass(frozen=True, slots=True)
class LogProof:
    """That the entry `index` is in the checkpoint's tree; `extra` is carried along and proves nothing."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __str__(self) -> str:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines += [f"index {self.index}", *(base64.b64encode(item).decode() for item in self.path)]
        return "\n".join(lines) + "\n\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    witnessed: Witnessed
    trust: Trust
    entries: list[bytes]


def parse_trust(text: str) -> Trust:
    """The keys of a log as a folder or an announcement carries them."""
    log: Verifier | None = None
    witnesses: list[Verifier] = []
    quorum = 0
    try:
        for line in text.removesuffix("\n").split("\n"):
            kind, _, value = line.partition(" ")
            if kind == "log" and log is None:
                log = parse_verifier(value)
            elif kind == "witness":
                witnesses.append(parse_verifier(value))
            elif kind == "quorum" and value.isascii() and value.isdecimal():
                quorum = int(value)
            else:
                raise ProofError("keys", f"unknown line {line[:40]!r}")
    except NoteError as error:
        raise ProofError("keys", str(error)) from error
    if log is None:
        raise ProofError("keys", "the log's own key is missing")
    return Trust(log, tuple(witnesses), quorum)


def parse_proof(text: str) -> LogProof:
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    try:
        if not gap or lines.pop(0) != HEADER:
            raise ProofError("proof_malformed", "not a tlog-proof")
        extra = base64.b64decode(lines.pop(0)[6:], validate=True) if lines[0].startswith("extra ") else None
        word, _, number = lines.pop(0).partition(" ")
        path = tuple(base64.b64decode(line, validate=True) for line in lines)
        proof = LogProof(int(number), path, checkpoint, extra)
    except (ValueError, IndexError) as error:
        raise ProofError("proof_malformed", "not a tlog-proof") from error
    if word != "index" or str(proof) != text:
        raise ProofError("proof_malformed", "not a tlog-proof")
    return proof


def verify_checkpoint(note: str | bytes, trust: Trust) -> Witnessed:
    """A checkpoint signed by its log and by enough of its witnesses."""
    try:
        parsed, checkpoint = open_checkpoint(note, trust.log)
        times = {witness.name: cosigned_at(parsed, witness) for witness in trust.witnesses}
    except NoteError as error:
        raise ProofError("checkpoint", str(error)) from error
    cosigned = {name: time for name, time in times.items() if time is not None}
    if len(cosigned) < trust.quorum:
        raise ProofError("quorum", f"{len(cosigned)} of the {trust.quorum} witnesses needed have cosigned")
    at = None
    if cosigned:
        seconds = sorted(cosigned.values())[max(trust.quorum, 1) - 1]
        at = _EPOCH + timedelta(seconds=seconds, milliseconds=checkpoint.offset_ms or 0)
    return Witnessed(parsed, checkpoint, cosigned, at)


def verify_consistency(
    old: str | bytes, new: str | bytes, path: Sequence[bytes], trust: Trust
) -> tuple[Witnessed, Witnessed]:
    """The newer tree only added to the older one."""
    first, second = verify_checkpoint(old, trust), verify_checkpoint(new, trust)
    a, b = first.checkpoint, second.checkpoint
    if not merkle.verify_consistency(a.size, b.size, a.root, b.root, path):
        raise ProofError("inconsistent", f"the tree of {b.size} did not grow out of the tree of {a.size}")
    return first, second


def verify_entry(proof: str, entry: bytes, trust: Trust) -> Witnessed:
    """An entry is in the log, as a proof file shows."""
    parsed = parse_proof(proof)
    witnessed = verify_checkpoint(parsed.checkpoint, trust)
    tree = witnessed.checkpoint
    leaf = merkle.leaf_hash(entry)
    if not merkle.verify_inclusion(leaf, parsed.index, tree.size, parsed.path, tree.root):
        raise ProofError("not_included", f"the entry is not leaf {parsed.index} of the log")
    return witnessed


def verify_log_folder(folder: Path, pin: Callable[[Trust], Trust] | None = None) -> VerifiedLog:
    """Every entry of a downloaded log, replayed from nothing up to its witnessed checkpoint.

    `pin` is given the keys in the folder and returns those to believe instead.
    """
    try:
        trust = parse_trust(folder.joinpath(KEYS_FILE).read_text())
        note = folder.joinpath(CHECKPOINT_FILE).read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise ProofError("folder", "the folder has no checkpoint or no keys") from error
    trust = pin(trust) if pin else trust
    witnessed = verify_checkpoint(note, trust)
    try:
        entries, root = replay(folder, witnessed.checkpoint.size)
    except TileError as error:
        raise ProofError("tiles", str(error)) from error
    if root != witnessed.checkpoint.root:
        raise ProofError("root", "the entries do not make the tree of the checkpoint")
    return VerifiedLog(witnessed, trust, entries)
