"""What the lock-box shows of an ended opening, gathered for evidence: the exact bytes, and where ciphertext lies.

Of a lot's parts read aloud (identity, price) only those of revealed phases; of technical parts nothing but what the
settled document and the journal say. Of a draw's escrow everything that was revealed: it is drawn with.
"""

from collections.abc import Collection
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
from bidding.subjects import LOT, Subject

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


async def opening_evidence(session: AsyncSession, subject: str) -> OpeningEvidence:
    """Of a closed subject; whether its opening has ended is for the caller to ask."""
    found = await opening(session, subject)
    body, of_lot = found.announcement.body, found.subject.kind == LOT
    shown = {part.id for part in body.parts if part.id in READ_ALOUD or not of_lot}
    withdrawals = {act.hash for act in acts_of(found.slots, subject) if act.body.action == WITHDRAWN}
    live = tuple(envelope.digest for envelope in found.box.envelopes)
    settled = {row.phase: row for row in found.settled}
    return OpeningEvidence(
        announcements=tuple(item.raw for item in await announcements(session, subject)),
        quorum=body.witness.quorum,
        slots=slots_document(subject, found.timeline, found.slots),
        live=live,
        replaced=found.box.replaced,
        withdrawn=found.box.withdrawn,
        envelopes={digest: found.documents[digest] for digest in live},
        withdrawals={digest: found.documents[digest] for digest in withdrawals},
        ciphertexts=await _ciphertexts(session, found, shown),
        batches={(row.part, row.x): row.file for row in found.batches if row.part in shown and row.phase in settled},
        settled={phase: row.file for phase, row in settled.items()},
        record=await _record(session, found.subject),
        steps=(found.stored.entry_id, *(row.entry_id for row in found.settled)),
    )


async def _ciphertexts(session: AsyncSession, found: Opening, shown: Collection[str]) -> tuple[StoredPart, ...]:
    """Of the parts shown, those whose phase is revealed."""
    revealed = {row.phase for row in found.settled if row.revealed_at}
    wanted = [
        (envelope, part.id)
        for envelope in found.box.envelopes
        for part in found.announcement.body.parts
        if part.id in shown and part.phase in revealed and part.id in envelope.entries
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


async def _record(session: AsyncSession, subject: Subject) -> RecordView | None:
    if subject.kind != LOT:
        return None
    try:
        return await record(session, subject.id)
    except NoRecordYet:
        return None
