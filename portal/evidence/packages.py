"""What a package of the archive holds of its lots: their evidence and one journal, as `verify` reads them.

The evidence mixes packages, so it is gathered here and handed down. Each lot has its folder; the journal that all of
them rest on is written once, and every lot's manifest names its files where they would lie in a folder of its own.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from archive import reads, service
from archive.events import Approved, Composed
from archive.proof.layout import DATA, EVIDENCE_MANIFEST, JOURNAL, evidence_folder
from archive.services.bagging import Part
from archive.services.contents import contents, stored
from bidding.reads import announced, verified
from experts import reads as committee
from portal.evidence.errors import EvidencePending
from portal.evidence.gathering import ENDED, Gathered, Standing, gather
from portal.evidence.layout import JOURNAL as LOT_JOURNAL
from portal.evidence.layout import Member, write_manifest
from portal.evidence.serve import Log, log_members
from portal.evidence.tar import Content
from trading.kernel.identity import system_actor
from trading.kernel.journal import reads as journal
from trading.kernel.journal.export import trust_of
from trading.kernel.journal.reads import CheckpointView
from trading.kernel.tasks import TaskContext, task
from trading.projects import reads as projects
from trading.projects.types import LotView

WORKER = system_actor("worker")


@dataclass(frozen=True)
class _Lot:
    """A lot that was opened, and its evidence under the package's checkpoint."""

    folder: str
    gathered: Gathered

    def parts(self) -> list[Part]:
        """Its files but for journal and manifest."""
        return [
            _part(f"{self.folder}/{member.path}", member)
            for member in self.gathered.evidence.members()
            if not _of_log(member.path)
        ]

    def log_parts(self) -> list[Part]:
        """What of its evidence belongs to the journal: the platform's public keys."""
        members = [member for member in self.gathered.evidence.members() if _of_log(member.path)]
        return [_part(f"{DATA}/{member.path}", member) for member in members]


@task("archive.compose", minutes=120)
async def compose(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """组卷."""
    package = await reads.package(ctx.session, Approved.parse(payload).package_id)
    newest = await journal.latest_checkpoint(ctx.session, quorum=_quorum(ctx))
    if newest is None:
        raise EvidencePending
    parts = await contents(ctx.session, ctx.objects, package)
    for lot in await _lots(ctx, package.project_id, newest):
        parts += lot.parts()
    await service.compose(ctx.session, WORKER, package_id=package.id, parts=parts)


@task("archive.seal", minutes=600)
async def seal(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """封存, once the witnesses have cosigned what was composed."""
    package = await reads.package(ctx.session, Composed.parse(payload).package_id)
    if package.composed_entry_id is None:
        return
    checkpoint = await journal.checkpoint_covering(ctx.session, package.composed_entry_id, quorum=_quorum(ctx))
    if checkpoint is None:
        raise EvidencePending
    lots = await _lots(ctx, package.project_id, checkpoint)
    evidence = {part.path for lot in lots for part in lot.parts()}
    files = [item for item in await reads.files_of(ctx.session, package.id) if item.path not in evidence]

    async def parts(hashes: dict[str, str]) -> AsyncIterator[Part]:
        for item in files:
            yield stored(ctx.objects, item.path, item.size, item.sha256, restricted=item.restricted)
        for lot in lots:
            for part in lot.parts():
                yield part
        async for part in _journal(ctx, checkpoint, lots):
            yield part
        for lot in lots:
            yield _manifest(ctx, lot, hashes)

    await service.seal(
        ctx.session, WORKER, package_id=package.id, parts=parts, vault=ctx.objects.vault, database=ctx.database
    )


def _quorum(ctx: TaskContext) -> int:
    return trust_of(ctx.settings.journal, ctx.keys.journal.public_raw).quorum


async def _lots(ctx: TaskContext, project_id: UUID, checkpoint: CheckpointView) -> list[_Lot]:
    """The lots that came to an opening; of others there is nothing but what was filed."""
    project = await projects.project(ctx.session, project_id)
    found = []
    for lot in project.lots:
        told = await _standing(ctx.session, lot, checkpoint)
        if told is not None:
            gathered = await gather(
                ctx.session,
                told,
                objects=ctx.objects,
                keys=ctx.keys,
                settings=ctx.settings.journal,
                base_url=ctx.settings.web.base_url,
            )
            found.append(_Lot(evidence_folder(lot.number), gathered))
    return found


async def _standing(session: AsyncSession, lot: LotView, checkpoint: CheckpointView) -> Standing | None:
    subject = f"lot:{lot.id}"
    published = await announced(session, subject)
    if lot.state not in ENDED or published is None:
        return None
    quorum = verified(published.file).body.witness.quorum
    draws = await committee.draws_of_lot(session, lot.id)
    return Standing(lot.id, lot.project_id, draws, quorum, checkpoint)


async def _journal(ctx: TaskContext, checkpoint: CheckpointView, lots: list[_Lot]) -> AsyncIterator[Part]:
    """One log for all lots, with every earlier checkpoint that one of them rests on."""
    trust = trust_of(ctx.settings.journal, ctx.keys.journal.public_raw)
    earlier = {size: note for lot in lots for size, note in sorted(lot.gathered.earlier.items())}
    async for member in log_members(Log(checkpoint, trust, earlier), ctx.database):
        yield _part(f"{DATA}/{member.path}", member)
    for part in lots[0].log_parts() if lots else ():
        yield part


def _manifest(ctx: TaskContext, lot: _Lot, hashes: dict[str, str]) -> Part:
    """A lot's manifest over its own files and the whole journal."""
    own = {path.removeprefix(f"{lot.folder}/"): value for path, value in hashes.items() if path.startswith(lot.folder)}
    log = {
        path.replace(JOURNAL, LOT_JOURNAL, 1): value for path, value in hashes.items() if path.startswith(f"{JOURNAL}/")
    }
    text = write_manifest(lot.gathered.project, lot.gathered.lot, {**own, **log}, ctx.keys.export)
    return Part(f"{lot.folder}/{EVIDENCE_MANIFEST}", len(text), text)


def _of_log(path: str) -> bool:
    return path.startswith(f"{LOT_JOURNAL}/")


def _part(path: str, member: Member[Content]) -> Part:
    return Part(path, member.size, member.content)
