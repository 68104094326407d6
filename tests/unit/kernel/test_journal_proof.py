"""Verifying offline: a true log passes, and no edit, cut, insert or swap does (R34)."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.kernel.journal_logs import (
    LOG,
    ORIGIN,
    TRUST,
    WITNESSES,
    checkpoint_of,
    signed,
    write_log,
    write_tiles,
)
from trading.kernel import merkle
from trading.kernel.journal.checkpoint import Checkpoint
from trading.kernel.journal.proof import (
    LogProof,
    ProofError,
    Trust,
    parse_proof,
    parse_trust,
    verify_checkpoint,
    verify_consistency,
    verify_entry,
    verify_log_folder,
)
from trading.kernel.journal.tiles import Tile, TileError, pack_entries, parse_path, tiles_of, unpack_entries

ENTRIES = [b'{"n":%d}' % n for n in range(700)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("log"), ENTRIES)


def test_a_true_log_replays(log: Path):
    verified = verify_log_folder(log)
    assert verified.entries == ENTRIES
    assert verified.witnessed.label == "verified"
    assert set(verified.witnessed.times) == {"example.org/w0", "example.org/w1"}


def test_the_empty_log_replays(tmp_path: Path):
    assert verify_log_folder(write_log(tmp_path, [])).entries == []


def test_r34_every_edit_cut_insert_and_swap_is_noticed(log: Path, tmp_path: Path):
    """The forger may rebuild every tile; he cannot make the cosigned root."""
    rng = random.Random(34)
    note = (log / "checkpoint").read_bytes()
    for round_ in range(40):
        entries, at, other = list(ENTRIES[:300]), rng.randrange(300), rng.randrange(300)
        kind = rng.choice(["edit", "cut", "insert", "swap"])
        if kind == "edit":
            entries[at] += b" "
        elif kind == "cut":
            del entries[at]
        elif kind == "insert":
            entries.insert(at, b"{}")
        elif at == other:
            continue
        else:
            entries[at], entries[other] = entries[other], entries[at]
        forged = tmp_path / str(round_)
        write_log(forged, ENTRIES[:300])
        true_note = (forged / "checkpoint").read_bytes()
        shutil.rmtree(forged / "tile")
        write_tiles(forged, entries)
        with pytest.raises(ProofError):
            verify_log_folder(forged)
        (forged / "checkpoint").write_bytes(note)
        with pytest.raises(ProofError):
            verify_log_folder(forged)
        assert true_note != note
        shutil.rmtree(forged)


def test_r34_a_thousand_changes_to_a_small_log_are_noticed(tmp_path: Path):
    rng, entries = random.Random(1034), ENTRIES[:30]
    folder = write_log(tmp_path / "log", entries)
    assert verify_log_folder(folder).entries == entries
    passed = 0
    for _ in range(1_000):
        forged = forge(rng, entries)
        shutil.rmtree(folder / "tile")
        write_tiles(folder, forged)
        with pytest.raises(ProofError):
            verify_log_folder(folder)
        passed += 1
    assert passed == 1_000


def forge(rng: random.Random, entries: list[bytes]) -> list[bytes]:
    """One entry edited in a byte, cut out, put in, or changed for another's place."""
    forged, at = list(entries), rng.randrange(len(entries))
    kind = rng.choice(["edit", "cut", "insert", "swap"])
    if kind == "edit":
        whole = bytearray(forged[at])
        whole[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        forged[at] = bytes(whole)
    elif kind == "cut":
        del forged[at]
    elif kind == "insert":
        forged.insert(at, rng.randbytes(rng.randrange(1, 40)))
    else:
        other = (at + rng.randrange(1, len(entries))) % len(entries)
        forged[at], forged[other] = forged[other], forged[at]
    return forged


def test_r34_one_byte_anywhere_is_noticed(log: Path, tmp_path: Path):
    rng = random.Random(35)
    files = [path for path in sorted(log.rglob("*")) if path.is_file() and path.name != "keys"]
    for path in files:
        for _ in range(6):
            whole = bytearray(path.read_bytes())
            whole[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            copy = tmp_path / "copy"
            shutil.copytree(log, copy)
            (copy / path.relative_to(log)).write_bytes(whole)
            with pytest.raises(ProofError):
                verify_log_folder(copy)
            shutil.rmtree(copy)


@pytest.mark.parametrize("missing", ["tile/0/000", "tile/entries/001", "tile/1/000.p/2", "checkpoint", "keys"])
def test_a_missing_file_is_noticed(log: Path, tmp_path: Path, missing: str):
    copy = shutil.copytree(log, tmp_path / "copy")
    (copy / missing).unlink()
    with pytest.raises(ProofError):
        verify_log_folder(copy)


def test_a_quorum_is_demanded():
    checkpoint = checkpoint_of(ENTRIES)
    assert verify_checkpoint(str(signed(checkpoint, 2)), TRUST).checkpoint == checkpoint
    with pytest.raises(ProofError, match="quorum"):
        verify_checkpoint(str(signed(checkpoint, 1)), TRUST)
    unwitnessed = verify_checkpoint(str(signed(checkpoint, 0)), Trust(LOG))
    assert unwitnessed.label == "unwitnessed"


def test_trust_is_written_and_read_and_cannot_be_padded():
    assert parse_trust(str(TRUST)) == TRUST
    for bad in ("", f"log {LOG}\nlog {LOG}\n", f"log {LOG}\nfoo bar\n", f"log {LOG}\nquorum 1\n"):
        with pytest.raises(ProofError):
            parse_trust(bad)
    with pytest.raises(ProofError):
        Trust(LOG, (WITNESSES[0], WITNESSES[0]), 1)
    with pytest.raises(ProofError):
        Trust(WITNESSES[0])


def test_a_proof_file_shows_one_entry():
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES]
    note = str(signed(checkpoint_of(ENTRIES)))
    proof = LogProof(321, tuple(merkle.inclusion_proof(leaves, 321)), note, b"more")
    assert parse_proof(str(proof)) == proof
    assert verify_entry(str(proof), ENTRIES[321], TRUST).checkpoint.size == 700
    with pytest.raises(ProofError, match="not_included"):
        verify_entry(str(proof), ENTRIES[322], TRUST)
    with pytest.raises(ProofError, match="not_included"):
        verify_entry(str(proof).replace("index 321", "index 322"), ENTRIES[321], TRUST)
    for bad in ("", str(proof)[1:], str(proof).replace("index 321", "index 0321"), str(proof).split("\n\n")[0]):
        with pytest.raises(ProofError, match="proof_malformed"):
            verify_entry(bad, ENTRIES[321], TRUST)


def test_growth_is_shown_and_a_fork_is_not():
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES]
    old, new = str(signed(checkpoint_of(ENTRIES[:300]))), str(signed(checkpoint_of(ENTRIES)))
    path = merkle.consistency_proof(leaves, 300)
    first, second = verify_consistency(old, new, path, TRUST)
    assert (first.checkpoint.size, second.checkpoint.size) == (300, 700)
    fork = str(signed(Checkpoint(ORIGIN, 300, merkle.root(leaves[1:301]))))
    with pytest.raises(ProofError, match="inconsistent"):
        verify_consistency(fork, new, path, TRUST)


def test_tile_paths():
    assert Tile(0, 1234067, 256).path == "tile/0/x001/x234/067"
    assert Tile(-1, 5, 17).path == "tile/entries/005.p/17"
    for path in ("tile/0/x001/x234/067", "tile/entries/005.p/17", "tile/2/000.p/255", "tile/1/x001/000"):
        assert parse_path(path).path == path
    for path in (
        "tile/0/x000/067",
        "tile/0/67",
        "tile/00/067",
        "tile/0/067.p/256",
        "tile/0/067.p/0",
        "tile/0/../067",
        "tile/e/067",
    ):
        with pytest.raises(TileError):
            parse_path(path)


def test_tiles_of_the_specifications_examples():
    tiles = list(tiles_of(70_000))
    by_level = {level: [tile for tile in tiles if tile.level == level] for level in (0, 1, 2, 3)}
    assert [len(by_level[level]) for level in (0, 1, 2, 3)] == [274, 2, 1, 0]
    assert [by_level[level][-1].width for level in (0, 1, 2)] == [112, 17, 1]
    assert list(tiles_of(256)) == [Tile(-1, 0, 256), Tile(0, 0, 256), Tile(1, 0, 1)]


def test_growth_names_exactly_the_tiles_it_changed():
    for old in range(0, 800, 37):
        for new in range(old, 800, 41):
            changed = set(tiles_of(new)) - set(tiles_of(old))
            assert set(tiles_of(new, old)) == changed


def test_bundles():
    entries = [b"", b"a", b"x" * 65535]
    assert unpack_entries(pack_entries(entries), 3) == entries
    with pytest.raises(TileError):
        pack_entries([b"x" * 65536])
    for damaged, width in ((pack_entries(entries)[:-1], 3), (pack_entries(entries), 2), (b"\x00", 1)):
        with pytest.raises(TileError):
            unpack_entries(damaged, width)


def test_verifying_loads_no_database():
    code = (
        "import sys, trading.kernel.journal.proof, trading.kernel.journal.blind, trading.kernel.journal.entry;"
        "bad = {m.split('.')[0] for m in sys.modules} & {'sqlalchemy', 'psycopg', 'litestar', 'httpx', 'minio'};"
        "sys.exit(','.join(bad) or None)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
