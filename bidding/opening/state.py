"""What is known of an opening: the box as the engine derives it from the opened slots, and how far it has come.

Nothing here is a stored opinion: every step derives the box again from the slots; who only looks is shown what was
derived before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.errors import BoxUnknown
from bidding.reads import verified
from bidding.sealing.announcement import Announcement
from bidding.sealing.box import Act, Box, derive_box, parse_act
from bidding.subjects import Subject, parse_subject
from trading.kernel.canonical import canonical
from trading.kernel.journal import blind_streams
from trading.kernel.journal.blind import SlotOpening
from trading.kernel.locks import lock

_ANNOUNCEMENTS = text("SELECT file FROM announcements WHERE subject_kind = :kind AND subject_id = :id ORDER BY version")
_DOCUMENTS = text("SELECT digest, file FROM envelopes WHERE subject_kind = :kind AND subject_id = :id")
_BOX = text(
    "SELECT ann, root, live, slots_digest, closed_at, entry_id FROM boxes "
    "WHERE subject_kind = :kind AND subject_id = :id"
)
_BATCHES = text(
    "SELECT digest, phase, part, x, file, received_at FROM share_batches "
    "WHERE subject_kind = :kind AND subject_id = :id ORDER BY part, x"
)
_PHASES = text(
    "SELECT s.phase, s.digest, s.file, s.settled_at, s.entry_id, r.revealed_at, r.valid, r.entry_id AS reveal_entry "
    "FROM settlements s LEFT JOIN reveals r USING (subject_kind, subject_id, phase) "
    "WHERE s.subject_kind = :kind AND s.subject_id = :id ORDER BY s.phase"
)


class BoxRow(msgspec.Struct, frozen=True):
    """A closed box as stored."""

    ann: str | None
    root: str
    live: int
    slots_digest: str
    closed_at: datetime
    entry_id: UUID


class BatchRow(msgspec.Struct, frozen=True):
    """A trustee's batch as received."""

    digest: str
    phase: int
    part: str
    x: int
    file: bytes
    received_at: datetime


class PhaseRow(msgspec.Struct, frozen=True):
    """A settled phase, and its reveal once it is there."""

    phase: int
    digest: str
    file: bytes
    settled_at: datetime
    entry_id: UUID
    revealed_at: datetime | None
    valid: int | None
    reveal_entry: UUID | None


@dataclass(frozen=True)
class Closed:
    """What no longer changes once the box is closed."""

    announcement: Announcement
    slots: tuple[SlotOpening, ...]
    timeline: Any
    documents: dict[str, bytes]
    box: Box


# Everyone may look, and many do at once, while thousands of slots take a while to derive a box from. Steps of the
# opening derive it anew. The rows can never change, so the closing's own entry is name enough.
_MOST_KEPT = 16
_kept: dict[UUID, Closed] = {}


@dataclass(frozen=True)
class Opening:
    """A closed subject with everything its opening stands on."""

    subject: Subject
    stored: BoxRow
    announcement: Announcement
    slots: tuple[SlotOpening, ...]
    timeline: Any
    documents: dict[str, bytes]
    box: Box
    batches: tuple[BatchRow, ...]
    settled: tuple[PhaseRow, ...]

    @property
    def phases(self) -> tuple[int, ...]:
        """The phases the announcement opens, in order."""
        return tuple(sorted({part.phase for part in self.announcement.body.parts}))

    @property
    def current(self) -> int | None:
        """The phase to be opened now: the first not yet revealed."""
        revealed = {row.phase for row in self.settled if row.revealed_at}
        return next((phase for phase in self.phases if phase not in revealed), None)

    def phase(self, number: int) -> PhaseRow | None:
        """A settled phase."""
        return next((row for row in self.settled if row.phase == number), None)

    def batches_of(self, phase: int) -> tuple[BatchRow, ...]:
        """What trustees have sent for a phase."""
        return tuple(row for row in self.batches if row.phase == phase)


def opening_lock(subject: str) -> str:
    """The lock under which the steps of one opening follow each other."""
    return f"opening:{subject}"


def stream_of(subject: Subject) -> str:
    """The live stream of a subject's opening."""
    return f"opening:{subject.id}"


async def announcements(session: AsyncSession, subject: str) -> list[Announcement]:
    """Every published version, oldest first."""
    rows = await session.execute(_ANNOUNCEMENTS, parse_subject(subject).columns)
    return [verified(row.file) for row in rows]


async def documents(session: AsyncSession, subject: str) -> dict[str, bytes]:
    """Envelopes and withdrawals by digest."""
    rows = await session.execute(_DOCUMENTS, parse_subject(subject).columns)
    return {row.digest: bytes(row.file) for row in rows}


def acts_of(slots: Sequence[SlotOpening], subject: str) -> list[Act]:
    """The acts that the opened slots show."""
    found = (parse_act(entry.body, slot.slot, subject) for slot in slots for entry in slot.entries)
    return [act for act in found if act is not None]


def slots_document(subject: str, timeline: Any, slots: Sequence[SlotOpening]) -> bytes:
    """Every slot opened, salt and entries: what anyone derives the box from."""
    shown = [slot.to_json() for slot in slots]
    return canonical({"v": "LBB1", "subject": subject, "timeline": timeline, "slots": shown})


async def box_row(session: AsyncSession, subject: str) -> BoxRow | None:
    """The closed box, or None before closing."""
    row = (await session.execute(_BOX, parse_subject(subject).columns)).mappings().one_or_none()
    return BoxRow(**row) if row else None


async def opening(session: AsyncSession, subject: str, *, locked: bool = False) -> Opening:
    """Everything of a closed subject; with `locked` its steps wait for each other."""
    if locked:
        await lock(session, opening_lock(subject))
    stored = await box_row(session, subject)
    if stored is None or stored.ann is None:
        raise BoxUnknown
    if locked or stored.entry_id not in _kept:
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[stored.entry_id] = await _derive(session, subject)
    closed = _kept[stored.entry_id]
    of = parse_subject(subject)
    batches = await session.execute(_BATCHES, of.columns)
    phases = await session.execute(_PHASES, of.columns)
    return Opening(
        subject=of,
        stored=stored,
        announcement=closed.announcement,
        slots=closed.slots,
        timeline=closed.timeline,
        documents=closed.documents,
        box=closed.box,
        batches=tuple(BatchRow(**row) for row in batches.mappings()),
        settled=tuple(PhaseRow(**row) for row in phases.mappings()),
    )


async def _derive(session: AsyncSession, subject: str) -> Closed:
    published = await announcements(session, subject)
    stream = await blind_streams.find_stream(session, subject)
    slots = tuple(await blind_streams.open_all(session, stream.id))
    files = await documents(session, subject)
    newest = published[-1]
    return Closed(
        announcement=newest,
        slots=slots,
        timeline=stream.timeline.to_json(),
        documents=files,
        box=derive_box(published, acts_of(slots, subject), files, newest.deadline),
    )
