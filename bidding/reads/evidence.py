"""What the lock-box shows of an ended opening, gathered for evidence: the exact bytes, and where ciphertext lies.

Of the parts read aloud (identity, price) only those of revealed phases; of technical parts nothing but what the
settled document and the journal say.
"""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.errors import NoRecordYet
from bidding.opening.recording import RecordView, record
from bidding.opening.state import Opening, acts_of, announcements, opening, slots_document
from bidding.proof.settled import READ_ALOUD
from bidding.sealing.box import WITHDRAWN

_UPLOADS = text("SELECT digest, uploads FROM envelopes WHERE digest = ANY(:digests)")
_KEYS = text(
    "SELECT u.id, u.size, array_agg(b.object_key ORDER BY b.n) AS keys FROM uploads u "
    "JOIN upload_blocks b ON b.upload_id = u.id WHERE u.id = ANY(:uploads) GROUP BY u.id"
)


class StoredPart(msgspec.Struct, frozen=True):
    """A part's ciphertext in the object store, block by block."""

    envelope: str
    part: str
    size: int
    keys: tuple[str, ...]


class OpeningEvidence(msgspec.Struct, frozen=True):
    """Everything but the journal, the print and the notice."""

    announcements: tuple[bytes, ...]
    quorum: int
    slots: bytes
    live: tuple[str, ...]
    replaced: tuple[str, ...]
    withdrawn: tuple[str, ...]
    envelopes: dict[str, bytes]
    withdrawals: dict[str, bytes]
    ciphertexts: tuple[StoredPart, ...]
    batches: dict[tuple[str, int], bytes]
    settled: dict[int, bytes]
    record: RecordView | None
    steps: tuple[UUID, ...]
    """The entries of closing and of every settling: when they were witnessed is part of the proof."""


async def opening_evidence(session: AsyncSession, lot_id: UUID) -> OpeningEvidence:
    """Of a closed lot; whether its opening has ended is for the caller to ask."""
    found = await opening(session, lot_id)
    withdrawals = {act.hash for act in acts_of(found.slots, found.subject) if act.body.action == WITHDRAWN}
    live = tuple(envelope.digest for envelope in found.box.envelopes)
    settled = {row.phase: row for row in found.settled}
    return OpeningEvidence(
        announcements=tuple(item.raw for item in await announcements(session, lot_id)),
        quorum=found.announcement.body.witness.quorum,
        slots=slots_document(found.subject, found.timeline, found.slots),
        live=live,
        replaced=found.box.replaced,
        withdrawn=found.box.withdrawn,
        envelopes={digest: found.documents[digest] for digest in live},
        withdrawals={digest: found.documents[digest] for digest in withdrawals},
        ciphertexts=await _ciphertexts(session, found),
        batches={
            (row.part, row.x): row.file for row in found.batches if row.part in READ_ALOUD and row.phase in settled
        },
        settled={phase: row.file for phase, row in settled.items()},
        record=await _record(session, lot_id),
        steps=(found.stored.entry_id, *(row.entry_id for row in found.settled)),
    )


async def _ciphertexts(session: AsyncSession, found: Opening) -> tuple[StoredPart, ...]:
    """Of the parts read aloud, those whose phase is revealed."""
    revealed = {row.phase for row in found.settled if row.revealed_at}
    wanted = [
        (envelope, part.id)
        for envelope in found.box.envelopes
        for part in found.announcement.body.parts
        if part.id in READ_ALOUD and part.phase in revealed and part.id in envelope.entries
    ]
    digests = [envelope.digest for envelope in found.box.envelopes]
    uploads: dict[str, dict[str, Any]] = {
        row.digest: row.uploads for row in await session.execute(_UPLOADS, {"digests": digests})
    }
    named = [uploads[envelope.digest][part] for envelope, part in wanted]
    stored = {row.id: row for row in await session.execute(_KEYS, {"uploads": named})}
    return tuple(
        StoredPart(envelope.digest, part, stored[upload].size, tuple(stored[upload].keys))
        for (envelope, part), upload in zip(wanted, named, strict=True)
    )


async def _record(session: AsyncSession, lot_id: UUID) -> RecordView | None:
    try:
        return await record(session, lot_id)
    except NoRecordYet:
        return None
