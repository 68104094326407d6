"""`trading demo open-tender`, once in a test run: all of it verifies, each change of state has its leaf (R36), and the
platform's own operator, who signs the manifest anew, changes no file of it unnoticed.
"""

import os
import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from portal.demo.open_tender import run
from portal.embedded.cluster import Cluster
from portal.evidence.layout import BAG, MANIFEST, PATHS, Manifest, write_manifest
from portal.platform import DATABASE, EmbeddedPlatform
from portal.verify.examine import examine
from tests.journeys.conftest import fresh_home, quiet
from tests.journeys.leaves import unjournalled, watch
from trading.kernel.signing import PlatformKeys

pytestmark = pytest.mark.timeout(1200)  # the first test waits for all of it
SLOT = 3600  # three weeks of blind slots are the same journey with a tenth of the waiting


@dataclass
class Demonstration:
    """The folder, the platform's keys, and what the database saw."""

    folder: Path
    keys: PlatformKeys
    watched: list[str]
    unjournalled: dict[str, int]

    def forged(self, name: str, change: tuple[bytes, bytes], to: Path) -> set[str]:
        """What `trading verify` names when one file is changed and the manifest signed for it."""
        shutil.copytree(self.folder, to, copy_function=os.link)
        found = (to / name).read_bytes()
        changed = re.sub(*change, found, count=1)
        assert changed != found, f"nothing to change in {name}"
        manifest = msgspec.json.decode((to / MANIFEST).read_bytes(), type=Manifest)
        hashes = {**manifest.sha256, name: sha256(changed).hexdigest()}
        signed = write_manifest(
            manifest.project, manifest.lot, hashes, self.keys.export, packed="bag" in manifest.files
        )
        for path, data in ((name, changed), (MANIFEST, signed)):
            (to / path).unlink()  # the other name of the true one stays as it is
            (to / path).write_bytes(data)
        return set(examine(to).failures)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    home, folder = fresh_home("d"), tmp_path_factory.mktemp("demonstration") / "out"
    try:
        with EmbeddedPlatform(home, say=quiet, slot_seconds=SLOT) as platform:
            owner = Cluster(platform.postgres.admin_dsn, home).urls(DATABASE).owner_dsn
            watched = watch(owner)
            run(platform, folder, quiet)
            keys = PlatformKeys.load(platform.settings.keys.folder, platform.settings.keys.passphrase)
            without = unjournalled(owner)
    finally:
        shutil.rmtree(home.root, ignore_errors=True)
    return Demonstration(folder, keys, watched, without)


def test_all_of_it_verifies(told: Demonstration) -> None:
    report = examine(told.folder)
    assert [(line.code, line.facts) for line in report.lines if line.kind == "failed"] == []
    manifest = msgspec.json.decode((told.folder / MANIFEST).read_bytes(), type=Manifest)
    lying_beside = {"bag"} if (told.folder / BAG).exists() else set()
    assert set(manifest.files) | lying_beside == set(PATHS)


def test_r36_every_change_of_state_has_its_leaf_in_the_same_transaction(told: Demonstration) -> None:
    assert {"lots", "envelopes", "draws", "evaluation_submissions", "award_decisions", "refunds"} <= set(told.watched)
    assert told.unjournalled == {}


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        ("announcement.json", (rb"deadline\\\":\\\"20", rb"deadline\\\":\\\"21"), "announcement."),
        ("opening.json", (rb"(price_fen\W+)(\d)", rb"\g<1>1\2"), "record."),
        ("draw/1.json", (rb"declined", rb"unanswered"), "draw."),
        ("evaluation.json", (rb'price_score\\":(\d)', rb'price_score\\":1\1'), "evaluation."),
        ("award-notice/1.pdf", (rb"/Type", rb"/Tape"), "pdf."),
        ("refunds.json", (rb'"interest_fen":(\d)', rb'"interest_fen":1\1'), "refunds."),
        ("ocds.json", (rb'"amount":\s*(\d)', rb'"amount":1\1'), "ocds."),
    ],
)
def test_a_file_changed_and_signed_for_is_named(
    told: Demonstration, tmp_path: Path, name: str, change: tuple[bytes, bytes], named: str
) -> None:
    found = told.forged(name, change, tmp_path / "forged")
    assert any(code.startswith(named) for code in found), found
