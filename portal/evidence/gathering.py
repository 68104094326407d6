"""Gathering a lot's evidence: from bidding, notices, records and the journal, under one witnessed checkpoint.

Public once the opening has ended, well or not. Everything said of the lot must stand under the checkpoint that is
handed out; until it does, asking again a moment later is right.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.reads.evidence import OpeningEvidence, StoredPart, opening_evidence
from notices import reads as notices
from portal.evidence.errors import EvidenceNotYet, EvidencePending
from portal.evidence.layout import (
    KEYS_FORMAT,
    OPENING_FORMAT,
    Ciphertext,
    Evidence,
    History,
    Opening,
    PlatformKeys,
)
from portal.evidence.tar import Content
from trading.kernel.journal import reads as journal
from trading.kernel.journal.export import trust_of
from trading.kernel.journal.proof import Trust
from trading.kernel.journal.reads import CheckpointView
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import JournalSettings
from trading.kernel.signing import PlatformKeys as Signers
from trading.parties.services import authority_certificate
from trading.projects import reads as projects
from trading.records import reads as records

ENDED = ("opened", "evaluating", "evaluated", "failed")
_PRINT = "opening-record"
_PAGE = 500


@dataclass(frozen=True)
class Gathered:
    """What is streamed: the members known, the log up to one checkpoint, and earlier checkpoints by size."""

    project: str
    lot: str
    evidence: Evidence[Content]
    checkpoint: CheckpointView
    trust: Trust
    earlier: dict[int, str]

    @property
    def at(self) -> datetime:
        """The instant of the checkpoint, which dates the archive."""
        return self.checkpoint.at


async def gather(
    session: AsyncSession, lot_id: UUID, *, objects: ObjectStore, keys: Signers, settings: JournalSettings
) -> Gathered:
    """Everything but the log's tiles and the ciphertext, which are read as they are sent."""
    lot = await projects.lot(session, lot_id)
    if lot.state not in ENDED:
        raise EvidenceNotYet
    found = await opening_evidence(session, f"lot:{lot_id}")
    project, subject = f"project:{lot.project_id}", f"lot:{lot_id}"
    notice = await notices.tender_notice_of(session, lot.project_id)
    prints = await records.records_of(session, subject, (_PRINT,))
    if notice is None or notice.pdf_digest is None or (found.record is not None and not prints):
        raise EvidencePending
    checkpoint = await _covering(session, (project, subject), found.quorum)
    authority = await authority_certificate(session, keys.ca)
    evidence = Evidence[Content](
        announcements=found.announcements,
        slots=found.slots,
        history=History(live=found.live, replaced=found.replaced, withdrawn=found.withdrawn),
        envelopes=found.envelopes,
        withdrawals=found.withdrawals,
        keys=PlatformKeys(format=KEYS_FORMAT, keys=keys.public_keys(), authority=authority),
        notice=await objects.get(notice.pdf_digest),
        ciphertexts=tuple(
            Ciphertext(part.envelope, part.part, part.size, partial(_blocks, objects, part))
            for part in found.ciphertexts
        ),
        batches=found.batches,
        settled=found.settled,
        opening=_opening(found),
        opening_record=await objects.get(prints[0].digest) if prints else None,
    )
    return Gathered(
        project=project,
        lot=subject,
        evidence=evidence,
        checkpoint=checkpoint,
        trust=trust_of(settings, keys.journal.public_raw),
        earlier=await _earlier(session, found, checkpoint),
    )


def _blocks(objects: ObjectStore, part: StoredPart) -> AsyncIterator[bytes]:
    return objects.stream_at(*part.keys)


def _opening(found: OpeningEvidence) -> Opening | None:
    if found.record is None:
        return None
    return Opening(format=OPENING_FORMAT, record=found.record.file.decode(), signatures=tuple(found.record.signatures))


async def _covering(session: AsyncSession, subjects: Sequence[str], quorum: int) -> CheckpointView:
    """The newest witnessed checkpoint, if it has every entry about the lot and its project."""
    checkpoint = await journal.latest_checkpoint(session, quorum=quorum)
    if checkpoint is None:
        raise EvidencePending
    for subject in subjects:
        # What is not sequenced yet comes last, so a page that begins at the checkpoint shows whatever it lacks.
        if await journal.entries_of(session, subject, after=checkpoint.size - 1, limit=_PAGE):
            raise EvidencePending
    return checkpoint


async def _earlier(session: AsyncSession, found: OpeningEvidence, newest: CheckpointView) -> dict[int, str]:
    """The first witnessed checkpoint after closing and after every settling."""
    earlier: dict[int, str] = {}
    for entry_id in found.steps:
        checkpoint = await journal.checkpoint_covering(session, entry_id, quorum=found.quorum)
        if checkpoint is not None and checkpoint.size != newest.size:
            earlier[checkpoint.size] = checkpoint.note
    return earlier
