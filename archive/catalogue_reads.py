"""The catalogue (归档目录) of a project: the profile's list of required records against what is filed.

Records are filed by whoever makes them, on the day they are made; the archive only looks. So a gap shows from the
first day, and closing a project is no hunt for papers.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from archive.reads import package_of
from archive.rules import due_of, state_of, unfinished
from archive.types import Catalogue, Item
from experts import reads as experts
from trading.kernel.clock import platform_now
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.projects.profile import Profile, RequiredRecord, load_profile, profile_names
from trading.projects.types import LotView, Milestone, ProjectView
from trading.records import reads as records
from trading.records.types import Record


async def rules_of(session: AsyncSession, project: ProjectView) -> Profile:
    """The project's profile; one stored before its profile had a list is judged by the release's own."""
    profile = await projects.profile(session, project.profile_digest)
    if not profile.records and project.profile in profile_names():
        return load_profile(project.profile)
    return profile


async def catalogue(session: AsyncSession, project_id: UUID) -> Catalogue:
    """Everything asked for, lot by lot, and what is still to be done."""
    project = await projects.project(session, project_id)
    profile, now = await rules_of(session, project), await platform_now(session)
    started = local_day(project.registered_at)
    look = _Look(session, now, profile.required(started))
    steps = {"": await projects.timeline(session, f"project:{project_id}")}
    steps |= {lot.number: await projects.timeline(session, f"lot:{lot.id}") for lot in project.lots}
    # One notice serves all lots: for what the whole project owes, the first lot that takes the step sets the date.
    items = await look.at(project, None, {step.key: step for line in reversed(steps.values()) for step in line})
    for lot in project.lots:
        items += await look.at(project, lot, {step.key: step for step in (*steps[""], *steps[lot.number])})
    open_steps = unfinished(
        steps, {"": _over(project), **{lot.number: lot.state == "failed" for lot in project.lots}}, now
    )
    return Catalogue(
        project_id=project_id,
        items=tuple(items),
        unfinished=open_steps,
        retention=profile.retained(local_day(now)) if profile.retention else None,
        package=await package_of(session, project_id),
    )


def _over(project: ProjectView) -> bool:
    """Whether no lot of it can go on."""
    return all(lot.state == "failed" for lot in project.lots)


class _Look:
    """The required records of one project, looked up subject by subject."""

    def __init__(self, session: AsyncSession, now: datetime, required: tuple[RequiredRecord, ...]) -> None:
        self._session, self._now, self._required = session, now, required

    async def at(self, project: ProjectView, lot: LotView | None, steps: dict[str, Milestone]) -> list[Item]:
        """What the project itself owes, or one of its lots."""
        kind = "lot" if lot else "project"
        subject = f"lot:{lot.id}" if lot else f"project:{project.id}"
        filed: dict[str, list[Record]] = {}
        for record in await records.records_of(self._session, subject):
            filed.setdefault(record.kind, []).append(record)
        return [
            await self._item(
                row, lot, steps.get(row.after), filed, failed=_over(project) if lot is None else lot.state == "failed"
            )
            for row in self._required
            if row.subject == kind
        ]

    async def _item(
        self,
        row: RequiredRecord,
        lot: LotView | None,
        step: Milestone | None,
        filed: dict[str, list[Record]],
        *,
        failed: bool,
    ) -> Item:
        held = tuple(record for name in row.kinds for record in filed.get(name, ()))
        state = state_of(
            filled=bool(held) or (bool(row.made) and await self._made(row.made, lot, step)),
            applies=row.only != "deposit" or (lot is not None and lot.deposit_fen > 0),
            milestone=step,
            days=row.days,
            failed=failed,
            now=self._now,
        )
        return Item(
            id=row.id,
            title=row.title,
            lot_id=lot.id if lot else None,
            lot=f"{lot.number} {lot.name}" if lot else "",
            state=state,
            role=row.role,
            due_at=due_of(step, row.days),
            article=row.article,
            source=row.source,
            made=row.made,
            records=held,
        )

    async def _made(self, what: str, lot: LotView | None, step: Milestone | None) -> bool:
        """Whether the platform's own books have it: they say nothing before their step."""
        if what in {"registration", "journal"}:
            return True
        if lot is None or step is None or not step.over(self._now):
            return False
        if what == "draws":
            return bool(await experts.draws_of_lot(self._session, lot.id))
        return what in {"bids", "deposits", "refunds"} and lot.state not in {"registered", "published"}
