"""Gathering a lot's evidence: from bidding, notices, records and the journal, under one witnessed checkpoint.

Public once the opening has ended, well or not. Everything said of the lot must stand under the checkpoint that is
handed out; until it does, asking again a moment later is right.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.reads import announcement, verified
from bidding.reads.evidence import OpeningEvidence, StoredPart, opening_evidence
from experts import reads as committee
from experts.evaluation.reads import evaluation_document
from experts.proof.documents import EvaluationDocument
from notices import reads as notices
from notices.ocds import reads as open_data
from notices.results import reads as results
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
from trading.funds.reads.document import refunds_document
from trading.kernel.canonical import canonical
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

PUBLISHED = ("publicised", "awarded", "contracted", "failed")
"""From when the evaluation is public: from the signed report to the publicity the ranking is the tenderer's alone."""
ENDED = ("opened", "evaluating", "evaluated", *PUBLISHED)
_PRINT = "opening-record"
_MOST = 1000


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


class Standing(msgspec.Struct, frozen=True):
    """How far the story of a lot goes: everything about it stands under this checkpoint, the first that has it all."""

    lot_id: UUID
    project_id: UUID
    draws: tuple[UUID, ...]
    quorum: int
    checkpoint: CheckpointView

    @property
    def key(self) -> tuple[UUID, int]:
        """The same evidence for everyone, until something more happens to the lot."""
        return self.lot_id, self.checkpoint.size


async def standing(session: AsyncSession, lot_id: UUID) -> Standing:
    """Refuses before the opening has ended, and until the last entry about the lot is witnessed."""
    lot = await projects.lot(session, lot_id)
    if lot.state not in ENDED:
        raise EvidenceNotYet
    quorum = verified((await announcement(session, f"lot:{lot_id}")).file).body.witness.quorum
    draws = await committee.draws_of_lot(session, lot_id)
    subjects = (f"project:{lot.project_id}", f"lot:{lot_id}", *(f"draw:{draw_id}" for draw_id in draws))
    newest = await journal.newest_of(session, subjects)
    if newest is None or newest[1] is None:
        raise EvidencePending
    checkpoint = await journal.checkpoint_covering(session, newest[0], quorum=quorum)
    if checkpoint is None:
        raise EvidencePending
    return Standing(lot_id, lot.project_id, draws, quorum, checkpoint)


async def gather(
    session: AsyncSession,
    told: Standing,
    *,
    objects: ObjectStore,
    keys: Signers,
    settings: JournalSettings,
    base_url: str,
) -> Gathered:
    """Everything but the log's tiles and the ciphertext, which are read as they are sent."""
    lot_id, project_id = told.lot_id, told.project_id
    project, subject = f"project:{project_id}", f"lot:{lot_id}"
    found = await opening_evidence(session, subject)
    notice = await notices.tender_notice_of(session, project_id)
    prints = await records.records_of(session, subject, (_PRINT,))
    out = [item.pdf_digest for item in reversed(await results.result_notices(session, lot_id=lot_id, limit=_MOST))]
    if notice is None or notice.pdf_digest is None or (found.record is not None and not prints) or None in out:
        raise EvidencePending
    authority = await authority_certificate(session, keys.ca)
    draws = await committee.draw_documents(session, lot_id)
    evaluation = await published_evaluation(session, lot_id)
    money = await refunds_document(session, lot_id)
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
        draws=tuple(canonical(msgspec.to_builtins(draw)) for draw in draws),
        evaluation=canonical(msgspec.to_builtins(evaluation)) if evaluation is not None else None,
        award_notices=tuple([await objects.get(digest) for digest in out if digest is not None]),
        refunds=canonical(msgspec.to_builtins(money)) if money is not None else None,
        ocds=await open_data.project_package(session, project_id, base_url=base_url),
    )
    steps = [*found.steps, *(UUID(draw.settled.entry) for draw in draws if draw.settled is not None)]
    return Gathered(
        project=project,
        lot=subject,
        evidence=evidence,
        checkpoint=told.checkpoint,
        trust=trust_of(settings, keys.journal.public_raw),
        earlier=await _earlier(session, steps, told),
    )


async def published_evaluation(session: AsyncSession, lot_id: UUID) -> EvaluationDocument | None:
    """The evaluation's evidence, once anyone may have it."""
    public = (await projects.lot(session, lot_id)).state in PUBLISHED
    return await evaluation_document(session, lot_id) if public else None


def _blocks(objects: ObjectStore, part: StoredPart) -> AsyncIterator[bytes]:
    return objects.stream_at(*part.keys)


def _opening(found: OpeningEvidence) -> Opening | None:
    if found.record is None:
        return None
    return Opening(format=OPENING_FORMAT, record=found.record.file.decode(), signatures=tuple(found.record.signatures))


async def _earlier(session: AsyncSession, steps: Sequence[UUID], told: Standing) -> dict[int, str]:
    """The first witnessed checkpoint after closing, after every settling, and after the reveals of every draw."""
    earlier: dict[int, str] = {}
    for entry_id in steps:
        checkpoint = await journal.checkpoint_covering(session, entry_id, quorum=told.quorum)
        if checkpoint is not None and checkpoint.size < told.checkpoint.size:
            earlier[checkpoint.size] = checkpoint.note
    return earlier
