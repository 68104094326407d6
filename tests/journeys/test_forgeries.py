"""R8, R65: a forger with every platform key is found out, and told by name what he did; the truth verifies.

He has not the keys of the witness, the trustees and the bidders. What bidders kept themselves is laid beside his
folder, and most forgeries are named without it too.
"""

import os
import random
import shutil
import tarfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.box import commit_body
from bidding.sealing.documents import sign_document
from bidding.sealing.framing import lp
from bidding.sealing.submission import Receipt
from portal.evidence.layout import MANIFEST, RECEIPTS, SLOTS, object_path, witnessed_path
from tests.factories.evidence import Lot
from tests.factories.evidence_story import open_tender, seal_for
from tests.factories.forger import forger_of, rerecord, reseal, retell
from tests.factories.sealing import DEADLINE, SUBJECT
from tests.journeys.verdicts import judged, named
from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.journal.blind import BlindEntry, SlotOpening
from trading.kernel.journal.note import parse_note

TWO_BIDS, ONE_BID, TO_BE_WITHDRAWN, WITHDRAWAL, REPLACEMENT = 3, 10, 20, 30, 40
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def lot() -> Lot:
    return open_tender()


@pytest.fixture
def forged(lot: Lot) -> Lot:
    return forger_of(lot)


def witness_key(lot: Lot) -> str:
    return sha256(lot.log.witness_public).hexdigest()


def test_the_truth_verifies(lot: Lot, tmp_path: Path):
    folder = lot.write(tmp_path / "evidence")
    report = judged(folder, witness_key(lot))
    assert (report.failures, report.ok) == ([], True)
    done = {line.code for line in report.lines if line.kind == "passed"}
    assert done >= {"witness.pinned", "box.derived", "settled", "revealed", "record.rows", "record.present", "receipt"}
    with tarfile.open(tmp_path / "evidence.tar", "w") as archive:
        archive.add(folder, arcname=".")
    assert judged(tmp_path / "evidence.tar").ok


def test_the_truth_verifies_without_receipts(lot: Lot, tmp_path: Path):
    assert named(lot, tmp_path, receipts=False) == set()


def test_another_witness_is_not_taken_for_the_pinned_one(lot: Lot, tmp_path: Path):
    assert judged(lot.write(tmp_path), "ab" * 32).failures == ["witness.pinned"]


def drop(forged: Lot, slot: int, which: int) -> None:
    """A bid out of its slot, with all that speaks of it."""
    entries = [entry for number, entry in enumerate(forged.slots[slot].entries) if number != which]
    digest = parse_canonical(forged.slots[slot].entries[which].body)["hash"]
    reseal(forged, slot, tuple(entries))
    forged.bids.pop(digest)
    retell(forged)


@pytest.mark.parametrize("receipts", [True, False])
def test_bid_dropped(forged: Lot, tmp_path: Path, receipts: bool):
    drop(forged, TWO_BIDS, 1)
    found = named(forged, tmp_path, receipts=receipts)
    assert {"bid.dropped", "witness.cosignature"} <= found
    assert "slot.false_empty" not in found


def test_bid_dropped_from_the_folder_alone(forged: Lot, tmp_path: Path):
    """The journal as it was: the envelope and its ciphertext are just not there."""
    files = forged.files()
    digest = forged.box().envelopes[0].digest
    files = {path: data for path, data in files.items() if digest not in path}
    assert "bid.dropped" in named(forged, tmp_path, files)


def add(forged: Lot, slot: int, minutes_late: int = 0) -> None:
    """An accomplice's bid, sealed by himself, put where it never was."""
    bid = seal_for(forged, "戊公司", "91310000000000009A", 90_000_00)
    forged.bids[bid.digest] = bid
    at = forged.timeline.bounds(slot)[0] + timedelta(seconds=9)
    if minutes_late:
        at = DEADLINE + timedelta(minutes=minutes_late)
    entry = BlindEntry(os.urandom(32), commit_body(forged.world.envelope(bid.raw), at))
    reseal(forged, slot, (*forged.slots[slot].entries, entry))
    if not minutes_late:
        retell(forged, bid.facts)


@pytest.mark.parametrize("receipts", [True, False])
def test_bid_added_after_the_deadline_and_dated_back(forged: Lot, tmp_path: Path, receipts: bool):
    add(forged, 60)
    found = named(forged, tmp_path, receipts=receipts)
    assert {"bid.added_late", "witness.cosignature"} <= found


def test_bid_added_after_the_deadline_with_its_true_time(forged: Lot, tmp_path: Path):
    box = forged.box()
    add(forged, 67, minutes_late=3)
    forged.log.rebuild()
    assert "bid.added_late" in named(forged, tmp_path, forged.files(box))


def test_envelope_added_to_the_folder_alone(forged: Lot, tmp_path: Path):
    bid = seal_for(forged, "戊公司", "91310000000000009A", 90_000_00)
    files = forged.files() | {f"envelopes/{bid.digest}/envelope.json": bid.raw}
    assert named(forged, tmp_path, files) == {"bid.added_late"}


@pytest.mark.parametrize("in_journal", [True, False])
def test_price_changed_in_the_record(forged: Lot, tmp_path: Path, in_journal: bool):
    box = forged.box()
    if in_journal:
        (index,) = forged.log.find("lot:phase:revealed")[1:]
        parts = forged.log.entries[index].payload["parts"]
        price = next(part for part in parts if (part["env"], part["part"]) == (box.envelopes[0].env, "price"))
        changed = {**price, "facts": {**price["facts"], "price_fen": 1_00}}
        forged.log.rewrite(index, parts=[changed if part is price else part for part in parts])
    rerecord(forged, box, price_fen=1_00)
    forged.log.rebuild()
    found = named(forged, tmp_path)
    assert {"record.price", "record.present", "witness.cosignature"} <= found
    assert ("reveal.false" in found) == in_journal
    assert "record.identity" not in found


@pytest.mark.parametrize("receipts", [True, False])
def test_slot_opened_as_empty(forged: Lot, tmp_path: Path, receipts: bool):
    """The journal's leaf as it was, the box derived without the slot's bid."""
    forged.slots[ONE_BID] = SlotOpening(ONE_BID, forged.slots[ONE_BID].seed, ())
    files = forged.files()
    assert "slot.false_empty" in named(forged, tmp_path, files, receipts=receipts)


def test_slot_sealed_anew_as_empty(forged: Lot, tmp_path: Path):
    """Its leaf too: the bid's receipt says otherwise, and the proof its bidder kept."""
    drop(forged, ONE_BID, 0)
    found = named(forged, tmp_path)
    assert {"slot.false_empty", "bid.dropped", "journal.leaf"} <= found


def test_slot_opened_with_other_entries(forged: Lot, tmp_path: Path):
    opening = forged.slots[TWO_BIDS]
    forged.slots[TWO_BIDS] = SlotOpening(TWO_BIDS, opening.seed, opening.entries[:1])
    assert {"slot.false", "bid.dropped"} <= named(forged, tmp_path, forged.files())


def test_slot_dropped_from_the_journal(forged: Lot, tmp_path: Path):
    index = forged.slot_entries[50]
    del forged.log.entries[index]
    forged.log.stamps = [(size - (size > index), at) for size, at in forged.log.stamps]
    forged.log.handed_out = {size - (size > index) for size in forged.log.handed_out}
    forged.log.rebuild()
    assert {"slot.dropped", "witness.cosignature"} <= named(forged, tmp_path)


def test_slot_dropped_from_the_box(forged: Lot, tmp_path: Path):
    files = forged.files(forged.box())
    told = parse_canonical(files[SLOTS])
    del told["slots"][ONE_BID]
    assert "slot.dropped" in named(forged, tmp_path, files | {SLOTS: canonical(told)})


def test_lost_salt(forged: Lot, tmp_path: Path):
    files = forged.files()
    told = parse_canonical(files[SLOTS])
    told["slots"][5]["seed"] = ""
    found = named(forged, tmp_path, files | {SLOTS: canonical(told)})
    assert "slot.salt" in found


def test_receipt_of_another_lot(forged: Lot, tmp_path: Path):
    """A true receipt, by the same key, of a bid that was handed in somewhere else."""
    told = Receipt(
        v="LBR1",
        kind="commit",
        subject="lot:01936f0e-7b7a-7cc0-8000-000000000002",
        ann=forged.world.announcement.ann,
        hash="12" * 32,
        received_at="2026-12-20T00:32:05.000Z",
        slot=ONE_BID,
        entry="34" * 32,
        salt="56" * 32,
        merge_by="2026-12-20T00:33:10.000Z",
    )
    forged.receipts["other.json"] = sign_document("LBE1/receipt", told, forged.world.receipt)
    assert named(forged, tmp_path) == {"receipt.other_lot"}


def test_leaf_rewritten(forged: Lot, tmp_path: Path):
    """Tiles and checkpoints made to fit: the checkpoint in a bidder's proof shows what the leaf was."""
    (index,) = forged.log.find("lot:announcement:published")
    forged.log.rewrite(index, reduced_secrecy=True)
    forged.log.rebuild()
    found = named(forged, tmp_path)
    assert {"journal.leaf", "witness.cosignature"} <= found


def test_leaf_rewritten_under_the_old_checkpoints(forged: Lot, tmp_path: Path):
    forged.log.rewrite(forged.log.find("lot:ceremony:started")[0], slot=99)
    found = named(forged, tmp_path, receipts=False)
    assert "journal.leaf" in found
    assert "witness.cosignature" not in found


def test_leaf_rewritten_under_a_borrowed_cosignature(forged: Lot, tmp_path: Path):
    (index,) = forged.log.find("lot:announcement:published")
    forged.log.rewrite(index, reduced_secrecy=True)
    old = dict(forged.log.kept)
    forged.log.rebuild()
    for size, note in forged.log.kept.items():
        line = parse_note(old[size]).signatures[1]
        forged.log.kept[size] = str(parse_note(note).with_signatures([line]))
    assert {"journal.leaf", "witness.cosignature"} <= named(forged, tmp_path)


def test_withdrawn_bid_revived(forged: Lot, tmp_path: Path):
    """Its withdrawal never happened, says the forger; its bidder has the receipt."""
    reseal(forged, WITHDRAWAL, ())
    forged.withdrawals.clear()
    retell(forged, {"price": {"price_fen": 96_000_00}})
    found = named(forged, tmp_path)
    assert {"bid.revived", "bid.added_late", "witness.cosignature"} <= found
    without = named(forged, tmp_path / "without", receipts=False)
    assert {"bid.added_late", "witness.cosignature"} <= without  # no trustee ever answered for it


def test_withdrawn_bid_put_back_into_the_folder(forged: Lot, tmp_path: Path):
    digest = parse_canonical(forged.slots[TO_BE_WITHDRAWN].entries[0].body)["hash"]
    bid = forged.bids[digest]
    files = forged.files() | {
        f"envelopes/{digest}/envelope.json": bid.raw,
        object_path(digest, "price"): bid.ciphertexts["price"],
    }
    assert named(forged, tmp_path, files) == {"bid.revived"}


def test_settled_before_it_was_witnessed(forged: Lot, tmp_path: Path):
    """Without the checkpoint between settling and revealing nobody knows that nothing was opened before."""
    (size, _) = forged.log.stamps[-2]
    files = forged.files()
    del files[witnessed_path(size)]
    assert named(forged, tmp_path, files) == {"settled.unwitnessed"}


def test_closing_witnessed_too_late(forged: Lot, tmp_path: Path):
    files = forged.files()
    del files[witnessed_path(forged.log.stamps[-4][0])]
    assert named(forged, tmp_path, files) == {"closing.late"}


def test_a_witness_of_his_own_is_not_the_announced_one(forged: Lot, tmp_path: Path):
    forged.log = replace(forged.log, witness=Ed25519PrivateKey.generate())
    forged.log.rewrite(forged.log.find("lot:ceremony:started")[0], slot=99)
    forged.log.rebuild()
    assert {"witness.cosignature", "keys.witness"} <= named(forged, tmp_path)


def test_one_byte_anywhere_is_noticed(lot: Lot, tmp_path: Path):
    """Every file, seeded places; receipts too, which no manifest covers."""
    rng = random.Random(65)
    folder = lot.write(tmp_path / "evidence")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    assert {MANIFEST, RECEIPTS} <= {path.relative_to(folder).parts[0] for path in paths}
    for path in paths:
        whole = path.read_bytes()
        for _ in range(2):
            damaged = bytearray(whole)
            damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            report = judged(folder)
            assert not report.ok, path
            if path.name != MANIFEST and RECEIPTS not in path.parts:
                assert "file.changed" in report.failures, path
        path.write_bytes(whole)
    assert judged(folder).ok


def test_one_byte_under_a_new_manifest_is_noticed(lot: Lot, tmp_path: Path):
    """No list of hashes is what finds it: the forger signs the list that fits."""
    rng = random.Random(8)
    files = lot.files()
    for path, whole in files.items():
        for turn in range(2):
            damaged = bytearray(whole)
            damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            folder = lot.write(tmp_path / "forged", {**files, path: bytes(damaged)})
            failures = judged(folder).failures
            assert failures, (path, turn)
            assert "file.changed" not in failures, path


def test_a_file_more_or_less_is_noticed(lot: Lot, tmp_path: Path):
    folder = lot.write(tmp_path / "evidence")
    (folder / "extra.txt").write_text("x")
    assert judged(folder).failures == ["file.unlisted"]
    (folder / "extra.txt").unlink()
    (folder / "notice.pdf").unlink()
    assert "file.missing" in judged(folder).failures
    shutil.copy(folder / "opening-record.pdf", folder / "notice.pdf")
    assert {"file.changed", "pdf.changed"} <= set(judged(folder).failures)


def test_whose_lot_it_is_cannot_be_changed(lot: Lot, tmp_path: Path):
    folder = lot.write(tmp_path)
    told = parse_canonical((folder / MANIFEST).read_bytes())
    told["lot"] = SUBJECT[:-1] + "9"
    (folder / MANIFEST).write_bytes(canonical(told))
    assert {"manifest.signature", "announcement.other_lot"} <= set(judged(folder).failures)


def test_links_are_refused(lot: Lot, tmp_path: Path):
    folder = lot.write(tmp_path / "evidence")
    (folder / RECEIPTS / "link.json").symlink_to("/etc/hostname")
    assert judged(folder).failures == ["file.odd"]


def test_the_forger_has_only_the_platforms_keys(lot: Lot, forged: Lot):
    assert forged.log.witness is None
    assert forged.world.hands == []
    mine = {bid.key.private_bytes_raw() for bid in forged.bids.values()}
    assert mine.isdisjoint(bid.key.private_bytes_raw() for bid in lot.bids.values())


def test_an_early_refusal_is_noticed(forged: Lot, tmp_path: Path):
    """The platform refused as late what came in time."""
    refusal = parse_canonical(forged.receipts["late-refusal.json"])
    body = parse_canonical(refusal["body"].encode())
    forged.receipts["late-refusal.json"] = _refused(forged, body | {"refused_at": "2026-12-20T01:29:59.000Z"})
    (index,) = forged.log.find("lot:submission:refused")
    forged.log.rewrite(index, refused_at="2026-12-20T01:29:59.000Z")
    forged.log.rebuild()
    assert "refusal.early" in named(forged, tmp_path)


def _refused(forged: Lot, body: dict[str, object]) -> bytes:
    text = canonical(body)
    signature = forged.world.receipt.sign(lp("LBE1/refusal", text)).hex()
    return canonical({"body": text.decode(), "sig": signature})
