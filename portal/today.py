"""今日: what waits for this person, by platform time, each with the one lawful step that answers it.

It mixes packages, so it lives here. It asks only what the role may know: a bidder sees open tenders, never whether
anyone, himself included, has bid, because the platform does not know it.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import ceremony_reads
from bidding import reads as lockbox
from bidding.opening import reads as openings
from bidding.opening.types import OpeningView
from bidding.subjects import parse_subject
from notices import reads as notices
from portal.today_archive import archive_due
from portal.today_draws import draws_due
from portal.today_evaluations import evaluations_due
from portal.today_refunds import refunds_due
from portal.today_results import results_due
from portal.today_supervision import alerts_due
from trading.funds import reads as funds
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.projects import reads as projects
from trading.projects.calendar import day_end
from trading.projects.types import LotView
from trading.schedule import reads as schedule

_MOST = 50
_ASKED = ("registered", "published", "opening", "opened", "contracted", "failed")
_SETTLED = frozenset({"matched", "withdrawn"})
"""A deposit of which nothing is asked any more."""


class Seen(NamedTuple):
    """Read once for everybody's questions: the time, and the newest lots by state."""

    now: datetime
    lots: dict[str, list[LotView]]


class Due(msgspec.Struct, frozen=True):
    """One thing to do: `key` names its sentence, `action` its button."""

    key: str
    subject: str
    url: str
    action: str
    due_at: datetime | None = None
    place: str | None = None


async def today(session: AsyncSession, actor: Actor) -> list[Due]:
    """Everything due for this person, the most urgent first, what has no date last."""
    found = [item async for item in _everything(session, actor)]
    return sorted(found, key=lambda item: (item.due_at is None, item.due_at, item.key))


async def _everything(session: AsyncSession, actor: Actor) -> AsyncIterator[Due]:
    sources = (
        (("tenderer", "agency"), _tenderer),
        (("official",), _official),
        (("trustee",), _trustee),
        (("bidder",), _bidder),
        (("finance",), _finance),
        (("supervisor", "notary", "witness", "bidder", "official", "tenderer", "agency", "trustee"), _anyone),
    )
    seen = Seen(await platform_now(session), await projects.lots_in(session, _ASKED, each=_MOST))
    async for turn in draws_due(session, actor, seen.now):
        if turn.lot_id is None:
            yield Due(key=turn.key, subject="", url=turn.url, action=turn.action, due_at=turn.at)
        else:
            yield _due(turn.key, await projects.lot(session, turn.lot_id), turn.url, turn.action, turn.at)
    async for step in evaluations_due(session, actor, seen.lots["opened"]):
        yield _due(step.key, await projects.lot(session, step.lot_id), step.url, step.action, None)
    async for todo in results_due(session, actor):
        yield _due(todo.key, todo.lot, todo.url, todo.action, todo.at)
    async for alert in alerts_due(session, actor):
        yield Due(key=alert.key, subject=alert.subject, url=alert.url, action=alert.action, due_at=alert.at)
    async for item in archive_due(session, actor, [*seen.lots["contracted"], *seen.lots["failed"]]):
        yield Due(key=item.key, subject=item.subject, url=item.url, action=item.action, due_at=item.at)
    for roles, source in sources:
        if actor.has(*roles):
            async for due in source(session, actor, seen):
                yield due


async def _finance(session: AsyncSession, actor: Actor, _seen: Seen) -> AsyncIterator[Due]:
    async for money in refunds_due(session, actor):
        yield _due(money.key, await projects.lot(session, money.lot_id), money.url, money.action, money.at)


async def _bidder(session: AsyncSession, actor: Actor, seen: Seen) -> AsyncIterator[Due]:
    announced = await lockbox.announced_among(session, [lot.id for lot in seen.lots["published"]])
    for lot in seen.lots["published"]:
        if lot.id in announced:
            if lot.deposit_fen and (await funds.own_deposit(session, actor, lot.id)).state not in _SETTLED:
                url = f"/lots/{lot.id}/deposit"
                yield _due("portal.due.deposit", lot, url, "portal.do.deposit", lot.deadline_at)
            yield _due("portal.due.bid", lot, f"/lots/{lot.id}/bid", "portal.do.bid", lot.deadline_at)


async def _anyone(session: AsyncSession, _actor: Actor, seen: Seen) -> AsyncIterator[Due]:
    rooms = await schedule.openings_of(session, [lot.id for lot in seen.lots["opening"]])
    for lot in seen.lots["opening"]:
        due = _due("portal.due.attend", lot, f"/lots/{lot.id}/opening", "portal.do.attend", lot.deadline_at)
        booked = rooms.get(lot.id)
        yield msgspec.structs.replace(due, place=booked.place if booked else None)


async def _tenderer(session: AsyncSession, actor: Actor, _seen: Seen) -> AsyncIterator[Due]:
    org_id = actor.org_id
    if org_id is None:
        return
    for draft in await projects.drafts(session, org_id):
        url = f"/projects/{draft.id}/edit"
        yield Due("portal.due.draft", draft.name or "–", url, "portal.do.continue")
    own = await projects.lots_in(session, ("registered",), each=_MOST, org_id=org_id)
    for lot in own["registered"]:
        url = f"/projects/{lot.project_id}"
        yield _due("portal.due.prepare", lot, url, "portal.do.prepare", lot.issue_ends_at)


async def _official(session: AsyncSession, _actor: Actor, seen: Seen) -> AsyncIterator[Due]:
    for notice in await notices.drafts_to_publish(session):
        yield Due("portal.due.publish", notice.title, f"/notices/{notice.id}", "portal.do.publish")
    for lot in await _without_room(session, seen):
        yield _due("portal.due.room", lot, f"/lots/{lot.id}/rooms/opening", "portal.do.room", day_end(lot.issue_from))
    announced = await lockbox.announced_among(session, [lot.id for lot in seen.lots["published"]])
    waiting = [lot for lot in seen.lots["published"] if lot.id not in announced]
    ceremonies = await ceremony_reads.ceremonies_at(session, [lot.id for lot in waiting])
    for lot in waiting:
        ceremony = ceremonies.get(lot.id)
        url = f"/lots/{lot.id}/ceremony"
        if ceremony is None:
            yield _due("portal.due.ceremony", lot, url, "portal.do.ceremony", lot.issue_ends_at)
        elif ceremony.state == "signing" and not ceremony.signatures_missing:
            yield _due("portal.due.announce", lot, url, "portal.do.announce", lot.issue_ends_at)
    for lot in seen.lots["opening"]:
        view = await openings.opening_view(session, lot.id)
        for due in _opening(lot, view) if view else ():
            yield due


def _opening(lot: LotView, view: OpeningView) -> Iterator[Due]:
    """What the official who leads an opening has to do next."""
    url = f"/lots/{lot.id}/opening"
    if any(phase.current and len(phase.seats) >= view.t for phase in view.phases):
        yield _due("portal.due.settle", lot, url, "portal.do.settle", lot.deadline_at)
    if any(item.outcome == "open" for item in view.objections):
        yield _due("portal.due.answer", lot, f"{url}#objections", "portal.do.answer", lot.deadline_at)
    elif view.ends_at:
        yield _due("portal.due.end", lot, url, "portal.do.end", view.ends_at)


async def _without_room(session: AsyncSession, seen: Seen) -> list[LotView]:
    """Lots whose opening is to come and has no room, or one for another time than the deadline."""
    lots = (*seen.lots["registered"], *seen.lots["published"])
    coming = [lot for lot in lots if lot.deadline_at > seen.now]
    rooms = await schedule.openings_of(session, [lot.id for lot in coming])
    return [lot for lot in coming if lot.id not in rooms]


async def _trustee(session: AsyncSession, actor: Actor, seen: Seen) -> AsyncIterator[Due]:
    for ceremony in await ceremony_reads.ceremonies_of(session, actor):
        if ceremony.state not in {"gathering", "signing"}:
            continue
        mine = [seat for seat in ceremony.seats if seat.membership_id == actor.membership_id]
        if all(seat.signed if ceremony.state == "signing" else seat.keyed for seat in mine):
            continue
        key = "portal.due.keys" if ceremony.state == "gathering" else "portal.due.sign"
        if ceremony.lot_id is None:
            url = f"/draws/{parse_subject(ceremony.subject).id}"
            yield Due(key, ceremony.title, url, "portal.do.own_program", ceremony.deadline_at)
            continue
        lot = await projects.lot(session, ceremony.lot_id)
        yield _due(key, lot, f"/lots/{lot.id}/ceremony", "portal.do.own_program", lot.issue_ends_at)
    for lot in seen.lots["opening"]:
        view = await openings.opening_view(session, lot.id)
        announced = await lockbox.announced(session, f"lot:{lot.id}")
        ceremony_view = await ceremony_reads.ceremony_of(session, f"lot:{lot.id}")
        if view is None or announced is None or ceremony_view is None:
            continue
        mine_x = {seat.x for seat in ceremony_view.seats if seat.membership_id == actor.membership_id}
        if any(phase.current and mine_x - set(phase.seats) for phase in view.phases):
            url = f"/lots/{lot.id}/opening"
            yield _due("portal.due.release", lot, url, "portal.do.own_program", lot.deadline_at)


def _due(key: str, lot: LotView, url: str, action: str, at: datetime | None) -> Due:
    return Due(key=key, subject=f"{lot.project_name} · {lot.name}", url=url, action=action, due_at=at)
