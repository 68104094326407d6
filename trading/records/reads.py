"""Questions about filed documents."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.records.errors import ProofUnknown, RecordUnknown
from trading.records.models import RecordRow
from trading.records.types import Provable, Record, split_subject

# Who watches over the trade or works for the platform sees what is filed; `admin` has no business rights.
_STAFF = ("official", "supervisor", "system")


def _view(row: RecordRow) -> Record:
    return Record(
        id=row.id,
        subject=f"{row.subject_kind}:{row.subject_id}",
        kind=row.kind,
        name=row.name,
        media_type=row.media_type,
        digest=row.digest,
        size=row.size,
        public_at=row.public_at,
        filed_at=row.filed_at,
    )


async def records_of(session: AsyncSession, subject: str, kinds: Collection[str] = ()) -> tuple[Record, ...]:
    """A subject's documents as they were filed, of some kinds or all; whoever calls decides who may see the list."""
    subject_kind, subject_id = split_subject(subject)
    query = select(RecordRow).where(RecordRow.subject_kind == subject_kind, RecordRow.subject_id == subject_id)
    if kinds:
        query = query.where(RecordRow.kind.in_(kinds))
    return tuple(_view(row) for row in await session.scalars(query.order_by(RecordRow.id)))


async def readable_record(session: AsyncSession, actor: Actor, record_id: UUID) -> Record:
    """One record if this actor may read it; the same refusal whether it is missing or not for him."""
    row = await session.get(RecordRow, record_id)
    if row is None:
        raise RecordUnknown
    mine = actor.org_id is not None and actor.org_id in row.readers
    if not (mine or actor.has(*_STAFF) or _view(row).is_public(await platform_now(session))):
        raise RecordUnknown
    return _view(row)


async def by_proof_code(session: AsyncSession, code: str) -> Provable:
    """The document that bears this code."""
    row = await session.scalar(select(RecordRow).where(RecordRow.proof_code == code))
    if row is None:
        raise ProofUnknown
    return Provable(
        code=code, kind=row.kind, digest=row.digest, size=row.size, filed_at=row.filed_at, entry_id=row.entry_id
    )
