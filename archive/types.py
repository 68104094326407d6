"""What the archive hands out: the catalogue of a project, its package, what sweeps found."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from trading.projects.profile import Retention, Words
from trading.records.types import Record

State = Literal["present", "missing", "due", "not_applicable"]
STATES: tuple[State, ...] = ("missing", "due", "present", "not_applicable")
FINDINGS = ("changed", "missing", "added", "unreadable", "gone", "replaced", "unlocked")


class Item(msgspec.Struct, frozen=True):
    """A required record of a project or of one of its lots, and whether it is there."""

    id: str
    title: Words
    lot_id: UUID | None
    lot: str
    """Number and name; empty for what the whole project owes."""
    state: State
    role: str
    due_at: datetime | None
    article: Words
    source: str
    made: str
    records: tuple[Record, ...] = ()


class Gap(msgspec.Struct, frozen=True):
    """What a package is sealed without."""

    id: str
    lot: str


class Package(msgspec.Struct, frozen=True):
    """归档包."""

    id: UUID
    project_id: UUID
    state: str
    reason: str
    gaps: tuple[Gap, ...]
    proposed_by: UUID
    proposed_name: str
    proposed_at: datetime
    decided_name: str | None
    decided_at: datetime | None
    decision: str
    files: int
    bytes: int
    done: int
    inventory: str | None
    digest: str | None
    size: int | None
    retain_until: datetime | None
    sealed_at: datetime | None
    entry_id: UUID | None
    composed_entry_id: UUID | None = None
    object_key: str | None = None
    object_version: str | None = None


class Catalogue(msgspec.Struct, frozen=True):
    """归档目录: everything the profile asks for, and what keeps the project from being closed."""

    project_id: UUID
    items: tuple[Item, ...]
    unfinished: tuple[str, ...]
    """Steps still to be taken, as `lot number: step`."""
    retention: Retention | None
    package: Package | None = None

    @property
    def gaps(self) -> tuple[Item, ...]:
        """What should be there and is not."""
        return tuple(item for item in self.items if item.state in {"missing", "due"})

    def counts(self) -> dict[str, int]:
        """By state."""
        return {state: sum(item.state == state for item in self.items) for state in STATES}


class PackedFile(msgspec.Struct, frozen=True):
    """A file of a package."""

    path: str
    size: int
    sha256: str
    restricted: bool


class Finding(msgspec.Struct, frozen=True):
    """What a sweep found to be not as it was sealed."""

    kind: str
    path: str
    expected: str
    found: str
    package_id: UUID | None = None
    at: datetime | None = None


class Reading(msgspec.Struct, frozen=True):
    """One package read again by one sweep."""

    sweep_id: UUID
    at: datetime
    files: int
    bytes: int
    findings: tuple[Finding, ...]


class Sweep(msgspec.Struct, frozen=True):
    """固化检查."""

    id: UUID
    begun_at: datetime
    ended_at: datetime
    packages: int
    files: int
    bytes: int
    findings: int


class Swept(msgspec.Struct, frozen=True):
    """A package's line on the page of sweeps."""

    package: Package
    project_name: str
    readings: tuple[Reading, ...]


def gaps_of(body: list[Any]) -> tuple[Gap, ...]:
    """Stored gaps again."""
    return msgspec.convert(tuple(body), tuple[Gap, ...])
