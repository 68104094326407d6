"""Filing: the bytes are in the store first, then one row and one journal entry say what they are."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.records import entries
from trading.records.errors import AlreadyKept
from trading.records.models import RecordRow
from trading.records.types import split_subject


async def keep(
    session: AsyncSession,
    actor: Actor,
    *,
    subject: str,
    kind: str,
    name: str,
    media_type: str,
    digest: str,
    size: int,
    public: bool = False,
    readers: Collection[UUID] = (),
    proof_code: str | None = None,
) -> UUID:
    """File a document that is in the object store; `public` from now on, or for its readers until it is published.

    With a `proof_code` (`random_id`) whoever holds the document finds its proof, and of the document nothing else.
    """
    subject_kind, subject_id = split_subject(subject)
    filed = select(RecordRow.id).where(
        RecordRow.subject_kind == subject_kind,
        RecordRow.subject_id == subject_id,
        RecordRow.kind == kind,
        RecordRow.digest == digest,
    )
    if (await session.execute(filed)).first() is not None:
        raise AlreadyKept(name=name)
    now = await platform_now(session)
    record_id = new_id()
    entry_id = await append(
        session,
        actor,
        entries.KEPT,
        subject=subject,
        payload={"record": str(record_id), "kind": kind, "digest": digest, "size": size, "name": name},
        at=now,
    )
    session.add(
        RecordRow(
            id=record_id,
            subject_kind=subject_kind,
            subject_id=subject_id,
            kind=kind,
            name=name,
            media_type=media_type,
            digest=digest,
            size=size,
            readers=sorted(readers),
            public_at=now if public else None,
            filed_at=now,
            entry_id=entry_id,
            proof_code=proof_code,
        )
    )
    await session.flush()
    return record_id


async def publish(
    session: AsyncSession, actor: Actor, *, subject: str, kinds: Collection[str], at: datetime
) -> tuple[UUID, ...]:
    """Let anyone read a subject's documents of these kinds from `at` on; never taken back."""
    subject_kind, subject_id = split_subject(subject)
    found = await session.execute(
        update(RecordRow)
        .where(
            RecordRow.subject_kind == subject_kind,
            RecordRow.subject_id == subject_id,
            RecordRow.kind.in_(kinds),
            RecordRow.public_at.is_(None),
        )
        .values(public_at=at)
        .returning(RecordRow.id)
        .execution_options(synchronize_session="fetch")
    )
    ids = tuple(sorted(found.scalars().all()))
    if ids:
        await append(
            session,
            actor,
            entries.PUBLISHED,
            subject=subject,
            payload={"records": [str(record_id) for record_id in ids], "from": rfc3339(at)},
        )
    return ids
