"""The log's state, fetched from the witnesses past the platform (见证): who says it, and what time it was for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx

from bidding.sealing.announcement import AnnouncementBody
from bidding.sealing.framing import sha256
from bidding.trustee.errors import WitnessSilent
from bidding.trustee.platform import checked_address, is_here
from bidding.trustee.refusals import Decline
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier, parse_checkpoint
from trading.kernel.journal.cosignature import witness_verifier
from trading.kernel.journal.note import Note, NoteError, Verifier, parse_note
from trading.kernel.journal.proof import ProofError, Trust, verify_checkpoint

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_LARGEST = 1 << 16


@dataclass(frozen=True)
class Seen:
    """A checkpoint with the announced quorum; `at` is the witnesses' time (a demonstration's offset added)."""

    checkpoint: Checkpoint
    at: datetime
    times: dict[str, int]
    digest: str


def trust_of(body: AnnouncementBody) -> Trust:
    """The keys the announcement pins; raises `NoteError` or `ProofError` where they are no keys of a log."""
    witnesses = tuple(witness_verifier(witness.name, bytes.fromhex(witness.key)) for witness in body.witness.keys)
    return Trust(log_verifier(body.log.origin, bytes.fromhex(body.log.key)), witnesses, body.witness.quorum)


class Witnesses:
    """The addresses the trustee was given when the program was set up, not by the platform."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = tuple(checked_address(address, encrypted=False) for address in addresses)
        here = all(is_here(address) for address in self.addresses)
        self._http = httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=not here)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def seen(self, body: AnnouncementBody) -> Seen:
        """The largest checkpoint that the announced quorum cosigned; `Decline` where there is none."""
        notes = self._notes(body.log.origin)
        try:
            trust = trust_of(body)
        except (NoteError, ProofError) as error:
            raise Decline("checkpoint_false", error) from error
        if not notes:
            raise Decline("unwitnessed")
        declined: list[Decline] = []
        for note in sorted(_merged(notes), key=_size, reverse=True):
            try:
                return _verified(note, trust)
            except Decline as decline:
                declined.append(decline)
        raise declined[0]

    def _notes(self, origin: str) -> list[Note]:
        notes, silent = [], 0
        for address in self.addresses:
            try:
                with self._http.stream("GET", f"{address}/checkpoint", params={"origin": origin}) as answer:
                    data = b""
                    for piece in answer.iter_bytes():
                        data += piece
                        if len(data) > _LARGEST:
                            break
            except httpx.HTTPError:
                silent += 1
                continue
            if answer.status_code != 200:
                continue
            try:
                notes.append(parse_note(data))
            except NoteError as error:
                raise Decline("checkpoint_false", error) from error
        if silent == len(self.addresses):
            raise WitnessSilent(address=", ".join(self.addresses))
        return notes


def _merged(notes: Sequence[Note]) -> list[Note]:
    """Cosignatures of one checkpoint by several witnesses, on one note."""
    merged: dict[str, Note] = {}
    for note in notes:
        held = merged.get(note.text)
        merged[note.text] = held.with_signatures(note.signatures) if held else note
    return list(merged.values())


def _size(note: Note) -> int:
    try:
        return parse_checkpoint(note.text).size
    except NoteError:
        return -1


def _verified(note: Note, trust: Trust) -> Seen:
    digest = sha256(str(note).encode()).hex()
    try:
        witnessed = verify_checkpoint(str(note), trust)
    except ProofError as error:
        reason = "checkpoint_false" if error.code != "quorum" else _why_no_quorum(note, trust)
        raise Decline(reason, error, checkpoint=digest) from error
    if witnessed.at is None:
        raise Decline("unwitnessed", checkpoint=digest)
    return Seen(witnessed.checkpoint, witnessed.at, witnessed.times, digest)


def _why_no_quorum(note: Note, trust: Trust) -> str:
    """Cosigned, but by keys that were not announced, is told apart from not cosigned."""
    known: list[Verifier] = [trust.log, *trust.witnesses]
    strangers = [line for line in note.signatures if not any(line.by(key) for key in known)]
    # A log's own line has 64 bytes; a cosignature (kind 4) bears its time before them.
    cosigned = [line for line in strangers if len(line.value) == 64 + 8]
    return "witness_key" if cosigned else "unwitnessed"
