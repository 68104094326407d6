"""A bidder's own receipt on his own machine: promise, entry, proof, each checked as far as what lies beside allows."""

from pathlib import Path

import pytest

from bidding.sealing.framing import lp
from portal.verify.examine import examine
from portal.verify.report import Report
from tests.factories.evidence import Lot
from tests.factories.evidence_story import open_tender
from tests.factories.forger import forger_of
from trading.kernel.canonical import canonical, parse_canonical

SLOT, WITHDRAWAL = "10-commit", "30-withdraw"


@pytest.fixture(scope="module")
def lot() -> Lot:
    return open_tender()


def named(lot: Lot, beginning: str, ending: str) -> bytes:
    return next(data for name, data in lot.receipts.items() if name.startswith(beginning) and name.endswith(ending))


@pytest.fixture
def machine(lot: Lot, tmp_path: Path) -> Path:
    """A bid folder as `trading seal` and `trading submit` leave it."""
    receipt = named(lot, SLOT, ".json")
    digest = parse_canonical(parse_canonical(receipt)["body"].encode())["hash"]
    for name, data in {
        "announcement.json": lot.world.announcement.raw,
        "envelope.json": lot.bids[digest].raw,
        "receipt.json": receipt,
        "proof.txt": named(lot, SLOT, ".proof"),
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def codes(report: Report) -> tuple[set[str], set[str], list[str]]:
    kinds = {
        kind: {line.code for line in report.lines if line.kind == kind} - {"witness.key"}
        for kind in ("passed", "noted")
    }
    return kinds["passed"], kinds["noted"], report.failures


def test_a_kept_promise(machine: Path):
    assert codes(examine(machine / "receipt.json")) == (
        {"receipt.signed", "receipt.entry", "receipt.proved"},
        set(),
        [],
    )
    assert codes(examine(machine / "proof.txt")) == ({"receipt.proved"}, set(), [])


def test_a_promise_is_called_a_promise(machine: Path):
    (machine / "proof.txt").unlink()
    (machine / "envelope.json").unlink()
    passed, noted, failures = codes(examine(machine / "receipt.json"))
    assert (passed, noted, failures) == ({"receipt.signed"}, {"receipt.no_proof", "receipt.no_document"}, [])


def test_a_promise_alone_is_not_witnessed(lot: Lot, machine: Path):
    """A key was pinned, and nothing is there that it cosigned."""
    (machine / "proof.txt").unlink()
    pin = lot.log.trust.witnesses[0].fingerprint
    assert examine(machine / "receipt.json", pins=[pin]).failures == ["witness.pinned"]


def test_without_the_announcement_there_is_nothing_to_go_by(machine: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (machine / "announcement.json").rename(other / "a.json")
    for name in ("receipt.json", "proof.txt"):
        assert examine(machine / name).failures == ["receipt.no_announcement"]
        assert examine(machine / name, beside=[other / "a.json"]).ok


def test_a_receipt_of_a_withdrawal(lot: Lot, machine: Path):
    receipt = named(lot, WITHDRAWAL, ".json")
    (machine / "withdrawal-receipt.json").write_bytes(receipt)
    body = parse_canonical(parse_canonical(receipt)["body"].encode())
    (machine / "withdrawal.json").write_bytes(lot.withdrawals[body["hash"]])
    assert examine(machine / "withdrawal-receipt.json").failures == ["receipt.no_envelope"]
    told = parse_canonical(parse_canonical(lot.withdrawals[body["hash"]])["body"].encode())
    (machine / "withdrawn.json").write_bytes(lot.bids[told["prev"]].raw)
    assert codes(examine(machine / "withdrawal-receipt.json"))[0] == {"receipt.signed", "receipt.entry"}


def test_a_receipt_that_promises_another_entry(lot: Lot, machine: Path):
    """A platform that names a false key in the act could later replace the bid itself."""
    (machine / "receipt.json").write_bytes(_changed(lot, machine, {"salt": "00" * 32}))
    assert "receipt.entry" in examine(machine / "receipt.json").failures


def test_a_receipt_by_another_key(lot: Lot, machine: Path):
    told = parse_canonical((machine / "receipt.json").read_bytes())
    told["sig"] = "00" * 64
    (machine / "receipt.json").write_bytes(canonical(told))
    assert examine(machine / "receipt.json").failures == ["receipt.signature"]


def test_a_receipt_of_another_lot(machine: Path):
    (machine / "announcement.json").write_bytes(open_tender().world.announcement.raw)
    assert examine(machine / "receipt.json").failures == ["receipt.other_lot"]


def test_a_proof_the_witness_did_not_cosign(lot: Lot, machine: Path):
    forged = forger_of(lot)
    forged.log.rebuild()
    size = forged.log.stamps[1][0]
    text = (machine / "proof.txt").read_text()
    (machine / "proof.txt").write_text(text.split("\n\n")[0] + "\n\n" + forged.log.kept[size])
    assert examine(machine / "receipt.json").failures == ["receipt.journal"]
    assert examine(machine / "proof.txt").failures == ["receipt.malformed"]


def test_a_proof_of_another_receipt_is_no_proof(lot: Lot, machine: Path):
    (machine / "proof.txt").write_bytes(named(lot, "40-commit", ".proof"))
    assert codes(examine(machine / "receipt.json"))[1] == {"receipt.no_proof"}


def test_a_damaged_proof_is_not_passed_over(machine: Path):
    text = (machine / "proof.txt").read_text()
    (machine / "proof.txt").write_text(text.replace("extra ", "extra x"))
    assert "receipt.malformed" in examine(machine / "receipt.json").failures


def test_a_refusal(lot: Lot, machine: Path):
    (machine / "refusal.json").write_bytes(lot.receipts["late-refusal.json"])
    assert codes(examine(machine / "refusal.json"))[0] == {"refusal.signed"}


def _changed(lot: Lot, machine: Path, change: dict[str, str]) -> bytes:
    body = canonical(
        parse_canonical(parse_canonical((machine / "receipt.json").read_bytes())["body"].encode()) | change
    )
    signature = lot.world.receipt.sign(lp("LBE1/receipt", body)).hex()
    return canonical({"body": body.decode(), "sig": signature})
