"""Keeping the working-day calendar: officials enter the State Council's yearly notice, then declare the year known."""

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import FieldProblem, Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.projects import entries
from trading.projects.models import CalendarDayRow, CalendarYearRow

LONGEST = 31
"""Days entered at once."""


async def set_day(
    session: AsyncSession,
    actor: Actor,
    *,
    day: dt.date,
    working: bool,
    name: str,
    until: dt.date | None = None,
) -> None:
    """A holiday or a make-up working day, or a run of them up to `until`.

    A day that is what the week says anyway is no exception and is removed, which is also how one is taken back.
    """
    _demand_official(actor)
    last = until or day
    if not (2000 <= day.year <= 2199 and last.year == day.year):
        raise Invalid({"day": FieldProblem("web.bad_date")})
    if not 0 <= (last - day).days < LONGEST:
        raise Invalid({"until": FieldProblem("projects.bad_run", {"days": LONGEST})})
    for offset in range((last - day).days + 1):
        await _set_one(session, actor, day + dt.timedelta(days=offset), working=working, name=name)


async def _set_one(session: AsyncSession, actor: Actor, day: dt.date, *, working: bool, name: str) -> None:
    values = {"day": day, "working": working, "name": name}
    if working == (day.weekday() < 5):
        await session.execute(delete(CalendarDayRow).where(CalendarDayRow.day == day))
    else:
        await session.execute(
            insert(CalendarDayRow)
            .values(**values)
            .on_conflict_do_update(index_elements=["day"], set_={"working": working, "name": name})
        )
    await append(
        session,
        actor,
        entries.DAY_CHANGED,
        subject=f"calendar:{day.isoformat()}",
        payload={"working": working, "name": name},
    )


async def publish_year(session: AsyncSession, actor: Actor, *, year: int, source: str) -> None:
    """The year's rest days are known, by the State Council's notice named in `source`: it is provisional no more."""
    _demand_official(actor)
    if not 2000 <= year <= 2199:
        raise Invalid({"year": FieldProblem("web.bad_value")})
    added = await session.execute(
        insert(CalendarYearRow)
        .values(year=year, source=source)
        .on_conflict_do_nothing()
        .returning(CalendarYearRow.year)
    )
    if added.first() is not None:
        await append(session, actor, entries.YEAR_PUBLISHED, subject=f"calendar:{year}", payload={"source": source})


def _demand_official(actor: Actor) -> None:
    if not actor.has("official", "system"):
        raise Forbidden
