"""Questions about packages and sweeps; the catalogue is `archive.catalogue_reads`."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from archive.errors import PackageUnknown
from archive.models import FileRow, FindingRow, PackageRow, ReadingRow, SweepRow
from archive.types import Finding, Package, PackedFile, Reading, Sweep, Swept, gaps_of
from trading.projects import reads as projects

_MOST = 200


def view(row: PackageRow) -> Package:
    """A row as others see it."""
    fields = {name: getattr(row, name) for name in Package.__struct_fields__ if name != "gaps"}
    return Package(**fields, gaps=gaps_of(row.gaps))


async def package(session: AsyncSession, package_id: UUID) -> Package:
    """One package."""
    row = await session.get(PackageRow, package_id, populate_existing=True)
    if row is None:
        raise PackageUnknown
    return view(row)


async def package_of(session: AsyncSession, project_id: UUID) -> Package | None:
    """A project's package, the last declined one if there is no other."""
    rows = await session.scalars(
        select(PackageRow)
        .where(PackageRow.project_id == project_id)
        .order_by(PackageRow.state == "declined", PackageRow.proposed_at.desc())
        .execution_options(populate_existing=True)
        .limit(1)
    )
    row = rows.first()
    return None if row is None else view(row)


async def packages(session: AsyncSession, states: Sequence[str]) -> list[Package]:
    """Packages in these states, the latest first."""
    rows = await session.scalars(
        select(PackageRow).where(PackageRow.state.in_(states)).order_by(PackageRow.proposed_at.desc()).limit(_MOST)
    )
    return [view(row) for row in rows]


async def all_sealed(session: AsyncSession) -> list[Package]:
    """Every sealed package, for sweeps."""
    rows = await session.scalars(select(PackageRow).where(PackageRow.state == "sealed").order_by(PackageRow.sealed_at))
    return [view(row) for row in rows]


async def files_of(session: AsyncSession, package_id: UUID) -> tuple[PackedFile, ...]:
    """The files of a package by path."""
    rows = await session.scalars(select(FileRow).where(FileRow.package_id == package_id).order_by(FileRow.path))
    return tuple(PackedFile(row.path, row.size, row.sha256, row.restricted) for row in rows)


async def readings_of(session: AsyncSession, package_id: UUID, *, limit: int = 20) -> tuple[Reading, ...]:
    """How a package was found by the last sweeps, the newest first."""
    rows = list(
        await session.scalars(
            select(ReadingRow)
            .where(ReadingRow.package_id == package_id)
            .order_by(ReadingRow.at.desc(), ReadingRow.sweep_id.desc())
            .limit(limit)
        )
    )
    found = await session.scalars(
        select(FindingRow)
        .where(FindingRow.package_id == package_id, FindingRow.sweep_id.in_([row.sweep_id for row in rows]))
        .order_by(FindingRow.id)
    )
    findings: dict[UUID, list[Finding]] = {}
    for row in found:
        findings.setdefault(row.sweep_id, []).append(
            Finding(row.kind, row.path, row.expected, row.found, package_id=package_id)
        )
    return tuple(
        Reading(row.sweep_id, row.at, row.files, row.bytes, tuple(findings.get(row.sweep_id, ()))) for row in rows
    )


async def damaged(session: AsyncSession) -> list[Package]:
    """Packages whose last reading found something."""
    last = (
        select(ReadingRow.package_id, ReadingRow.findings)
        .ext(distinct_on(ReadingRow.package_id))
        .order_by(ReadingRow.package_id, ReadingRow.at.desc(), ReadingRow.sweep_id.desc())
        .subquery()
    )
    rows = await session.scalars(
        select(PackageRow).join(last, last.c.package_id == PackageRow.id).where(last.c.findings > 0).limit(_MOST)
    )
    return [view(row) for row in rows]


async def findings_of(session: AsyncSession, sweep_id: UUID) -> tuple[tuple[str, Finding], ...]:
    """Everything a sweep found, each with its project's name."""
    rows = await session.execute(
        select(FindingRow, PackageRow.project_id)
        .join(PackageRow, PackageRow.id == FindingRow.package_id)
        .where(FindingRow.sweep_id == sweep_id)
        .order_by(FindingRow.id)
    )
    return tuple(
        [
            ((await projects.project(session, project_id)).name, Finding(row.kind, row.path, row.expected, row.found))
            for row, project_id in rows.all()
        ]
    )


async def sweeps(session: AsyncSession, *, limit: int = 20) -> tuple[Sweep, ...]:
    """The last sweeps."""
    rows = await session.scalars(select(SweepRow).order_by(SweepRow.ended_at.desc(), SweepRow.id.desc()).limit(limit))
    return tuple(
        Sweep(row.id, row.begun_at, row.ended_at, row.packages, row.files, row.bytes, row.findings) for row in rows
    )


async def swept(session: AsyncSession) -> tuple[Swept, ...]:
    """Every sealed package with its last readings."""
    found = []
    for each in await packages(session, ("sealed",)):
        project = await projects.project(session, each.project_id)
        found.append(Swept(each, project.name, await readings_of(session, each.id, limit=3)))
    return tuple(found)
