"""Checkpoints (C2SP tlog-checkpoint): the log's signed word for what its tree is at one size.

Two extension lines are ours. `time` is the platform's clock, which a witness compares with its own;
`offset` is how far a demonstration has moved its clock, and exists under origins `demo/…` only, so that a
demonstration's checkpoint can never pass for a real one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trading.kernel.journal.note import ED25519, Note, NoteError, Verifier, parse_note, verify_note
from trading.kernel.merkle import HASH_SIZE

DEMONSTRATION = "demo/"

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`time_ms` is the platform's clock in Unix milliseconds, the demonstration offset included."""

    origin: str
    size: int
    root: bytes
    time_ms: int | None = None
    offset_ms: int | None = None

    def __post_init__(self) -> None:
        if len(self.root) != HASH_SIZE or self.size < 0 or not self.origin or "\n" in self.origin:
            raise NoteError("not a checkpoint")
        if self.offset_ms is not None and (not self.demonstration or self.time_ms is None):
            raise NoteError("only a demonstration has an offset")

    @property
    def demonstration(self) -> bool:
        return self.origin.startswith(DEMONSTRATION)

    @property
    def text(self) -> str:
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.time_ms is not None:
            lines.append(f"time {format_ms(self.time_ms)}")
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
    time_ms = offset_ms = None
    extensions = lines[3:-1]
    if extensions and extensions[0].startswith("time "):
        time_ms = parse_ms(extensions.pop(0)[5:])
    if extensions and extensions[0].startswith("offset "):
        number = extensions.pop(0)[7:]
        if not _NUMBER.fullmatch(number):
            raise NoteError("not an offset")
        offset_ms = int(number)
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError as error:
        raise NoteError("not a root hash") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), root, time_ms, offset_ms)
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


def format_ms(milliseconds: int) -> str:
    instant = _EPOCH + timedelta(milliseconds=milliseconds)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def parse_ms(text: str) -> int:
    if not _TIME.fullmatch(text):
        raise NoteError("not an instant in UTC with milliseconds")
    try:
        instant = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise NoteError("not an instant") from error
    return to_ms(instant)


def to_ms(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)
