"""Closing (归档): one official proposes, another approves; what is missing is named and explained.

Until then a project is open: contract and refunds must be done, or the tender have failed.
"""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from archive import entries
from archive.catalogue_reads import catalogue
from archive.errors import (
    AlreadyDecided,
    AlreadyProposed,
    GapsUnexplained,
    NotFinished,
    NothingRequired,
    PackageUnknown,
    SameOfficial,
)
from archive.events import Approved
from archive.models import PackageRow
from archive.types import Gap
from trading.kernel.clock import platform_now
from trading.kernel.errors import Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.outbox import emit


async def propose(session: AsyncSession, actor: Actor, *, project_id: UUID, reason: str = "") -> UUID:
    """提出归档; with gaps, `reason` says why the package is sealed without them."""
    await lock(session, f"archive:{project_id}")
    found = await catalogue(session, project_id)
    if found.package is not None and found.package.state != "declined":
        raise AlreadyProposed
    if found.retention is None:
        raise NothingRequired
    if found.unfinished:
        raise NotFinished(count=len(found.unfinished))
    if found.gaps and not reason.strip():
        raise GapsUnexplained(count=len(found.gaps))
    if actor.person_id is None:
        raise Forbidden
    now, package_id = await platform_now(session), new_id()
    gaps = [msgspec.to_builtins(Gap(item.id, item.lot)) for item in found.gaps]
    await append(
        session,
        actor,
        entries.PROPOSED,
        subject=f"project:{project_id}",
        payload={"package": str(package_id), "present": found.counts()["present"], "gaps": gaps},
        at=now,
    )
    session.add(
        PackageRow(
            id=package_id,
            project_id=project_id,
            state="proposed",
            reason=reason.strip(),
            gaps=gaps,
            proposed_by=actor.person_id,
            proposed_name=actor.name,
            proposed_at=now,
        )
    )
    await session.flush()
    return package_id


async def approve(session: AsyncSession, actor: Actor, *, package_id: UUID) -> None:
    """批准归档 by another official; the worker then composes and seals."""
    row = await _decided(session, actor, package_id, state="approved", words="")
    shown = {"package": str(package_id)}
    await append(
        session, actor, entries.APPROVED, subject=f"project:{row.project_id}", payload=shown, at=row.decided_at
    )
    await emit(session, Approved(package_id=package_id))
    await session.flush()


async def decline(session: AsyncSession, actor: Actor, *, package_id: UUID, words: str) -> None:
    """退回: another official says what is to be mended first."""
    row = await _decided(session, actor, package_id, state="declined", words=words.strip())
    shown = {"package": str(package_id), "reason": words.strip()}
    await append(
        session, actor, entries.DECLINED, subject=f"project:{row.project_id}", payload=shown, at=row.decided_at
    )
    await session.flush()


async def _decided(session: AsyncSession, actor: Actor, package_id: UUID, *, state: str, words: str) -> PackageRow:
    project_id = await session.scalar(select(PackageRow.project_id).where(PackageRow.id == package_id))
    if project_id is None:
        raise PackageUnknown
    await lock(session, f"archive:{project_id}")
    row = await session.get_one(PackageRow, package_id, populate_existing=True)
    if row.state != "proposed":
        raise AlreadyDecided
    if actor.person_id is None or actor.person_id == row.proposed_by:
        raise SameOfficial
    row.decided_at = await platform_now(session)
    row.state, row.decision = state, words
    row.decided_by, row.decided_name = actor.person_id, actor.name
    return row
