"""A package of the archive around a lot made in memory, written by the archive's own code: true, or a forger's."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from archive.proof.bagit import ALGORITHMS, Digests, manifest_text, tag_files, tag_manifest_name
from archive.proof.layout import (
    CATALOGUE,
    FORMAT,
    INVENTORY,
    JOURNAL,
    NAMES,
    RECORDS,
    RESTRICTED,
    FiledRecord,
    Inventory,
    Packed,
    evidence_folder,
)
from archive.proof.layout import (
    PROJECT as PROJECT_FILE,
)
from portal.evidence.layout import JOURNAL as LOT_JOURNAL
from portal.evidence.layout import write_manifest
from tests.factories.evidence import PROJECT, Lot
from tests.factories.evidence_story import open_tender
from tests.factories.forger import forger_of
from tests.factories.sealing import DEADLINE, SUBJECT
from trading.kernel.canonical import canonical

PACKAGE = "01936f0e-7b7a-7cc0-8000-0000000000bb"
CONTRACT = f"{RESTRICTED}lots/001/records/contract-01.pdf"
REPORT = "data/lots/001/records/award-report-01.json"
_CLOSED = DEADLINE + timedelta(days=40)
_LOT = evidence_folder("001")


@dataclass
class Bag:
    """The lot, the filed documents by path, what the platform made of its books."""

    lot: Lot
    filed: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, bytes] = field(default_factory=dict)
    """Put into the payload and named by nothing but the bag's own manifests."""

    def payload(self) -> dict[str, bytes]:
        """What the inventory lists."""
        members = self.lot.evidence(self.lot.box()).members()
        evidence = {
            f"{_LOT}/{member.path}": member.content
            for member in members
            if not member.path.startswith(f"{LOT_JOURNAL}/")
        }
        made = {path: canonical(value) for path, value in self.made.items()}
        return {**self.filed, **made, RECORDS: canonical(self.records()), **evidence}

    def records(self) -> list[Any]:
        return [
            msgspec.to_builtins(
                FiledRecord(
                    str(UUID(int=number)), SUBJECT, self.kinds[path], sha256(data).hexdigest(), "2026-12-01", path
                )
            )
            for number, (path, data) in enumerate(sorted(self.filed.items()), 1)
        ]

    def inventory(self) -> bytes:
        files = {
            path: Packed(sha256(data).hexdigest(), len(data), "restricted" if path.startswith(RESTRICTED) else "public")
            for path, data in sorted(self.payload().items())
        }
        return Inventory(FORMAT, PACKAGE, PROJECT, files).text()

    def journalled(self) -> "Bag":
        """Every document's filing, then the inventory; witnessed."""
        log = self.lot.log
        for line in self.records():
            told = {name: line[name] for name in ("record", "kind")} | {"digest": line["sha256"]}
            log.append("records:document:kept", SUBJECT, _CLOSED, told)
        self.compose()
        return self

    def compose(self) -> None:
        told = {"package": PACKAGE, "inventory": sha256(self.inventory()).hexdigest()}
        self.lot.log.append("project:archive:composed", PROJECT, _CLOSED + timedelta(minutes=1), told)
        self.lot.log.stamp(_CLOSED + timedelta(minutes=2))

    def rejournal(self) -> None:
        """The forger's: entries made to name what he has now, the log rebuilt and signed."""
        log = self.lot.log
        for index, line in zip(log.find("records:document:kept"), self.records(), strict=True):
            log.rewrite(index, record=line["record"], kind=line["kind"], digest=line["sha256"])
        (composed,) = log.find("project:archive:composed")
        log.rewrite(composed, inventory=sha256(self.inventory()).hexdigest())
        log.rebuild()

    def files(self, inventory: bytes | None = None) -> dict[str, bytes]:
        """Every file of the bag, all its manifests made to fit."""
        payload = {**self.payload(), **self.extra}
        log = {path: data for path, data in self.lot.files().items() if path.startswith(f"{LOT_JOURNAL}/")}
        own = {path.removeprefix(f"{_LOT}/"): data for path, data in payload.items() if path.startswith(f"{_LOT}/")}
        hashes = {path: sha256(data).hexdigest() for path, data in {**own, **log}.items()}
        payload[f"{_LOT}/manifest.json"] = write_manifest(PROJECT, SUBJECT, hashes, self.lot.export_key)
        payload |= {f"{JOURNAL}/{path.removeprefix(f'{LOT_JOURNAL}/')}": data for path, data in log.items()}
        return bagged(payload, inventory or self.inventory())

    def write(self, folder: Path, files: dict[str, bytes] | None = None) -> Path:
        for path, data in (self.files() if files is None else files).items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder


def bagged(payload: dict[str, bytes], inventory: bytes) -> dict[str, bytes]:
    """The payload with every tag file."""
    tags = tag_files(
        {path: digests(data) for path, data in payload.items()}, [("Project-Code", "x")], {INVENTORY: inventory}
    )
    listed = {path: digests(data) for path, data in tags.items()}
    ends = {tag_manifest_name(algorithm): manifest_text(listed, algorithm) for algorithm in ALGORITHMS}
    return {**payload, **tags, **ends}


def digests(data: bytes) -> Digests:
    return Digests(len(data), sha256(data).hexdigest(), hashlib.sha512(data).hexdigest())


def sealed_project() -> Bag:
    """A tender with two filed documents, one of them nobody else's to read; a package that verifies."""
    bag = Bag(
        open_tender(),
        filed={CONTRACT: b"%PDF-1.7 the contract over 9 700 000", REPORT: b'{"remarks":""}'},
        kinds={CONTRACT: "contract", REPORT: "award-report"},
    )
    items = [
        {"id": "contract", "state": "present", "made": "", "files": [CONTRACT]},
        {"id": "award-report", "state": "present", "made": "", "files": [REPORT]},
        {"id": "journal", "state": "present", "made": "journal", "files": []},
        {"id": "result-letters", "state": "missing", "made": "", "files": []},
    ]
    bag.made = {
        CATALOGUE: {"items": items, "gaps": [{"id": "result-letters", "lot": "001"}], "reason": "邮寄送达"},
        PROJECT_FILE: {"project": {"id": PROJECT}},
        NAMES: {CONTRACT: "施工合同.pdf"},
    }
    return bag.journalled()


def forger_of_archive(true: Bag) -> Bag:
    """A copy with every key of the platform's, and without the witness's."""
    return replace(
        true, lot=forger_of(true.lot), filed=dict(true.filed), kinds=dict(true.kinds), made=dict(true.made), extra={}
    )
