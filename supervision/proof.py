"""The proof of one journal entry as a file (LBJP1), pure: written here, checked anywhere.

Canonical JSON of four texts: the format, the entry's exact body, its C2SP tlog-proof under a cosigned checkpoint, and
the public keys of log and witnesses.
"""

from typing import Literal

import msgspec

from trading.kernel.canonical import CanonicalError, canonical, parse_canonical
from trading.kernel.journal.entry import Entry, EntryError, parse_entry
from trading.kernel.journal.proof import ProofError, Trust, Witnessed, parse_trust, verify_entry

FORMAT = "LBJP1"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal["LBJP1"]
    entry: str
    proof: str
    keys: str


class Shown(msgspec.Struct, frozen=True):
    """What a proof file shows once it is checked."""

    entry: Entry
    trust: Trust
    witnessed: Witnessed


def write_proof(entry: str, proof: str, keys: str) -> bytes:
    """The file."""
    return canonical({"v": FORMAT, "entry": entry, "proof": proof, "keys": keys})


def is_proof(raw: bytes) -> bool:
    """Whether the bytes are such a file."""
    return _read(raw) is not None


def open_proof(raw: bytes) -> Shown:
    """The entry, if log and witnesses of the keys in the file vouch for it; `ProofError` names what fails."""
    held = _read(raw)
    if held is None:
        raise ProofError("proof_malformed", "not a proof of a journal entry")
    trust = parse_trust(held.keys)
    witnessed = verify_entry(held.proof, held.entry.encode(), trust)
    try:
        return Shown(parse_entry(held.entry.encode()), trust, witnessed)
    except EntryError as error:
        raise ProofError("entry", str(error)) from error


def _read(raw: bytes) -> _File | None:
    try:
        return msgspec.convert(parse_canonical(raw), _File)
    except (CanonicalError, msgspec.ValidationError):
        return None
