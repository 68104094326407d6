"""Tables of the archive; see the migration for what the database itself refuses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class PackageRow(Base):
    """The package (归档包) of a project: proposed, approved by another, composed, sealed."""

    __tablename__ = "archive_packages"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'declined', 'approved', 'composed', 'sealed')", name="state"),
        CheckConstraint("files >= 0", name="files"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="decided_by"),
        CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided_at",
        ),
        CheckConstraint(
            "(state = 'sealed') = (sealed_at IS NOT NULL) AND (sealed_at IS NULL) = (digest IS NULL) AND "
            "(sealed_at IS NULL) = (object_version IS NULL) AND (sealed_at IS NULL) = (retain_until IS NULL) AND "
            "(sealed_at IS NULL) = (entry_id IS NULL)",
            name="sealed",
        ),
        Index(
            "uq_archive_packages_project_id", "project_id", unique=True, postgresql_where=text("state <> 'declined'")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    state: Mapped[str]
    reason: Mapped[str]
    gaps: Mapped[list[Any]]
    proposed_by: Mapped[UUID]
    proposed_name: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(server_default="")
    files: Mapped[int] = mapped_column(server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    inventory: Mapped[str | None] = mapped_column(_CODE)
    composed_entry_id: Mapped[UUID | None]
    object_key: Mapped[str | None] = mapped_column(_CODE)
    object_version: Mapped[str | None] = mapped_column(_CODE)
    digest: Mapped[str | None] = mapped_column(_CODE)
    size: Mapped[int | None] = mapped_column(BigInteger)
    retain_until: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    entry_id: Mapped[UUID | None]


class FileRow(Base):
    """A file of a package, as it was composed."""

    __tablename__ = "archive_files"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )

    package_id: Mapped[UUID] = mapped_column(ForeignKey("archive_packages.id"), primary_key=True)
    path: Mapped[str] = mapped_column(_CODE, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(_CODE)
    restricted: Mapped[bool]


class SweepRow(Base):
    """A fixity sweep (固化检查): every sealed package read again."""

    __tablename__ = "archive_sweeps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    packages: Mapped[int]
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    findings: Mapped[int]
    entry_id: Mapped[UUID]


class ReadingRow(Base):
    """One package in one sweep."""

    __tablename__ = "archive_readings"

    sweep_id: Mapped[UUID] = mapped_column(ForeignKey("archive_sweeps.id"), primary_key=True)
    package_id: Mapped[UUID] = mapped_column(ForeignKey("archive_packages.id"), primary_key=True, index=True)
    at: Mapped[datetime]
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    findings: Mapped[int]


class FindingRow(Base):
    """What a reading found to be not as it was sealed; an empty path is the package itself."""

    __tablename__ = "archive_findings"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('changed', 'missing', 'added', 'unreadable', 'gone', 'replaced', 'unlocked')", name="kind"
        ),
        ForeignKeyConstraint(
            ["sweep_id", "package_id"], ["archive_readings.sweep_id", "archive_readings.package_id"], name="reading"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sweep_id: Mapped[UUID]
    package_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    path: Mapped[str] = mapped_column(_CODE)
    expected: Mapped[str]
    found: Mapped[str]
    entry_id: Mapped[UUID]
