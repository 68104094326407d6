"""What a witness decides: it remembers the largest tree it saw of a log and cosigns only that tree's growth.

By C2SP tlog-witness. Beyond it, a witness keeps its own clock and refuses a checkpoint whose `time` is more
than five seconds off (a demonstration's by its signed offset more), and it keeps what the log's key signed in
contradiction, as proof of a fork.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from trading.kernel import merkle
from trading.kernel.journal.add_checkpoint import parse_request
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier, parse_checkpoint
from trading.kernel.journal.cosignature import cosign, witness_verifier
from trading.kernel.journal.note import Note, NoteError, Verifier, parse_note, parse_verifier, verify_note

log = structlog.get_logger()
TOLERANCE = timedelta(seconds=5)
_MOST_EVIDENCE = 1000


class Answer(NamedTuple):
    """An HTTP answer in one piece."""

    status: HTTPStatus
    body: str
    media_type: str = "text/plain; charset=utf-8"


class PinnedOtherwise(Exception):
    """The folder belongs to another log, or another process uses it."""


class Cosigner:
    """One witness and its folder: `key.pem`, `log` (the pinned log's verifier), `<log>.note`, `evidence/`."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._door = folder.joinpath("in-use").open("w")
        try:
            fcntl.flock(self._door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._door.close()
            raise PinnedOtherwise(f"{folder} is used by another witness") from error
        key = load_pem_private_key(folder.joinpath("key.pem").read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("key.pem is not an Ed25519 key")
        self._key = key
        name = folder.joinpath("name").read_text().strip()
        self.verifier = witness_verifier(name, key.public_key().public_bytes_raw())
        self.log = parse_verifier(folder.joinpath("log").read_text().strip())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def latest(self, origin: str) -> Note | None:
        """The largest checkpoint cosigned for a log."""
        try:
            return parse_note(self._memory(origin).read_bytes())
        except FileNotFoundError:
            return None

    def add_checkpoint(self, body: bytes) -> Answer:
        """Judge a request; nothing else runs meanwhile, so judging and remembering are one step."""
        try:
            old_size, path, note_text = parse_request(body)
            note = parse_note(note_text)
            checkpoint = parse_checkpoint(note.text)
        except NoteError as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        refusal = self._refusal(old_size, path, note, checkpoint)
        if refusal:
            return refusal
        line = cosign(note.text, self.verifier, self._key.sign, int(self._clock()))
        mine = [signature for signature in note.signatures if signature.by(self.log)]
        _write_durably(self._memory(checkpoint.origin), str(Note(note.text, (*mine, line))).encode())
        log.info("cosigned", origin=checkpoint.origin, size=checkpoint.size)
        return Answer(HTTPStatus.OK, str(line))

    def _refusal(self, old_size: int, path: list[bytes], note: Note, checkpoint: Checkpoint) -> Answer | None:
        if checkpoint.origin != self.log.name:
            return Answer(HTTPStatus.NOT_FOUND, "unknown log\n")
        try:
            verify_note(note, self.log)
        except NoteError as error:
            return Answer(HTTPStatus.FORBIDDEN, f"{error}\n")
        if old_size > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is above the new one\n")
        known_note = self.latest(checkpoint.origin)
        known = parse_checkpoint(known_note.text) if known_note else None
        size, root = (known.size, known.root) if known else (0, merkle.EMPTY_ROOT)
        if old_size != size:
            return Answer(HTTPStatus.CONFLICT, f"{size}\n", "text/x.tlog.size")
        return self._inconsistency(path, note, checkpoint, (size, root)) or self._clock_refusal(checkpoint, known)

    def _inconsistency(
        self, path: list[bytes], note: Note, checkpoint: Checkpoint, known: tuple[int, bytes]
    ) -> Answer | None:
        size, root = known
        if merkle.verify_consistency(size, checkpoint.size, root, checkpoint.root, path):
            return None
        self._keep_evidence(note)
        log.error("inconsistent_checkpoint", origin=checkpoint.origin, size=checkpoint.size, known=size)
        status = HTTPStatus.CONFLICT if checkpoint.size == size else HTTPStatus.UNPROCESSABLE_ENTITY
        return Answer(status, "inconsistent\n")

    def _clock_refusal(self, checkpoint: Checkpoint, known: Checkpoint | None) -> Answer | None:
        offset = checkpoint.offset_ms or 0
        mine = datetime.fromtimestamp(self._clock(), UTC) + timedelta(milliseconds=offset)
        if checkpoint.time is None:
            text = "the checkpoint bears no time\n"
        elif known and offset < (known.offset_ms or 0):
            text = "a demonstration's offset only grows\n"
        elif abs(checkpoint.time - mine) > TOLERANCE:
            text = f"the checkpoint's time is {(checkpoint.time - mine).total_seconds():.1f} s off\n"
        else:
            return None
        return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, text)

    def _memory(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.note"

    def _keep_evidence(self, note: Note) -> None:
        """Two histories under the log's own signature: nobody can deny them later."""
        folder = self._folder / "evidence"
        folder.mkdir(mode=0o700, exist_ok=True)
        text = str(note).encode()
        path = folder / f"{hashlib.sha256(text).hexdigest()}.note"
        if not path.exists() and sum(1 for _ in folder.iterdir()) < _MOST_EVIDENCE:
            _write_durably(path, text)


def prepare(folder: Path, *, origin: str, log_key: str, name: str = "") -> None:
    """Make the key and pin the log at the first start; later starts must name the same log."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = log_verifier(origin, bytes.fromhex(log_key))
    pinned = folder / "log"
    if pinned.exists():
        if parse_verifier(pinned.read_text().strip()) != wanted:
            raise PinnedOtherwise(f"{folder} is pinned to another log or another key of it")
        return
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    name = name or f"witness/{hashlib.sha256(public).hexdigest()[:12]}"
    Verifier(name, wanted.kind, public)  # refuses a name that no signature line could bear
    _write_durably(folder / "key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write_durably(folder / "name", f"{name}\n".encode())
    _write_durably(pinned, f"{wanted}\n".encode())


def _write_durably(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
