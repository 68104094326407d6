"""Questions about announcements and stored ciphertext; nothing here tells before the deadline that a bid exists."""

from collections.abc import AsyncIterator, Collection
from functools import lru_cache
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import NoSuchAnnouncement, ProofPending, ReceiptUnknown
from bidding.sealing.announcement import Announcement, verify_announcement
from bidding.subjects import parse_subject
from bidding.types import Published
from trading.kernel.journal.reads import blind_proof
from trading.kernel.objects import ObjectStore

_NEWEST = text(
    "SELECT ann, file, version, reduced, published_at, entry_id FROM announcements "
    "WHERE subject_kind = :kind AND subject_id = :id ORDER BY version DESC LIMIT 1"
)
_AMONG = text("SELECT DISTINCT subject_id FROM announcements WHERE subject_kind = 'lot' AND subject_id = ANY(:lots)")
_BY_ANN = text("SELECT file FROM announcements WHERE ann = :ann")
_BLOCKS = text("SELECT object_key FROM upload_blocks WHERE upload_id = :upload ORDER BY n")

_ENTRY = text(
    "SELECT e.entry, a.file FROM envelopes e JOIN announcements a USING (ann) "
    "WHERE e.digest = :name UNION ALL SELECT e.entry, a.file FROM envelopes e JOIN announcements a USING (ann) "
    "WHERE e.entry = :name LIMIT 1"
)


@lru_cache(maxsize=256)
def verified(file: bytes) -> Announcement:
    """A published announcement's fields; the bytes never change, so they are verified once a process."""
    return verify_announcement(file)


async def announced(session: AsyncSession, subject: str) -> Published | None:
    """The announcement in force for a subject, or None while there is none."""
    row = (await session.execute(_NEWEST, parse_subject(subject).columns)).one_or_none()
    return Published(*row) if row else None


async def announced_among(session: AsyncSession, lot_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these lots that have an announcement in force."""
    return frozenset((await session.execute(_AMONG, {"lots": list(lot_ids)})).scalars()) if lot_ids else frozenset()


async def announcement(session: AsyncSession, subject: str) -> Published:
    """The same; refuses where there is none."""
    found = await announced(session, subject)
    if found is None:
        raise NoSuchAnnouncement
    return found


async def announcement_named(session: AsyncSession, ann: str) -> Announcement | None:
    """The announcement with this digest; it says itself what it is for."""
    file = (await session.execute(_BY_ANN, {"ann": ann})).scalar_one_or_none()
    return verified(file) if file else None


async def ciphertext(session: AsyncSession, objects: ObjectStore, upload_id: str) -> AsyncIterator[bytes]:
    """A part's stored ciphertext, block by block; its root is for the caller to check against the envelope."""
    keys = (await session.execute(_BLOCKS, {"upload": upload_id})).scalars().all()
    async for block in objects.stream_at(*keys):
        yield block


async def receipt_proof(session: AsyncSession, name: str) -> str:
    """The proof that a receipt's promise was kept, for whoever knows its entry or its document's digest."""
    row = (await session.execute(_ENTRY, {"name": name})).one_or_none()
    if row is None:
        raise ReceiptUnknown
    quorum = verified(row.file).body.witness.quorum
    proof = await blind_proof(session, bytes.fromhex(row.entry), quorum=quorum)
    if proof is None:
        raise ProofPending
    return proof
