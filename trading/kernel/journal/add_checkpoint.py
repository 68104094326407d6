"""The request by which a log asks a witness for a cosignature (C2SP tlog-witness `add-checkpoint`)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from trading.kernel.journal.note import NoteError

PATH = "/add-checkpoint"
LARGEST = 1 << 16
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_MOST_LINES = 63


def format_request(old_size: int, path: Sequence[bytes], note: str) -> bytes:
    lines = [f"old {old_size}", *(base64.b64encode(item).decode() for item in path)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def parse_request(body: bytes) -> tuple[int, list[bytes], str]:
    """Old size, consistency proof, checkpoint."""
    try:
        head, gap, note = body.decode().partition("\n\n")
        lines = head.split("\n")
        old = _OLD.fullmatch(lines.pop(0))
        path = [base64.b64decode(line, validate=True) for line in lines]
    except ValueError as error:
        raise NoteError("not an add-checkpoint request") from error
    if not old or not gap or len(path) > _MOST_LINES:
        raise NoteError("not an add-checkpoint request")
    return int(old[1]), path, note
