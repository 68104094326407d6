"""The sweep over the archive: every package read again, the outcome journalled with its counts."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from archive import entries, reads
from archive.models import FindingRow, ReadingRow, SweepRow
from archive.reading import Read, read_bag
from archive.services.sealing import plan_sweep
from archive.types import Finding, Package, Sweep
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.vault import Vault


async def sweep(session: AsyncSession, actor: Actor, *, vault: Vault) -> Sweep:
    """Read every sealed package; one sweep at a time."""
    await lock(session, "archive.sweep")
    begun, sweep_id = await platform_now(session), new_id()
    found = [(package, await _read(session, vault, package)) for package in await reads.all_sealed(session)]
    ended = await platform_now(session)
    done = Sweep(
        id=sweep_id,
        begun_at=begun,
        ended_at=ended,
        packages=len(found),
        files=sum(read.files for _, read in found),
        bytes=sum(read.bytes for _, read in found),
        findings=sum(len(read.findings) for _, read in found),
    )
    shown = {"packages": done.packages, "files": done.files, "bytes": done.bytes, "findings": done.findings}
    entry = await append(session, actor, entries.SWEPT, subject=f"sweep:{sweep_id}", payload=shown, at=ended)
    session.add(
        SweepRow(
            id=sweep_id,
            begun_at=begun,
            ended_at=ended,
            packages=done.packages,
            files=done.files,
            bytes=done.bytes,
            findings=done.findings,
            entry_id=entry,
        )
    )
    await session.flush()
    for package, read in found:
        await _keep(session, actor, sweep_id, package, read)
    if found:
        await plan_sweep(session, ended)
    return done


async def _read(session: AsyncSession, vault: Vault, package: Package) -> Read:
    """The bag itself, whether it is still under its lock, and whether something lies over it."""
    key, version = package.object_key or "", package.object_version or ""
    files = await reads.files_of(session, package.id)
    read = await asyncio.to_thread(read_bag, vault, key, version, digest=package.digest or "", files=files)
    if any(item.kind == "gone" for item in read.findings):
        return read
    findings = list(read.findings)
    latest = next((item.id for item in await vault.versions(key) if item.latest), "")
    if latest != version:
        findings.append(Finding("replaced", "", version, latest))
    held = await vault.locked_until(key, version)
    if package.retain_until is not None and (held is None or held < package.retain_until.replace(microsecond=0)):
        findings.append(Finding("unlocked", "", f"{package.retain_until:%Y-%m-%d}", f"{held:%Y-%m-%d}" if held else ""))
    return Read(read.files, read.bytes, tuple(findings))


async def _keep(session: AsyncSession, actor: Actor, sweep_id: UUID, package: Package, read: Read) -> None:
    now = await platform_now(session)
    session.add(
        ReadingRow(
            sweep_id=sweep_id,
            package_id=package.id,
            at=now,
            files=read.files,
            bytes=read.bytes,
            findings=len(read.findings),
        )
    )
    await session.flush()
    for item in read.findings:
        told = {"kind": item.kind, "path": item.path, "expected": item.expected, "found": item.found}
        entry = await append(
            session,
            actor,
            entries.DAMAGED,
            subject=f"project:{package.project_id}",
            payload={"package": str(package.id), "sweep": str(sweep_id), **told},
            at=now,
        )
        session.add(FindingRow(id=new_id(), sweep_id=sweep_id, package_id=package.id, entry_id=entry, **told))
    await session.flush()
