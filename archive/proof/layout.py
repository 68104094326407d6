"""What a package holds and under which paths, pure: written by the archive and by tests, read by `verify`.

The payload is what the platform filed and can prove; the journal that proves it lies beside it, so the package needs no
platform. The inventory is a tag file: the journal names it by its digest, and it names every file but the proofs, which
are made last and stand for themselves.
"""

import re
from typing import Annotated, Literal

import msgspec

from trading.kernel.canonical import canonical

FORMAT = "trading-archive/1"
INVENTORY = "inventory.json"
DATA = "data"
CATALOGUE = "data/catalogue.json"
PROJECT = "data/project.json"
RECORDS = "data/records.json"
NAMES = "data/restricted/names.json"
RESTRICTED = "data/restricted/"
JOURNAL = "data/journal"
EVIDENCE_MANIFEST = "manifest.json"
_PATH = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_EVIDENCE = re.compile(r"data/lots/[A-Za-z0-9._-]+/evidence")

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Packed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the inventory; `access` says whether the law lets anyone read it."""

    sha256: Sha256
    size: int
    access: Literal["public", "restricted"]


class Inventory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`inventory.json`."""

    format: str
    package: str
    project: str
    files: dict[str, Packed]

    def text(self) -> bytes:
        """Canonical JSON: what the journal's digest is of."""
        return canonical(msgspec.to_builtins(self))


class FiledRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of `data/records.json`: a document as the journal names it, and where it lies."""

    record: str
    subject: str
    kind: str
    sha256: Sha256
    filed_at: str
    path: str


def evidence_folder(lot: str) -> str:
    """Where a lot's evidence lies."""
    return f"{DATA}/lots/{lot}/evidence"


def evidence_folders(paths: "list[str] | tuple[str, ...]") -> list[str]:
    """Every folder of evidence among these paths."""
    return sorted({found.group() for path in paths if (found := _EVIDENCE.match(path))})


def proves_itself(path: str) -> bool:
    """The journal, and the signed manifest of a lot's evidence: neither can be listed before the journal is closed."""
    folder, _, name = path.rpartition("/")
    return path.startswith(f"{JOURNAL}/") or (_EVIDENCE.fullmatch(folder) is not None and name == EVIDENCE_MANIFEST)


def sound_path(path: str) -> bool:
    """Whether a path stays inside the bag, on every system, and needs no escape in a manifest."""
    return _PATH.fullmatch(path) is not None and not {".", ".."}.intersection(path.split("/"))
