"""A package of the archive (归档包): a BagIt bag whose inventory its own journal names under cosignatures.

Whoever changes a file can make every manifest fit; the inventory's digest stands in a journal that he cannot have
cosigned again. Each lot's evidence in it is verified as a folder of its own, over the one journal beside it.
"""

import hashlib
import tarfile
from collections.abc import Collection
from io import BufferedReader
from pathlib import Path

import msgspec

from archive.proof.bagit import DECLARATION, BagProblem, Digests, problems
from archive.proof.layout import (
    CATALOGUE,
    DATA,
    FORMAT,
    INVENTORY,
    JOURNAL,
    RECORDS,
    FiledRecord,
    Inventory,
    evidence_folders,
    proves_itself,
    sound_path,
)
from bidding.proof import Mismatch
from bidding.sealing.documents import decode
from portal.evidence.layout import BAG, Manifest, journal_path
from portal.evidence.layout import JOURNAL as LOT_JOURNAL
from portal.verify.folder import Folder, opened
from portal.verify.journal import Journal, read_journal
from portal.verify.report import UNREADABLE, Report
from trading.kernel.canonical import parse_canonical
from trading.kernel.journal.proof import KEYS_FILE, parse_trust

COMPOSED, SEALED, KEPT = "project:archive:composed", "project:archive:sealed", "records:document:kept"
_CODES = {"missing": "file.missing", "unlisted": "file.unlisted", "changed": "file.changed"}


class Inside(Folder):
    """A part of the bag seen as a folder of its own: a lot's evidence, with the bag's journal as its journal."""

    def __init__(self, bag: Folder, lot: str = "") -> None:
        self.root, self._lot = bag.root / DATA, lot.removeprefix(f"{DATA}/")
        own = [path.removeprefix(f"{lot}/") for path in bag.below(lot)] if lot else []
        log = [path.removeprefix(f"{DATA}/") for path in bag.below(JOURNAL)]
        self.paths = sorted([*own, *log])

    def open(self, path: str) -> BufferedReader:
        """The bag's own file."""
        if path not in self.paths:
            raise Mismatch("file.missing", path=path)
        place = self.root if path.startswith(f"{LOT_JOURNAL}/") else self.root / self._lot
        return (place / path).open("rb")


def is_bag(path: Path) -> bool:
    """A bag's folder, or a tar of one."""
    if path.is_dir():
        return (path / DECLARATION).is_file()
    try:
        with tarfile.open(path) as archive:
            return any(member.name.partition("/")[2] == DECLARATION for member in archive)
    except (OSError, tarfile.TarError):
        return False


def verify_bag(path: Path, pins: Collection[str], report: Report) -> str:
    """A folder, or a tar of it; returns the project the bag says it is of."""
    try:
        with opened(path) as outer:
            return _verify(_bag(outer), pins, report)
    except Mismatch as error:
        report.failed(error.code, **error.params)
    except UNREADABLE as error:
        report.failed("evidence.unreadable", detail=str(error) or type(error).__name__)
    return ""


def check_bags(folder: Folder, manifest: Manifest, journal: Journal, pins: Collection[str], report: Report) -> None:
    """Packages beside a lot's evidence: each is whole, and the one that was journalled when it was sealed."""
    for path in folder.below(BAG):
        with report.check("bag.sealed", otherwise="bag.unjournalled", path=path):
            sealed = journal.one(SEALED, manifest.project, digest=folder.sha256(path))
            if sealed is None or sealed.index >= journal.witnessed:
                raise Mismatch("bag.unjournalled", path=path)
        if verify_bag(folder.root / path, pins, report) != manifest.project:
            report.failed("bag.other", path=path)


def _bag(outer: Folder) -> Folder:
    if DECLARATION in outer:
        return outer
    tops = {path.split("/")[0] for path in outer.paths}
    if len(tops) != 1:
        raise Mismatch("bag.form", path="", detail="more than one folder")
    return Folder(outer.root / tops.pop())


def _verify(bag: Folder, pins: Collection[str], report: Report) -> str:
    from portal.verify.lot import verify_folder  # noqa: PLC0415  # a lot's folder may hold a package, and it lots

    with report.check("bag.files", otherwise="bag.form", count=len(bag.paths)):
        for problem in problems(bag.paths, bag.read, lambda path: _digests(bag, path)):
            _tell(problem, report)
        for path in bag.paths:
            if not sound_path(path):
                report.failed("bag.form", path=path, detail="path")
    log = Inside(bag)
    trust = parse_trust(log.read(journal_path(KEYS_FILE)).decode())
    journal = read_journal(log, trust, report)
    inventory = _read_inventory(bag, report)
    if journal is None or inventory is None:
        return ""
    _check_inventory(bag, inventory, journal, report)
    _check_records(bag, journal, report)
    _check_catalogue(bag, report)
    restricted = sum(item.access == "restricted" for item in inventory.files.values())
    report.noted("bag.restricted", count=restricted)
    for lot in evidence_folders(bag.paths):
        report.noted("bag.lot", lot=lot)
        verify_folder(Inside(bag, lot), pins, report)
    return inventory.project


def _tell(problem: BagProblem, report: Report) -> None:
    code = _CODES.get(problem.code, "bag.form")
    report.failed(code, path=problem.path, **({"detail": problem.detail} if code == "bag.form" else {}))


def _digests(bag: Folder, path: str) -> Digests:
    sha256, sha512, size = hashlib.sha256(), hashlib.sha512(), 0
    with bag.open(path) as file:
        while block := file.read(1024 * 1024):
            sha256.update(block)
            sha512.update(block)
            size += len(block)
    return Digests(size, sha256.hexdigest(), sha512.hexdigest())


def _read_inventory(bag: Folder, report: Report) -> Inventory | None:
    inventory: Inventory | None = None
    with report.check("bag.inventory", otherwise="bag.inventory") as facts:
        inventory = decode(bag.read(INVENTORY), Inventory, "bag.inventory")
        facts["count"] = len(inventory.files)
        if inventory.format != FORMAT:
            raise Mismatch("bag.inventory")
    return inventory


def _check_inventory(bag: Folder, inventory: Inventory, journal: Journal, report: Report) -> None:
    digest = hashlib.sha256(bag.read(INVENTORY)).hexdigest()
    told = [found for found in journal.find(COMPOSED, inventory.project) if found.entry.payload["inventory"] == digest]
    # Composed again before it was sealed, the last one holds.
    newest = journal.find(COMPOSED, inventory.project)[-1:]
    if not told or told[-1:] != newest or told[-1].index >= journal.witnessed:
        report.failed("bag.inventory")
    payload = {path for path in bag.below(DATA) if not proves_itself(path)}
    for path in sorted(inventory.files.keys() - payload):
        report.failed("bag.missing", path=path)
    for path in sorted(payload - inventory.files.keys()):
        report.failed("bag.unlisted", path=path)
    for path in sorted(payload & inventory.files.keys()):
        if bag.sha256(path) != inventory.files[path].sha256:
            report.failed("bag.changed", path=path)


def _check_records(bag: Folder, journal: Journal, report: Report) -> None:
    """Every filed document is the one whose filing the journal holds."""
    kept = {
        (found.entry.payload.get("record"), found.entry.subject): found.entry.payload
        for found in journal.find(KEPT)
        if found.index < journal.witnessed
    }
    with report.check("bag.records", otherwise="bag.record") as facts:
        filed = msgspec.convert(parse_canonical(bag.read(RECORDS)), list[FiledRecord])
        facts["count"] = len(filed)
        for item in filed:
            told = kept.get((item.record, item.subject), {})
            true = (told.get("kind"), told.get("digest")) == (item.kind, item.sha256)
            if not true or item.path not in bag or bag.sha256(item.path) != item.sha256:
                report.failed("bag.record", path=item.path)


def _check_catalogue(bag: Folder, report: Report) -> None:
    """What the catalogue says is there, is there; what was sealed without is counted."""
    with report.check("bag.catalogue", otherwise="bag.catalogue") as facts:
        told = parse_canonical(bag.read(CATALOGUE))
        present = [item for item in told["items"] if item["state"] == "present"]
        facts["present"] = len(present)
        for item in present:
            if not item["made"] and not item["files"]:
                raise Mismatch("bag.catalogue", detail=item["id"])
            for path in item["files"]:
                if path not in bag:
                    raise Mismatch("bag.catalogue", detail=path)
        if told["gaps"]:
            report.noted("bag.gaps", count=len(told["gaps"]))
