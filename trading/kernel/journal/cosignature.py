"""Cosignatures (C2SP tlog-cosignature v1): what a witness puts its name to.

"At this time, this was the largest tree I had seen of this log, and it grew out of every one before it."
"""

from __future__ import annotations

from collections.abc import Callable

from trading.kernel.journal.note import COSIGNATURE_V1, Note, NoteError, Signature, Verifier


def witness_verifier(name: str, public: bytes) -> Verifier:
    return Verifier(name, COSIGNATURE_V1, public)


def cosign(text: str, verifier: Verifier, sign: Callable[[bytes], bytes], timestamp: int) -> Signature:
    """The line by which a witness cosigns a checkpoint's text at a Unix second."""
    value = timestamp.to_bytes(8, "big") + sign(_message(text, timestamp))
    return Signature(verifier.name, verifier.key_id, value)


def cosigned_at(note: Note, verifier: Verifier) -> int | None:
    """The Unix second of this witness's latest cosignature, None without one; a false one raises."""
    times = []
    for signature in note.signatures:
        if not signature.by(verifier):
            continue
        timestamp = int.from_bytes(signature.value[:8], "big")
        if len(signature.value) != 72 or timestamp >= 1 << 63:
            raise NoteError(f"the cosignature of {verifier.name} is malformed")
        if not verifier.check(signature.value[8:], _message(note.text, timestamp)):
            raise NoteError(f"the cosignature of {verifier.name} is false")
        times.append(timestamp)
    return max(times, default=None)


def _message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
