"""The proof of one entry as a file: what `trading verify` accepts of it, and what it names when a byte is another."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.verify.examine import examine
from supervision.proof import is_proof, open_proof, write_proof
from tests.factories.memory_log import MemoryLog
from trading.kernel import merkle
from trading.kernel.journal.proof import LogProof, ProofError

AT = datetime(2026, 12, 1, tzinfo=UTC)


def proof_of(log: MemoryLog, index: int) -> bytes:
    size = log.stamps[-1][0]
    path = merkle.inclusion_proof([item.leaf for item in log.entries[:size]], index)
    return write_proof(
        log.entries[index].body.decode(), str(LogProof(index, tuple(path), log.kept[size])), str(log.trust)
    )


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog()
    for number in range(5):
        made.append("draw:order:computed", f"draw:{number}", AT, {"seed": "ab"})
    made.stamp(AT)
    return made


def codes(path: Path, raw: bytes, *pins: str) -> list[str]:
    path.write_bytes(raw)
    return examine(path, pins=pins).failures


def test_an_entry_is_proved_offline(log: MemoryLog, tmp_path: Path) -> None:
    raw, pin = proof_of(log, 3), log.trust.witnesses[0].fingerprint
    assert is_proof(raw)
    assert open_proof(raw).entry.subject == "draw:3"
    assert codes(tmp_path / "proof.json", raw, pin) == []


def test_another_entry_key_or_witness_is_named(log: MemoryLog, tmp_path: Path) -> None:
    raw, path = proof_of(log, 3), tmp_path / "proof.json"
    told = json.loads(raw)
    pin = log.trust.witnesses[0].fingerprint
    changed = write_proof(told["entry"].replace('"seed":"ab"', '"seed":"ac"'), told["proof"], told["keys"])
    assert codes(path, changed, pin) == ["entry.proof"]
    stranger = MemoryLog()
    for number in range(5):
        stranger.append("draw:order:computed", f"draw:{number}", AT, {"seed": "ac"})
    stranger.stamp(AT)
    assert codes(path, proof_of(stranger, 3), pin) == ["witness.pinned"]  # whole in itself, and of another log
    alone = MemoryLog(witness=None, witness_public=log.witness_public)
    alone.entries, alone.key = log.entries, log.key
    alone.stamp(AT)
    assert codes(path, proof_of(alone, 3), pin) == ["entry.proof"]
    with pytest.raises(ProofError):
        open_proof(b"{}")
    assert not is_proof(raw[:-1])
