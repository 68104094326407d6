"""Announcing a draw (抽取公告): one official plans, a second official or the supervisor confirms, then all is fixed.

The filter runs in the confirmation, before any randomness exists, on facts that no bidder is part of (R31, R68).
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.framing import format_instant
from experts import entries, rules
from experts.draw import (
    Beacon,
    DrawAnnouncement,
    DrawError,
    Previous,
    Quota,
    Roster,
    announce_text,
    announcement_digest,
    eligible_root,
)
from experts.errors import (
    DrawRunning,
    LotNotForDraw,
    NoGateway,
    PlanOutOfTime,
    PlanUnlawful,
    RosterTooYoung,
    SecondPersonNeeded,
    TimesUnlawful,
    TooFewEligible,
)
from experts.events import RevealsOver
from experts.forms import PlanDraw
from experts.models import Draw, DrawList, DrawParty
from experts.proof import facts
from experts.proof.documents import ELIGIBLE, Filtered
from experts.roster.records import specialties
from experts.services.calling import begin_calls
from experts.services.filtering import codes_for
from experts.services.snapshots import old_enough
from experts.states import DRAW
from experts.store import leaves_of, lists_of, locked
from trading.kernel import live, timers
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Forbidden
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.settings import GatewaySettings
from trading.kernel.signing import PersonalSeal
from trading.parties import reads as parties
from trading.parties.services import demand_step_up
from trading.projects import reads as projects
from trading.projects.types import LotView

PARTIES: tuple[Literal["centre", "supervisor", "tenderer"], ...] = ("centre", "supervisor", "tenderer")
_ROLE = {"centre": "official", "supervisor": "supervisor", "tenderer": "tenderer"}
_LOT_STATES = frozenset({"published", "closed", "opening", "opened"})


async def propose_draw(session: AsyncSession, actor: Actor, *, lot_id: UUID, plan: PlanDraw) -> UUID:
    """A plan for the lot's draw; nothing is fixed until somebody else confirms it."""
    if not actor.has("official") or actor.person_id is None:
        raise Forbidden
    await lock(session, f"lot-draw:{lot_id}")
    lot = await projects.lot(session, lot_id)
    if lot.state not in _LOT_STATES:
        raise LotNotForDraw(state=lot.state)
    earlier = list(await session.scalars(select(Draw).where(Draw.lot_id == lot_id).order_by(Draw.number)))
    if any(row.state != "cancelled" for row in earlier):
        raise DrawRunning
    now = await platform_now(session)
    _check_times(plan, now)
    await _check_plan(session, lot, plan)
    drawn = [row for row in earlier if row.seed is not None]
    draw = Draw(
        id=new_id(),
        lot_id=lot_id,
        number=len(earlier) + 1,
        previous_id=drawn[-1].id if drawn else None,
        continued=False,
        state="proposed",
        plan=msgspec.to_builtins(plan),
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(draw)
    await session.flush()
    shown = {"lot": str(lot_id), "quotas": {item.specialty: item.quota for item in plan.quotas}}
    await append(session, actor, entries.DRAW_PROPOSED, subject=f"draw:{draw.id}", payload=shown, at=now)
    return draw.id


async def confirm_draw(
    session: AsyncSession, actor: Actor, *, draw_id: UUID, gateway: GatewaySettings, personal: PersonalSeal
) -> Draw:
    """The second person's yes: filter, announcement, parties, timers, all in one transaction."""
    if not actor.has("official", "supervisor"):
        raise Forbidden
    demand_step_up(actor)
    draw = await locked(session, draw_id)
    state = DRAW.advance(draw.state, "announce")
    if draw.proposed_by == actor.person_id:
        raise SecondPersonNeeded
    if not gateway.key:
        raise NoGateway
    plan = msgspec.convert(draw.plan, PlanDraw)
    lot = await projects.lot(session, draw.lot_id)
    now = await platform_now(session)
    if now >= plan.commit_until:
        raise PlanOutOfTime(at=plan.commit_until)
    before = await session.get_one(Draw, draw.previous_id) if draw.previous_id else None
    roster = await _roster(session, before, now)
    lists = await _filtered(session, draw, plan, lot, roster.root, before=before, personal=personal, now=now)
    draw.continued = before is not None and [item.root for item in lists] == [
        item.root for item in await lists_of(session, before.id)
    ]
    if before is not None and not draw.continued and not actor.has("supervisor"):
        raise Forbidden  # other people in the lists mean a new seed, which the supervisor approves
    text = announce_text(_announcement(draw, plan, lot, roster=roster, gateway=gateway.key, before=before))
    ann = announcement_digest(text).hex()
    subject = f"draw:{draw_id}"
    draw.state, draw.confirmed_by, draw.announced_at = state, actor.person_id, now
    draw.announcement, draw.ann, draw.roster_root = text, ann, roster.root
    draw.entry_id = await append(
        session,
        actor,
        entries.ANNOUNCED,
        subject=subject,
        payload=facts.announced(text.decode(), f"lot:{draw.lot_id}"),
        at=now,
    )
    filtered = [Filtered(item.specialty, tuple(item.codes), item.root) for item in lists]
    draw.filtered_entry = await append(
        session, actor, entries.FILTERED, subject=subject, payload=facts.filtered(filtered), at=now
    )
    session.add_all(lists)
    for position, name in enumerate(PARTIES):
        session.add(DrawParty(draw_id=draw_id, party=name, position=position, membership_id=getattr(plan, name)))
    await session.flush()
    await append(
        session, actor, entries.DRAW_BEGUN, subject=f"lot:{draw.lot_id}", payload={"draw": str(draw_id)}, at=now
    )
    if before is not None and draw.continued:
        await begin_calls(session, actor, draw, seed=before.seed or "", at=now, personal=personal)
    else:
        await timers.schedule(
            session, due_at=plan.settled_by, event=RevealsOver(draw_id=draw_id), key=f"experts.reveals_over:{draw_id}"
        )
    await live.publish(session, subject, "changed", {"state": draw.state})
    return draw


def _check_times(plan: PlanDraw, now: dt.datetime) -> None:
    times = (now, plan.commit_until, plan.reveal_until, plan.settled_by, plan.beacon_at, plan.meets_at)
    names = ("commit_until", "reveal_until", "settled_by", "beacon_at", "meets_at")
    wrong = {
        name: FieldProblem("draws.time_order") for name, a, b in zip(names, times, times[1:], strict=False) if a >= b
    }
    if plan.beacon_at - plan.settled_by < dt.timedelta(minutes=10):
        wrong.setdefault("beacon_at", FieldProblem("draws.beacon_too_soon"))
    if wrong:
        raise TimesUnlawful(wrong)


async def _check_plan(session: AsyncSession, lot: LotView, plan: PlanDraw) -> None:
    problems: dict[str, FieldProblem] = {}
    codes = Counter(item.specialty for item in plan.quotas)
    for number, item in enumerate(plan.quotas):
        if item.specialty not in specialties() or codes[item.specialty] > 1:
            problems[f"quotas.{number}.specialty"] = FieldProblem("draws.bad_specialty")
    seats = sum(item.quota for item in plan.quotas)
    if problem := rules.committee_problem(seats, seats):
        problems["quotas"] = FieldProblem(problem)
    if plan.beacons[0] == plan.beacons[1]:
        problems["beacons"] = FieldProblem("draws.beacons_same")
    people = set()
    for name in PARTIES:
        member = await parties.membership(session, getattr(plan, name))
        people.add(member.person_id)
        suits = member.ended_at is None and _ROLE[name] in member.roles
        if not suits or (name == "tenderer" and member.org_id != lot.tenderer_org_id):
            problems[name] = FieldProblem("draws.party_unsuitable")
    if len(people) < len(PARTIES):
        problems.setdefault("supervisor", FieldProblem("draws.party_twice"))
    if problems:
        raise PlanUnlawful(problems)


class _Chosen(msgspec.Struct, frozen=True):
    root: str
    at: dt.datetime
    size: int


async def _roster(session: AsyncSession, before: Draw | None, now: dt.datetime) -> _Chosen:
    """The newest root that is a week old; a lot that was drawn before keeps the one it had."""
    if before is not None and before.roster_root is not None:
        old = msgspec.json.decode(before.announcement or b"", type=DrawAnnouncement).roster
        return _Chosen(old.root, dt.datetime.fromisoformat(old.at), old.size)
    day = await old_enough(session, now)
    if day is None:
        raise RosterTooYoung(days=rules.ROSTER_AGE.days)
    return _Chosen(day.root, day.journalled_at, len(await leaves_of(session, day.root)))


async def _filtered(
    session: AsyncSession,
    draw: Draw,
    plan: PlanDraw,
    lot: LotView,
    root: str,
    *,
    before: Draw | None,
    personal: PersonalSeal,
    now: dt.datetime,
) -> list[DrawList]:
    leaves = await leaves_of(session, root)
    kept: Mapping[str, list[str]] = {}
    if before is not None and _same_choice(before, draw):
        kept = {item.specialty: item.codes for item in await lists_of(session, before.id)}
    made = kept or await codes_for(session, plan, lot, leaves, draw_id=draw.id, personal=personal, now=now)
    found = []
    for position, item in enumerate(plan.quotas):
        codes = made[item.specialty]
        chosen = [leaf for (leaf, _), code in zip(leaves, codes, strict=True) if code == ELIGIBLE]
        least = Quota(item.specialty, item.quota, item.reserve).least
        if len(chosen) < least:
            raise TooFewEligible(specialty=item.specialty, count=len(chosen), least=least)
        found.append(
            DrawList(
                draw_id=draw.id,
                position=position,
                specialty=item.specialty,
                root=eligible_root(chosen).hex(),
                codes=codes,
            )
        )
    return found


def _same_choice(before: Draw, draw: Draw) -> bool:
    """Whether the new plan asks for the same people; then the old lists stand, and with them the old order."""
    return all(before.plan[name] == draw.plan[name] for name in ("quotas", "regions"))


def _announcement(
    draw: Draw, plan: PlanDraw, lot: LotView, *, roster: _Chosen, gateway: str, before: Draw | None
) -> DrawAnnouncement:
    previous = None
    if before is not None and before.ann is not None:
        previous = Previous(before.ann, "continued" if draw.continued else "reseeded")
    try:
        return DrawAnnouncement(
            v="LBDA1",
            algorithm="LBD1",
            subject=f"draw:{draw.id}",
            lot=f"lot:{draw.lot_id}",
            quotas=tuple(Quota(item.specialty, item.quota, item.reserve) for item in plan.quotas),
            declines=plan.declines,
            call_window=plan.call_minutes * 60,
            regions=plan.regions,
            apart=tuple(name for name in (lot.tenderer_name, lot.agency_name) if name),
            commit_until=format_instant(plan.commit_until),
            reveal_until=format_instant(plan.reveal_until),
            settled_by=format_instant(plan.settled_by),
            beacon_at=format_instant(plan.beacon_at),
            beacons=tuple(Beacon(item.kind, item.name, item.issue) for item in plan.beacons),
            parties=PARTIES,
            roster=Roster(roster.root, roster.size, format_instant(roster.at)),
            gateway=gateway,
            previous=previous,
        )
    except DrawError as error:
        raise PlanUnlawful({"": FieldProblem("draws.engine", {"detail": error.code})}) from error
