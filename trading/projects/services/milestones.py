"""The timeline: laid out from the profile at registration, moved with its dates, marked by every module."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.projects import entries
from trading.projects.calendar import day_end
from trading.projects.models import MilestoneRow
from trading.projects.profile import Profile
from trading.projects.rules import Derived, Timetable
from trading.records.types import split_subject


class Dated(Protocol):
    """A timetable with what follows from it."""

    @property
    def profile(self) -> Profile:
        """The rules it was checked under."""

    @property
    def timetable(self) -> Timetable:
        """The dates the tenderer decided."""

    @property
    def derived(self) -> Derived:
        """The dates counted back from the deadline."""


def _due(dated: Dated, name: str) -> dt.datetime | None:
    """The instant a date of the timetable runs out: a day ends at 24:00."""
    if not name:
        return None
    value = getattr(dated.derived if hasattr(dated.derived, name) else dated.timetable, name)
    return value if isinstance(value, dt.datetime) else day_end(value)


async def lay_out(session: AsyncSession, dated: Dated, *, project_id: UUID, lot_ids: Sequence[UUID]) -> None:
    """The steps of a project and of each of its lots."""
    for position, step in enumerate(dated.profile.milestones):
        for subject_id in (project_id,) if step.subject == "project" else lot_ids:
            session.add(
                MilestoneRow(
                    subject_kind=step.subject,
                    subject_id=subject_id,
                    key=step.key,
                    position=position,
                    role=step.role,
                    due_at=_due(dated, step.due),
                )
            )
    await session.flush()


async def move_dues(session: AsyncSession, dated: Dated, *, lot_ids: Sequence[UUID]) -> None:
    """New dates for the steps of lots whose timetable changed."""
    for step in dated.profile.milestones:
        if step.subject == "lot":
            await session.execute(
                update(MilestoneRow)
                .where(
                    MilestoneRow.subject_kind == "lot",
                    MilestoneRow.subject_id.in_(lot_ids),
                    MilestoneRow.key == step.key,
                )
                .values(due_at=_due(dated, step.due))
                .execution_options(synchronize_session=False)
            )


async def mark_milestone(
    session: AsyncSession, actor: Actor, *, subject: str, key: str, entry_id: UUID | None = None
) -> bool:
    """The step is done, by the journal entry of the act or one made here; False if it was done before or is unknown."""
    kind, subject_id = split_subject(subject)
    row = await session.scalar(
        select(MilestoneRow)
        .where(MilestoneRow.subject_kind == kind, MilestoneRow.subject_id == subject_id, MilestoneRow.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.done_at is not None:
        return False
    now = await platform_now(session)
    if entry_id is None:
        entry_id = await append(
            session, actor, entries.MILESTONE_REACHED, subject=subject, payload={"milestone": key}, at=now
        )
    row.done_at, row.entry_id = now, entry_id
    await session.flush()
    return True


async def date_milestone(session: AsyncSession, *, subject: str, key: str, due_at: dt.datetime | None) -> None:
    """A step that another step dates (a contract from its letter); the act that dates it is what is journalled."""
    kind, subject_id = split_subject(subject)
    await session.execute(
        update(MilestoneRow)
        .where(MilestoneRow.subject_kind == kind, MilestoneRow.subject_id == subject_id, MilestoneRow.key == key)
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )
