"""The list of lots with their clocks, and one project's whole line, for pages and API alike.

Secrecy (招标投标法 22、52): the lock-box and the money are asked through reads that refuse before closing, so a
supervisor sees before a deadline what everyone sees, and not one bid, name or payment more.
"""

import datetime as dt
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from supervision import reads
from supervision.clocks import SOON, Clock, Line, clocks, line
from supervision.gathering import story_of
from supervision.stories import Fact
from supervision.types import Alert
from trading.awards import reads as awards
from trading.awards.types import Outcome
from trading.funds import reads as funds
from trading.funds.reads import refunds as refund_reads
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.reads import Waiting
from trading.projects.types import LotView, ProjectView
from trading.schedule import reads as schedule
from trading.schedule.types import BookingView
from trading.web.tables import Order

CLOCKS = ("late", "soon")
_DRAWN = {"draw:order:computed": "computed", "draw:panel:completed": "completed", "draw:committee:unlocked": "unlocked"}


class DrawLine(msgspec.Struct, frozen=True):
    """A draw of the lot, as far as its entries tell everyone."""

    id: str
    steps: tuple[tuple[str, Fact], ...]


class LotLine(msgspec.Struct, frozen=True):
    """One lot's whole line."""

    lot: LotView
    clocks: tuple[Clock, ...]
    bookings: tuple[BookingView, ...]
    draws: tuple[DrawLine, ...]
    deposits: dict[str, int] | None
    """How many sub-accounts are in which state; None before closing, when nobody may know."""
    refunds: dict[str, int]
    """How many refunds are in which state; none before closing."""
    result: Outcome | None
    facts: tuple[Fact, ...]
    alerts: tuple[Alert, ...]


class ProjectLine(msgspec.Struct, frozen=True):
    """A project with the line of each lot."""

    project: ProjectView
    clocks: tuple[Clock, ...]
    lots: tuple[LotLine, ...]


def waiting(clock: str, now: dt.datetime) -> Waiting | None:
    """What a filter asks for: clocks that have run out, or soon will."""
    if clock == "late":
        return None, now
    return (now, now + SOON) if clock == "soon" else None


async def lines(
    session: AsyncSession, *, state: str = "", clock: str = "", search: str = "", order: Order
) -> list[Line]:
    """Lots with their clocks."""
    now = await platform_now(session)
    found = await projects.lots(session, state=state, search=search, waiting=waiting(clock, now), order=order)
    steps = await projects.timelines(session, "lot", [lot.id for lot in found])
    return [line(lot, steps[lot.id], now) for lot in found]


async def console(session: AsyncSession) -> dict[str, Any]:
    """The numbers of the console; behind each is the list it counts."""
    now = await platform_now(session)
    states = await projects.count_lots(session)
    return {
        "states": states,
        "total": sum(states.values()),
        "late": sum((await projects.count_lots(session, waiting=waiting("late", now))).values()),
        "soon": sum((await projects.count_lots(session, waiting=waiting("soon", now))).values()),
        "open": await reads.count_open(session),
    }


async def project_line(session: AsyncSession, actor: Actor, project_id: UUID) -> ProjectLine:
    """Everything of a project that has an end in the journal."""
    project = await projects.project(session, project_id)
    now = await platform_now(session)
    own = await projects.timeline(session, f"project:{project_id}")
    return ProjectLine(
        project=project,
        clocks=clocks(own, now),
        lots=tuple([await _lot_line(session, actor, lot, now) for lot in project.lots]),
    )


async def _lot_line(session: AsyncSession, actor: Actor, lot: LotView, now: dt.datetime) -> LotLine:
    story = await story_of(session, lot.id)
    outcome = await awards.outcome_if_any(session, lot.id)
    deposits = await _deposits(session, lot, now)
    return LotLine(
        lot=lot,
        clocks=clocks(story.milestones, now, failed=lot.state == "failed"),
        bookings=await schedule.bookings_of(session, f"lot:{lot.id}"),
        draws=_draws(story.facts),
        deposits=deposits,
        refunds={} if deposits is None else await _refunds(session, lot.id),
        result=awards.seen_by(outcome, actor, lot) if outcome else None,
        facts=tuple(item for item in story.facts if item.subject == story.subject),
        alerts=tuple(await reads.alerts(session, lot_ids=(lot.id,))),
    )


def _draws(facts: tuple[Fact, ...]) -> tuple[DrawLine, ...]:
    found: dict[str, list[tuple[str, Fact]]] = {}
    for item in facts:
        kind, _, name = item.subject.partition(":")
        if kind == "draw":
            steps = found.setdefault(name, [])
            if item.action in _DRAWN:
                steps.append((_DRAWN[item.action], item))
    return tuple(DrawLine(name, tuple(steps)) for name, steps in found.items())


async def _deposits(session: AsyncSession, lot: LotView, now: dt.datetime) -> dict[str, int] | None:
    if lot.participants_public_at is None or lot.participants_public_at > now:
        return None
    return dict(Counter(holder.state for holder in await funds.lot_deposits(session, lot.id)))


async def _refunds(session: AsyncSession, lot_id: UUID) -> dict[str, int]:
    return dict(Counter(item.state for item in await refund_reads.refunds_of_lot(session, lot_id)))
