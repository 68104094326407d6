"""A forger with every platform key changes a sealed package, makes every manifest fit again, and is named.

He lacks the witness's key, so whatever the package's own journal says of its inventory he can only leave as it was.
"""

import tarfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from archive.proof.layout import CATALOGUE
from portal.verify.examine import examine
from portal.verify.lot import verify_lot
from portal.verify.report import Report
from portal.verify.words import FAILED, NOTED, PASSED, sentence
from tests.factories.bags import CONTRACT, REPORT, Bag, bagged, forger_of_archive, sealed_project
from tests.factories.evidence import PROJECT
from tests.factories.sealing import DEADLINE

AT = DEADLINE + timedelta(days=41)
LESS = b"%PDF-1.7 the contract over 9 600 000"


@pytest.fixture(scope="module")
def true() -> Bag:
    return sealed_project()


@pytest.fixture
def forged(true: Bag) -> Bag:
    return forger_of_archive(true)


def named(bag: Bag, folder: Path, files: dict[str, bytes] | None = None) -> set[str]:
    report = examine(bag.write(folder / "bag", files))
    told(report)
    return set(report.failures)


def told(report: Report) -> None:
    """Whatever is found has words in both languages."""
    tables = {"passed": PASSED, "noted": NOTED, "failed": FAILED}
    assert all(
        sentence(tables[line.kind], line.code, lang, line.facts) for line in report.lines for lang in ("zh", "en")
    )


def lines(bag: Bag, folder: Path, *pins: str) -> Report:
    return examine(bag.write(folder / "bag"), pins=pins)


def test_the_truth_verifies(true: Bag, tmp_path: Path) -> None:
    report = lines(true, tmp_path, sha256(true.lot.log.witness_public).hexdigest())
    assert (report.failures, report.ok) == ([], True)
    told(report)
    passed = {line.code for line in report.lines if line.kind == "passed"}
    assert passed >= {"bag.files", "bag.inventory", "bag.records", "bag.catalogue", "record.rows", "witness.pinned"}
    assert {"bag.gaps", "bag.restricted", "bag.lot"} <= {line.code for line in report.lines if line.kind == "noted"}


def test_a_file_changed_and_nothing_else(forged: Bag, tmp_path: Path) -> None:
    files = forged.files() | {CONTRACT: LESS}
    found = lines(forged, tmp_path).failures
    assert found == []
    assert named(forged, tmp_path, files) == {"file.changed", "bag.changed", "bag.record"}


def test_a_file_changed_and_both_manifests_made_to_fit(forged: Bag, tmp_path: Path) -> None:
    inventory = forged.inventory()
    forged.filed[CONTRACT] = LESS
    report = examine(forged.write(tmp_path, forged.files(inventory)))
    assert set(report.failures) == {"bag.changed", "bag.record"}
    where = {line.facts["path"] for line in report.lines if line.kind == "failed"}
    assert CONTRACT in where


def test_and_the_inventory_too(forged: Bag, tmp_path: Path) -> None:
    forged.filed[CONTRACT] = LESS
    assert named(forged, tmp_path) == {"bag.inventory", "bag.record"}


def test_and_the_journal_too(forged: Bag, tmp_path: Path) -> None:
    forged.filed[CONTRACT] = LESS
    forged.rejournal()
    assert {"witness.cosignature", "bag.inventory", "bag.record"} <= named(forged, tmp_path)


def _gap_hidden(bag: Bag) -> None:
    items = [dict(item) for item in bag.made[CATALOGUE]["items"]]
    items[-1] |= {"state": "not_applicable"}
    bag.made[CATALOGUE] = {"items": items, "gaps": [], "reason": ""}


def _record_dropped(bag: Bag) -> None:
    del bag.filed[REPORT]
    items = [item for item in bag.made[CATALOGUE]["items"] if item["id"] != "award-report"]
    bag.made[CATALOGUE] = bag.made[CATALOGUE] | {"items": items}


def _record_added(bag: Bag) -> None:
    path = "data/lots/001/records/award-notice-01.pdf"
    bag.filed[path], bag.kinds[path] = b"%PDF-1.7 never filed", "award-notice"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (_gap_hidden, {"bag.inventory"}),
        (_record_dropped, {"bag.inventory", "bag.record"}),
        (_record_added, {"bag.inventory", "bag.record"}),
    ],
)
def test_what_was_missing_or_filed_told_otherwise(
    forged: Bag, tmp_path: Path, change: Callable[[Bag], None], codes: set[str]
) -> None:
    change(forged)
    assert named(forged, tmp_path) == codes


def test_a_file_slipped_in(forged: Bag, tmp_path: Path) -> None:
    forged.extra["data/lots/001/note.txt"] = b"slipped in"
    assert named(forged, tmp_path) == {"bag.unlisted"}


def test_a_file_left_out(forged: Bag, tmp_path: Path) -> None:
    inventory = forged.inventory()
    payload = {path: data for path, data in forged.files().items() if path.startswith("data/") and path != REPORT}
    assert named(forged, tmp_path, bagged(payload, inventory)) == {"bag.missing", "bag.record", "bag.catalogue"}


def test_a_lots_evidence_in_it_changed(forged: Bag, tmp_path: Path) -> None:
    """A forged print in the place of the true one, the evidence's manifest signed anew, the inventory remade."""
    forged.lot.opening_record = b"%PDF-1.7 another record"
    assert {"bag.inventory", "pdf.changed", "pdf.seal"} <= named(forged, tmp_path)


def test_an_earlier_inventory(true: Bag, tmp_path: Path) -> None:
    """Composed again before it was sealed: only the last inventory holds."""
    twice = sealed_project()
    old, before = twice.inventory(), twice.filed[REPORT]
    twice.filed[REPORT] = b'{"remarks":"mended"}'
    twice.compose()
    twice.filed[REPORT] = before
    assert "bag.inventory" in named(twice, tmp_path, twice.files(old))


def packed(folder: Path, tar: Path) -> Path:
    with tarfile.open(tar, "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(folder, folder.name)
    return tar


def test_the_sealed_package_beside_a_lots_evidence(tmp_path: Path) -> None:
    """What was journalled at the sealing is this very file; another is named."""
    bag = sealed_project()
    tar = packed(bag.write(tmp_path / "archive-x"), tmp_path / "bag.tar")
    payload = {"digest": sha256(tar.read_bytes()).hexdigest(), "package": "x"}
    bag.lot.log.append("project:archive:sealed", PROJECT, AT, payload)
    bag.lot.log.stamp(AT + timedelta(minutes=1))
    folder = bag.lot.write(tmp_path / "evidence")
    (folder / "bag").mkdir()
    (folder / "bag" / "bag.tar").write_bytes(tar.read_bytes())
    report = Report()
    verify_lot(folder, (), report)
    assert report.failures == []
    assert "bag.sealed" in {line.code for line in report.lines if line.kind == "passed"}
    (folder / "bag" / "bag.tar").write_bytes(tar.read_bytes() + bytes(512))
    report = Report()
    verify_lot(folder, (), report)
    assert report.failures == ["bag.unjournalled"]
    told(report)
