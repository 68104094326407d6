"""Settling (解密准备): batches come in, the decisions are fixed and witnessed before anything is decrypted."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import NotYourSeat
from bidding.kinds import kind_of
from bidding.opening.entries import BATCH_RECEIVED, PHASE_SETTLED
from bidding.opening.errors import AlreadySettled, BatchDiffers, BatchRefused, OpeningOver, SharesPending, WrongPhase
from bidding.opening.events import PhaseSettled
from bidding.opening.state import BatchRow, Opening, opening, stream_of
from bidding.sealing.batch import verify_batch
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import sha256
from bidding.sealing.settle import Settled, settle
from trading.kernel import live
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit

_SEATS = text(
    "SELECT s.x, s.membership_id FROM ceremony_seats s JOIN announcements a ON a.ceremony_id = s.ceremony_id "
    "WHERE a.ann = :ann"
)
_INSERT_BATCH = text(
    "INSERT INTO share_batches (digest, subject_kind, subject_id, phase, part, x, file, received_at, entry_id) "
    "VALUES (:digest, :kind, :id, :phase, :part, :x, :file, :at, :entry)"
)
_INSERT_SETTLED = text(
    "INSERT INTO settlements (subject_kind, subject_id, phase, digest, file, settled_at, entry_id) "
    "VALUES (:kind, :id, :phase, :digest, :file, :at, :entry)"
)


async def receive_batch(session: AsyncSession, actor: Actor, *, subject: str, file: bytes) -> BatchRow:
    """A trustee's signed batch of one part; the same again changes nothing."""
    found = await opening(session, subject, locked=True)
    try:
        batch = verify_batch(file, found.announcement, found.box.root, found.box.envelopes)
    except SealingError as error:
        raise BatchRefused(detail=error.code) from error
    seats = {row.x: row.membership_id for row in await session.execute(_SEATS, {"ann": found.announcement.ann})}
    if seats.get(batch.x) != actor.membership_id:
        raise NotYourSeat
    digest = sha256(file).hex()
    earlier = next((row for row in found.batches if (row.part, row.x) == (batch.part, batch.x)), None)
    if earlier is not None:
        if earlier.digest != digest:
            raise BatchDiffers(x=batch.x, part=batch.part)
        return earlier
    await _demand_current(session, found, batch.phase)
    now = await platform_now(session)
    entry = await append(
        session,
        actor,
        BATCH_RECEIVED,
        subject=subject,
        payload={"digest": digest, "phase": batch.phase, "part": batch.part, "x": batch.x},
        at=now,
    )
    row = BatchRow(digest=digest, phase=batch.phase, part=batch.part, x=batch.x, file=file, received_at=now)
    await session.execute(
        _INSERT_BATCH,
        {
            "digest": digest,
            **found.subject.columns,
            "phase": batch.phase,
            "part": batch.part,
            "x": batch.x,
            "file": file,
            "at": now,
            "entry": entry,
        },
    )
    shown = {"phase": batch.phase, "part": batch.part, "x": batch.x, "at": rfc3339(now)}
    await live.publish(session, stream_of(found.subject), "batch", shown)
    return row


async def settle_phase(session: AsyncSession, actor: Actor, *, subject: str, phase: int) -> Settled:
    """Fix what opens and what is void; only then, once witnessed, does anything get decrypted."""
    found = await opening(session, subject, locked=True)
    await _demand_current(session, found, phase)
    files = [row.file for row in found.batches_of(phase)]
    settlement = settle(found.announcement, found.box, phase, files)
    if settlement.pending:
        present = {row.x for row in found.batches_of(phase)}
        raise SharesPending(have=len(present), need=found.announcement.body.t)
    document = settlement.document()
    digest = sha256(document).hex()
    now = await platform_now(session)
    decisions = settlement.settled.decisions
    openable = sum(decision.outcome == "openable" for decision in decisions)
    payload = {"phase": phase, "digest": digest, "openable": openable, "void": len(decisions) - openable}
    entry = await append(session, actor, PHASE_SETTLED, subject=subject, payload=payload, at=now)
    await session.execute(
        _INSERT_SETTLED,
        {**found.subject.columns, "phase": phase, "digest": digest, "file": document, "at": now, "entry": entry},
    )
    await emit(session, PhaseSettled(subject=subject, phase=phase))
    await live.publish(session, stream_of(found.subject), "settled", payload)
    return settlement.settled


async def _demand_current(session: AsyncSession, found: Opening, phase: int) -> None:
    """Phases open one after another, and a settled phase takes no more shares."""
    if await kind_of(found.subject).state(session, found) != "opening":
        raise OpeningOver
    if found.phase(phase) is not None:
        raise AlreadySettled(phase=phase)
    if found.current != phase:
        raise WrongPhase(phase=phase, current=found.current)
