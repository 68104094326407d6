"""A draw and the roster as pages show them: times and counts, never who."""

from collections import Counter
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from experts.errors import ChangeUnknown, DrawUnknown
from experts.forms import PlanDraw
from experts.models import Absence, Draw, DrawCall, DrawList, Expert, RosterChange, RosterDay, Snapshot
from experts.proof.documents import ELIGIBLE
from experts.services.beacons import beacons_of, next_beacon, pairs
from experts.store import calls_of, lists_of, parties_of
from experts.types import BeaconView, ChangeView, DrawView, ListView, PartyView, RootView, RosterView
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.parties import reads as parties

_DAYS = 14
_MOST_DUE = 30
_LAST = text("SELECT coalesce(max(seq), 0) FROM live_events WHERE stream = :stream")


async def draw_view(session: AsyncSession, draw_id: UUID, *, proposed: bool = False) -> DrawView:
    """A draw; one that is only proposed is for those who may confirm it."""
    draw = await session.get(Draw, draw_id)
    if draw is None or (draw.ann is None and not proposed):
        raise DrawUnknown
    plan = msgspec.convert(draw.plan, PlanDraw)
    typed = await beacons_of(session, draw_id)
    attested = {first.position: first.value for first, _ in pairs(typed)}
    snapshot = await session.get(Snapshot, draw.roster_root) if draw.roster_root else None
    calls = await calls_of(session, draw_id)
    lists = {item.specialty: item for item in await lists_of(session, draw_id)}
    stream = f"draw:{draw_id}"
    return DrawView(
        id=draw.id,
        lot_id=draw.lot_id,
        number=draw.number,
        state=draw.state,
        ann=draw.ann,
        continued=draw.continued,
        announced_at=draw.announced_at,
        commit_until=plan.commit_until,
        reveal_until=plan.reveal_until,
        settled_by=plan.settled_by,
        beacon_at=plan.beacon_at,
        meets_at=plan.meets_at,
        place=plan.place,
        declines=plan.declines,
        call_minutes=plan.call_minutes,
        roster_root=draw.roster_root,
        roster_size=snapshot.size if snapshot else 0,
        parties=await _parties(session, draw, plan),
        lists=tuple(
            _list(item.specialty, item.quota, item.reserve, lists.get(item.specialty), calls) for item in plan.quotas
        ),
        beacons=tuple(
            BeaconView(
                name=item.name,
                issue=item.issue,
                witnesses=sum(row.position == number for row in typed),
                value=attested.get(number),
                missing=number in attested and attested[number] is None,
            )
            for number, item in enumerate(plan.beacons)
        ),
        next_beacon=next_beacon(typed),
        settled_at=draw.settled_at,
        missing={item["party"]: item["code"] for item in draw.missing or ()},
        seed=draw.seed,
        computed_at=draw.computed_at,
        completed_at=draw.completed_at,
        recused_at=draw.recused_at,
        unlocked_at=draw.unlocked_at,
        cancelled_at=draw.cancelled_at,
        reason=draw.reason,
        proposed_by=draw.proposed_by,
        live_after=int((await session.execute(_LAST, {"stream": stream})).scalar_one()),
    )


async def _parties(session: AsyncSession, draw: Draw, plan: PlanDraw) -> tuple[PartyView, ...]:
    rows = {row.party: row for row in await parties_of(session, draw.id)}
    found = []
    for name in ("centre", "supervisor", "tenderer"):
        member, row = await parties.membership(session, getattr(plan, name)), rows.get(name)
        found.append(
            PartyView(
                party=name,
                organisation=member.org_name,
                membership_id=member.id,
                committed_at=row.committed_at if row else None,
                revealed_at=row.revealed_at if row else None,
                source=row.source if row else None,
            )
        )
    return tuple(found)


def _list(specialty: str, quota: int, reserve: int, listed: DrawList | None, calls: list[DrawCall]) -> ListView:
    codes = Counter(listed.codes if listed else ())
    states = Counter(call.state for call in calls if call.specialty == specialty)
    return ListView(
        specialty=specialty,
        quota=quota,
        reserve=reserve,
        eligible=codes.pop(ELIGIBLE, 0),
        excluded=dict(sorted(codes.items())),
        called=sum(states.values()),
        accepted=states["accepted"],
        declined=states["declined"],
        unanswered=states["unanswered"],
        waiting=states["made"] + states["sent"],
        recused=states["recused"],
    )


async def draws_in(session: AsyncSession, *states: str) -> list[DrawView]:
    """Draws in these states, oldest first, for what is due today."""
    rows = await session.scalars(select(Draw.id).where(Draw.state.in_(states)).order_by(Draw.id).limit(_MOST_DUE))
    return [await draw_view(session, draw_id, proposed=True) for draw_id in rows.all()]


async def waiting_changes(session: AsyncSession, actor: Actor) -> list[UUID]:
    """Changes of the roster that await a second person, if the actor can be it."""
    rows = await session.scalars(
        select(RosterChange.id)
        .where(RosterChange.state == "proposed", RosterChange.proposed_by != actor.person_id)
        .order_by(RosterChange.id)
        .limit(_MOST_DUE)
    )
    return list(rows)


async def proposals_of(session: AsyncSession, lot_id: UUID) -> UUID | None:
    """The lot's draw that awaits a second person."""
    found: UUID | None = await session.scalar(select(Draw.id).where(Draw.lot_id == lot_id, Draw.state == "proposed"))
    return found


async def roster_view(session: AsyncSession) -> RosterView:
    """How many, how many away now, the last roots."""
    now = await platform_now(session)
    size = await session.scalar(select(func.count()).select_from(Expert)) or 0
    away = await session.scalar(
        select(func.count(Absence.expert_id.distinct())).where(
            Absence.lifted_at.is_(None),
            Absence.starts_at <= now,
            (Absence.ends_at.is_(None)) | (Absence.ends_at > now),
        )
    )
    rows = await session.execute(
        select(RosterDay.day, RosterDay.root, Snapshot.size)
        .join(Snapshot, Snapshot.root == RosterDay.root)
        .order_by(RosterDay.day.desc())
        .limit(_DAYS)
    )
    return RosterView(size=size, away=away or 0, days=tuple(RootView(row.day, row.root, row.size) for row in rows))


async def changes(session: AsyncSession, *, limit: int = 20) -> list[ChangeView]:
    """Changes of the roster, newest first."""
    rows = await session.scalars(select(RosterChange).order_by(RosterChange.id.desc()).limit(limit))
    return [await _change(session, row) for row in rows.all()]


async def change(session: AsyncSession, change_id: UUID) -> ChangeView:
    """One change."""
    row = await session.get(RosterChange, change_id)
    if row is None:
        raise ChangeUnknown
    return await _change(session, row)


async def _change(session: AsyncSession, row: RosterChange) -> ChangeView:
    person = await parties.person_detail(session, row.proposed_by)
    return ChangeView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        counts=row.counts,
        proposed_by=row.proposed_by,
        proposed_by_name=person.name,
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
    )
