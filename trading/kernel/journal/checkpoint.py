"""Checkpoints (C2SP tlog-checkpoint): the log's signed word for what its tree is at one size.

Two extension lines are ours. `time` is the platform's clock, which a witness compares with its own;
`offset` is how far a demonstration has moved its clock, and exists under origins `demo/…` only, so that a
demonstration's checkpoint can never pass for a real one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from trading.kernel.journal.instant import format_instant, parse_instant
from trading.kernel.journal.note import ED25519, Note, NoteError, Verifier, parse_note, verify_note
from trading.kernel.merkle import HASH_SIZE

DEMONSTRATION = "demo/"

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`time` is the platform's clock, the demonstration offset included."""

    origin: str
    size: int
    root: bytes
    time: datetime | None = None
    offset_ms: int | None = None

    def __post_init__(self) -> None:
        if len(self.root) != HASH_SIZE or self.size < 0 or not self.origin or "\n" in self.origin:
            raise NoteError("not a checkpoint")
        if self.offset_ms is not None and (not self.demonstration or self.time is None):
            raise NoteError("only a demonstration has an offset")

    @property
    def demonstration(self) -> bool:
        return self.origin.startswith(DEMONSTRATION)

    @property
    def text(self) -> str:
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.time is not None:
            lines.append(f"time {format_instant(self.time)}")
        if self.offset_ms is not None:
            lines.append(f"offset {self.offset_ms}")
        return "\n".join(lines) + "\n"


def log_verifier(origin: str, public: bytes) -> Verifier:
    """A log's key is named by its origin."""
    return Verifier(origin, ED25519, public)


def parse_checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not _NUMBER.fullmatch(lines[1]):
        raise NoteError("not a checkpoint")
    time = offset_ms = None
    extensions = lines[3:-1]
    if extensions and extensions[0].startswith("time "):
        try:
            time = parse_instant(extensions.pop(0)[5:])
        except ValueError as error:
            raise NoteError("not an instant") from error
    if extensions and extensions[0].startswith("offset "):
        number = extensions.pop(0)[7:]
        if not _NUMBER.fullmatch(number):
            raise NoteError("not an offset")
        offset_ms = int(number)
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError as error:
        raise NoteError("not a root hash") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), root, time, offset_ms)
    if extensions or checkpoint.text != text:
        raise NoteError("not a checkpoint of this platform's form")
    return checkpoint


def open_checkpoint(data: str | bytes, log: Verifier) -> tuple[Note, Checkpoint]:
    """A checkpoint signed by this log and naming it; raises otherwise."""
    note = parse_note(data)
    verify_note(note, log)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.name:
        raise NoteError(f"a checkpoint of {checkpoint.origin}, not of {log.name}")
    return note, checkpoint
