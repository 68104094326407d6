"""Sealing (封存): the bag is written beside its journal and put under a lock that nobody lifts.

Worked through as a stream, so a package may be larger than memory; others see how far it is.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from archive import entries, reads
from archive.catalogue_reads import rules_of
from archive.events import Approved, SweepDue
from archive.models import FileRow, PackageRow
from archive.proof.layout import DATA, INVENTORY, RESTRICTED, proves_itself, sound_path
from archive.rules import next_sweep, retained_until
from archive.services.bagging import BagWriter, ContentChanged, Part
from archive.services.composing import inventory_of
from archive.types import Package, PackedFile
from trading.kernel import timers
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.db import Database
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.outbox import emit
from trading.kernel.vault import Vault
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.projects.types import ProjectView

MEDIA_TYPE = "application/x-tar"
_TOLD_EVERY = 0.5
Parts = Callable[[dict[str, str]], AsyncIterator[Part]]
"""Every part in the order it is written; what was written so far is in the dict, path by digest."""


class _Made(NamedTuple):
    """A bag on this machine's disk."""

    digest: str
    size: int
    files: list[PackedFile]


async def seal(
    session: AsyncSession, actor: Actor, *, package_id: UUID, parts: Parts, vault: Vault, database: Database
) -> None:
    """Write the bag, lock it, say so; nothing where it was sealed meanwhile."""
    package = await reads.package(session, package_id)
    if package.state != "composed" or package.decided_at is None:
        return
    project = await projects.project(session, package.project_id)
    profile = await rules_of(session, project)
    retention = profile.retained(local_day(package.decided_at))
    until = retained_until(retention, package.decided_at)
    with tempfile.TemporaryDirectory(prefix="trading-archive-") as place:
        path = Path(place) / "bag.tar"
        info = _info(package, project, until, f"{retention.years} ({retention.source})")
        try:
            made = await _write(session, package, path, bag_name(project), info=info, parts=parts, database=database)
        except ContentChanged:  # something was filed since: compose again, and journal that
            await emit(session, Approved(package_id=package_id))
            return
        await vault.ensure()
        key = f"packages/{package_id}.tar"
        version = await _lock(vault, key, path, made, until)
    await lock(session, f"archive:{project.id}")
    row = await session.get_one(PackageRow, package_id, populate_existing=True)
    if row.state != "composed":
        return
    known = {item.path for item in await reads.files_of(session, package_id)}
    session.add_all(
        FileRow(package_id=package_id, path=f.path, size=f.size, sha256=f.sha256, restricted=f.restricted)
        for f in made.files
        if f.path not in known
    )
    now = await platform_now(session)
    entry_id = await append(
        session,
        actor,
        entries.SEALED,
        subject=f"project:{project.id}",
        payload={
            "package": str(package_id),
            "digest": made.digest,
            "size": made.size,
            "files": len(made.files),
            "inventory": package.inventory,
            "retain_until": rfc3339(until),
        },
        at=now,
    )
    row.state, row.sealed_at = "sealed", now
    row.object_key, row.object_version, row.digest, row.size = key, version, made.digest, made.size
    row.retain_until, row.done, row.files = until, made.size, len(made.files)
    row.entry_id = entry_id
    await session.flush()
    await plan_sweep(session, now)


async def plan_sweep(session: AsyncSession, now: datetime) -> None:
    """The next sweep, once however often it is planned."""
    due = next_sweep(now)
    name = rfc3339(due)
    await timers.schedule(session, due_at=due, event=SweepDue(due=name), key=f"archive.sweep:{name}")


def bag_name(project: ProjectView) -> str:
    """The folder everything lies in."""
    return f"archive-{project.code}" if sound_path(project.code) else f"archive-{project.id}"


async def _write(
    session: AsyncSession,
    package: Package,
    path: Path,
    name: str,
    *,
    info: list[tuple[str, str]],
    parts: Parts,
    database: Database,
) -> _Made:
    listed = {item.path: item for item in await reads.files_of(session, package.id)}
    inventory = inventory_of(package.id, f"project:{package.project_id}", list(listed.values())).text()
    if sha256(inventory).hexdigest() != package.inventory:
        raise ContentChanged(INVENTORY)
    tell = _Teller(database, package.id)
    with path.open("wb") as file:
        writer = BagWriter(file, name, package.decided_at or package.proposed_at, tell.at)
        hashes: dict[str, str] = {}
        async for part in parts(hashes):
            digests = await writer.add(part)
            hashes[part.path] = digests.sha256
            if not proves_itself(part.path) and (part.path not in listed or listed[part.path].sha256 != digests.sha256):
                raise ContentChanged(part.path)
            await tell.now()
        if missing := listed.keys() - writer.files.keys():
            raise ContentChanged(min(missing))
        await writer.finish(info, {INVENTORY: inventory})
    files = [
        PackedFile(at, item.size, item.sha256, at.startswith(RESTRICTED)) for at, item in sorted(writer.files.items())
    ]
    return _Made(writer.digest, writer.size, files)


class _Teller:
    """Says how far the writing is, in short transactions of its own that others see."""

    def __init__(self, database: Database, package_id: UUID) -> None:
        self._database, self._package_id = database, package_id
        self._done, self._told = 0, time.monotonic()

    def at(self, done: int) -> None:
        """So many bytes are written."""
        self._done = done

    async def now(self) -> None:
        """Now and then."""
        if time.monotonic() - self._told < _TOLD_EVERY:
            return
        self._told = time.monotonic()
        async with self._database.transaction() as session:
            await session.execute(
                update(PackageRow)
                .where(PackageRow.id == self._package_id, PackageRow.state == "composed")
                .values(done=self._done)
            )


async def _lock(vault: Vault, key: str, path: Path, made: _Made, until: datetime) -> str:
    """The bag's version; the one there already, where a try before this one had got so far."""
    for version in await vault.versions(key):
        if version.marker or version.size != made.size:
            continue
        held = await vault.locked_until(key, version.id)
        if held is not None and held >= until - timedelta(seconds=1) and await _same(vault, key, version.id, made):
            return version.id
    return await vault.lock_file(key, path, until=until, media_type=MEDIA_TYPE)


async def _same(vault: Vault, key: str, version: str, made: _Made) -> bool:
    digest = sha256()
    async for block in vault.stream(key, version):
        await asyncio.to_thread(digest.update, block)
    return digest.hexdigest() == made.digest


def _info(package: Package, project: ProjectView, until: datetime, retention: str) -> list[tuple[str, str]]:
    """`bag-info.txt`: what an archivist asks first; no name of a person."""
    return [
        ("Source-Organization", project.tenderer_name),
        ("External-Identifier", project.unified_code),
        ("External-Description", project.name),
        ("Internal-Sender-Identifier", str(package.id)),
        ("Bagging-Date", f"{local_day(package.decided_at or package.proposed_at)}"),
        ("Project-Code", project.code),
        ("Project-Id", str(project.id)),
        ("Retention-Years", retention),
        ("Retention-Until", rfc3339(until)),
        ("Inventory-SHA256", str(package.inventory)),
        ("Restricted-Folder", RESTRICTED),
        ("Public-Folder", f"{DATA}/"),
    ]
