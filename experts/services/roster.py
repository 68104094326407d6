"""Changes of the roster (专家库变更): one person proposes, another confirms; until then nothing is in force.

Everything personal is sealed before it is stored. What the journal gets is how many rows, and a salted digest.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.errors import (
    ChangeDecided,
    ChangeOvertaken,
    ChangeUnknown,
    ExpertUnknown,
    NothingChanges,
    RowsBad,
    SecondPersonNeeded,
)
from experts.models import Absence, Expert, ExpertVersion, RosterChange
from experts.roster.records import Record, Row
from experts.roster.sealed import Kept, fresh, seal, seal_records, unseal, unseal_records
from experts.roster.spreadsheet import FileProblem, Sheet, read_sheet
from experts.services.messages import queue
from experts.services.snapshots import await_next_day
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.signing import PersonalSeal
from trading.parties.services import demand_step_up
from trading.projects.calendar import local_day

LOCK = "experts:roster"


class Proposed(msgspec.Struct, frozen=True):
    """A change as it was proposed."""

    id: UUID
    kind: str
    counts: dict[str, int]


class AbsencePlan(msgspec.Struct, frozen=True):
    """A leave or suspension that was proposed."""

    number: str
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    document: str
    """The competent authority's document, or the expert's own request."""


async def propose_import(session: AsyncSession, actor: Actor, *, data: bytes, personal: PersonalSeal) -> Proposed:
    """Take a file without any bad row as a proposal; with one, refuse it whole and say why (`RowsBad`)."""
    now = await platform_now(session)
    await lock(session, LOCK)
    sheet = await checked(session, data=data, today=local_day(now), personal=personal)
    if sheet.bad:
        raise RowsBad(sheet.bad, len(sheet.rows) - len(sheet.bad))
    known = await _known(session, personal)
    records = [row.record for row in sheet.rows if row.record is not None and _differs(known, row.record)]
    if not records:
        raise NothingChanges
    added = sum(record.number not in known for record in records)
    counts = {"added": added, "changed": len(records) - added, "unchanged": len(sheet.rows) - len(records)}
    change_id = new_id()
    return await _propose(
        session,
        actor,
        change_id=change_id,
        kind="import",
        sealed=seal_records(records, personal, change_id),
        counts=counts,
    )


async def propose_absence(
    session: AsyncSession, actor: Actor, *, plan: AbsencePlan, personal: PersonalSeal
) -> Proposed:
    """Leave (请假) or suspension (暂停) of one expert, with the document it rests on."""
    if await session.scalar(select(Expert.id).where(Expert.number == plan.number)) is None:
        raise ExpertUnknown({"number": FieldProblem("roster.expert_unknown")})
    if plan.ends_at is not None and plan.ends_at <= plan.starts_at:
        raise Invalid({"ends_at": FieldProblem("roster.ends_before")})
    change_id = new_id()
    sealed = personal.seal(msgspec.json.encode(plan), f"roster-change:{change_id}")
    return await _propose(session, actor, change_id=change_id, kind="absence", sealed=sealed, counts={plan.kind: 1})


async def decide(
    session: AsyncSession, actor: Actor, *, change_id: UUID, confirm: bool, personal: PersonalSeal
) -> Proposed:
    """Confirm a proposal, or reject it; who proposed it may only take it back."""
    if not actor.has("official"):
        raise Forbidden
    await lock(session, LOCK)
    row = await session.get(RosterChange, change_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise ChangeUnknown
    if row.state != "proposed":
        raise ChangeDecided
    if confirm and row.proposed_by == actor.person_id:
        raise SecondPersonNeeded
    now = await platform_now(session)
    row.state, row.decided_by, row.decided_at = ("confirmed" if confirm else "rejected"), actor.person_id, now
    if confirm and row.kind == "import":
        await _write(session, row, unseal_records(row.sealed, personal, row.id), personal, now)
    elif confirm:
        await _absent(session, row, personal)
    if not confirm:
        row.sealed = b""  # what was not taken is not kept
    await append(
        session,
        actor,
        entries.ROSTER_CONFIRMED if confirm else entries.ROSTER_REJECTED,
        subject=entries.ROSTER,
        payload={"change": str(row.id), "kind": row.kind, "counts": row.counts},
        at=now,
    )
    if confirm:
        await await_next_day(session, now)
    return Proposed(row.id, row.kind, row.counts)


async def look_up(session: AsyncSession, actor: Actor, *, number: str, personal: PersonalSeal) -> Record:
    """One record, for the roster keeper who has just proved himself; that it was looked at is journalled."""
    if not actor.has("official"):
        raise Forbidden
    demand_step_up(actor)
    row = (
        await session.execute(
            select(ExpertVersion.id, ExpertVersion.sealed)
            .join(Expert, Expert.version_id == ExpertVersion.id)
            .where(Expert.number == number)
        )
    ).one_or_none()
    if row is None:
        raise ExpertUnknown({"number": FieldProblem("roster.expert_unknown")})
    await append(session, actor, entries.EXPERT_SEEN, subject=entries.ROSTER, payload={}, secret={"number": number})
    return unseal(row.sealed, personal, row.id).record


async def checked(session: AsyncSession, *, data: bytes, today: dt.date, personal: PersonalSeal) -> Sheet:
    """The file with every problem, also those that only the roster knows."""
    try:
        sheet = read_sheet(data, today)
    except FileProblem as error:
        raise Invalid({"file": error.problem}) from error
    numbers = {
        bytes(row.person_tag): row.number for row in await session.execute(select(Expert.person_tag, Expert.number))
    }
    taken = set(numbers.values())
    return Sheet(tuple(_against(row, numbers, taken, personal) for row in sheet.rows))


def _against(row: Row, numbers: dict[bytes, str], taken: set[str], personal: PersonalSeal) -> Row:
    if row.record is None:
        return row
    number = numbers.get(personal.tag(row.record.id_number))
    problem: dict[str, FieldProblem] = {}
    if number is not None and number != row.record.number:
        problem = {"id_number": FieldProblem("roster.person_known", {"number": number})}
    elif number is None and row.record.number in taken:
        problem = {"number": FieldProblem("roster.number_taken")}
    return msgspec.structs.replace(row, record=None, problems=problem) if problem else row


async def _known(session: AsyncSession, personal: PersonalSeal) -> dict[str, Kept]:
    rows = await session.execute(
        select(Expert.number, ExpertVersion.id, ExpertVersion.sealed).join(
            ExpertVersion, ExpertVersion.id == Expert.version_id
        )
    )
    return {row.number: unseal(row.sealed, personal, row.id) for row in rows}


def _differs(known: dict[str, Kept], record: Record) -> bool:
    kept = known.get(record.number)
    return kept is None or kept.record != record


async def _propose(
    session: AsyncSession, actor: Actor, *, change_id: UUID, kind: str, sealed: bytes, counts: dict[str, int]
) -> Proposed:
    if not actor.has("official") or actor.person_id is None:
        raise Forbidden
    now = await platform_now(session)
    entry = await append(
        session,
        actor,
        entries.ROSTER_PROPOSED,
        subject=entries.ROSTER,
        payload={"change": str(change_id), "kind": kind, "counts": counts},
        at=now,
    )
    session.add(
        RosterChange(
            id=change_id,
            kind=kind,
            state="proposed",
            sealed=sealed,
            entry_id=entry,
            counts=counts,
            proposed_by=actor.person_id,
            proposed_at=now,
        )
    )
    await session.flush()
    return Proposed(change_id, kind, counts)


async def _write(
    session: AsyncSession, change: RosterChange, records: Sequence[Record], personal: PersonalSeal, now: dt.datetime
) -> None:
    known = await _known(session, personal)
    rows = {row.number: row for row in await session.scalars(select(Expert))}
    tags = {bytes(row.person_tag): row.number for row in rows.values()}
    pins: list[dict[str, Any]] = []
    for record in records:
        tag = personal.tag(record.id_number)
        if tags.get(tag, record.number) != record.number or (
            record.number in rows and rows[record.number].person_tag != tag
        ):
            raise ChangeOvertaken
        before = known.get(record.number)
        kept = fresh(record, pin=before.pin if before else None)
        version_id = new_id()
        expert = rows.get(record.number)
        if expert is None:
            expert = Expert(id=new_id(), number=record.number, person_tag=tag, version_id=version_id, enrolled_at=now)
            session.add(expert)
            pins.append({"to": record.phone, "pin": kept.pin})
        expert.version_id = version_id
        await session.flush()
        session.add(
            ExpertVersion(
                id=version_id,
                expert_id=expert.id,
                leaf=kept.leaf,
                sealed=seal(kept, personal, version_id),
                change_id=change.id,
            )
        )
    change.sealed = b""  # the versions hold it now
    await session.flush()
    await queue(session, "pin", pins, personal)


async def _absent(session: AsyncSession, change: RosterChange, personal: PersonalSeal) -> None:
    plan = msgspec.json.decode(personal.open(change.sealed, f"roster-change:{change.id}"), type=AbsencePlan)
    expert = await session.scalar(select(Expert).where(Expert.number == plan.number))
    if expert is None:
        raise ChangeOvertaken
    session.add(
        Absence(
            id=new_id(),
            expert_id=expert.id,
            kind=plan.kind,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            change_id=change.id,
        )
    )
    await session.flush()
