"""Write inclusion.json, a receipt's proof as the journal serves it: `python -m tests.vectors.make_inclusion`.

For the JavaScript verifier. Made by the journal's own pure functions over a pinned log of nine entries; the slot
sealed there is the receipt's.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.announcement import verify_announcement
from bidding.sealing.box import commit_body
from bidding.sealing.envelope import verify_envelope
from bidding.sealing.framing import format_instant
from bidding.sealing.signatures import public_raw
from bidding.sealing.submission import Receipt, sign_receipt
from tests.vectors.make import announcement_file, ed25519, envelopes, pin
from trading.kernel import merkle
from trading.kernel.canonical import canonical
from trading.kernel.journal.blind import SLOT_SEALED, BlindEntry, SlotOpening
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier
from trading.kernel.journal.cosignature import cosign, witness_verifier
from trading.kernel.journal.entry import Entry
from trading.kernel.journal.note import Note, sign_note
from trading.kernel.journal.proof import LogProof

FILE = Path(__file__).parent / "inclusion.json"
AT = datetime(2026, 12, 19, 8, 0, 0, 123_000, UTC)
SLOT = 6129
INDEX = 5
LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
"""Of log and witness alike in the factories' announcement; their key ids differ by kind."""


def _leaf(index: int, payload: dict[str, Any], subject: str) -> Entry:
    at = datetime(2026, 12, 19, 8, 5, index, tzinfo=UTC)
    return Entry(UUID(int=index), at, SLOT_SEALED, subject, pin(f"actor {index}").hex(), payload, {})


def render() -> str:
    """The file's text."""
    announcement = verify_announcement(announcement_file())
    envelope = verify_envelope(envelopes()["file"].encode(), announcement)
    mine = BlindEntry(pin("entry salt"), commit_body(envelope, AT))
    others = tuple(BlindEntry(pin(f"other {n}"), b"{}") for n in range(2))
    opening = SlotOpening(SLOT, pin("slot seed"), (*others, mine))
    end = "2026-12-19T08:05:00.000Z"
    payload = {"slot": SLOT, "from": "2026-12-19T08:00:00.000Z", "to": end, "seal": opening.seal.hex()}
    log = [_leaf(n, payload if n == INDEX else {"slot": n}, announcement.body.subject) for n in range(9)]
    leaves = [entry.leaf for entry in log]
    origin, public = announcement.body.log.origin, public_raw(LOG_KEY)
    text = Checkpoint(origin, len(log), merkle.root(leaves), AT, 0).text
    signed = sign_note(text, log_verifier(origin, public), LOG_KEY.sign)
    cosigned = cosign(text, witness_verifier("witness.example", public), LOG_KEY.sign, 1_797_667_500)
    shown = {
        "leaf": log[INDEX].body.decode(),
        "entry": {"salt": mine.salt.hex(), "body": mine.body.decode()},
        "slot": opening.proof(mine).to_json(),
    }
    path = tuple(merkle.inclusion_proof(leaves, INDEX))
    receipt = Receipt(
        v="LBR1",
        kind="commit",
        subject=announcement.body.subject,
        ann=announcement.ann,
        hash=envelope.digest,
        received_at=format_instant(AT),
        slot=SLOT,
        entry=mine.leaf.hex(),
        salt=mine.salt.hex(),
        merge_by="2026-12-19T08:05:10.000Z",
    )
    proofs = {
        "witnessed": str(LogProof(INDEX, path, str(Note(text, (signed, cosigned))), canonical(shown))),
        "unwitnessed": str(LogProof(INDEX, path, str(Note(text, (signed,))), canonical(shown))),
    }
    out = {"receipt": sign_receipt(receipt, ed25519("receipt")).decode(), **proofs}
    return json.dumps(out, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
