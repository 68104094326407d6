"""The earliest common time: at the deadline for the opening, after it for the evaluation, with everyone free."""

import datetime as dt

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.projects import make_official
from tests.factories.schedule import book, make_lot, make_room
from trading.kernel.identity import Actor
from trading.projects.calendar import BEIJING
from trading.schedule import service
from trading.schedule.forms import ClosedPeriodForm


@pytest.fixture
async def official(session: AsyncSession) -> Actor:
    return await make_official(session)


async def test_an_opening_is_proposed_at_the_deadline_and_its_evaluation_right_after(
    session: AsyncSession, official: Actor
) -> None:
    room = await make_room(session, official, "opening", name="甲")
    after = await make_room(session, official, "evaluation", name="乙")
    lot, _ = await make_lot(session)
    found = await service.propose(session, lot_id=lot.id, purpose="opening")
    assert found.offer is not None
    assert (found.offer.room_id, found.offer.span.starts_at) == (room.id, lot.deadline_at)
    assert found.opening_from is None
    assert found.evaluation_from is not None
    assert (found.evaluation_from.room_id, found.evaluation_from.span.starts_at) == (after.id, found.span.ends_at)
    assert [(choice.room.id, choice.conflicts) for choice in found.choices] == [(room.id, ())]


async def test_where_no_room_is_free_at_the_deadline_the_earliest_common_time_is_told(
    session: AsyncSession, official: Actor
) -> None:
    room = await make_room(session, official, "opening")
    await make_room(session, official, "evaluation")
    lot, _ = await make_lot(session)
    until = (lot.deadline_at + dt.timedelta(days=1)).astimezone(BEIJING).replace(hour=23, minute=0)
    closed = ClosedPeriodForm(lot.deadline_at - dt.timedelta(days=1), until, "装修")
    await service.close_room(session, official, room_id=room.id, form=closed)
    found = await service.propose(session, lot_id=lot.id, purpose="opening")
    assert found.offer is None
    (choice,) = found.choices
    assert [each.code for each in choice.conflicts] == ["schedule.closed"]
    assert found.opening_from is not None
    assert found.evaluation_from is not None
    assert found.opening_from.span.starts_at == choice.next_at
    assert found.opening_from.span.starts_at > until
    assert found.evaluation_from.span.starts_at >= found.opening_from.span.ends_at


async def test_an_evaluation_waits_while_the_tenderers_people_are_elsewhere(
    session: AsyncSession, official: Actor
) -> None:
    room = await make_room(session, official, "opening")
    other = await make_room(session, official, "opening")
    await make_room(session, official, "evaluation")
    lot, tenderer = await make_lot(session)
    opening = await book(session, official, lot, room.id)
    before = await service.propose(session, lot_id=lot.id, purpose="evaluation", minutes=60)
    assert before.offer is not None
    assert before.offer.span.starts_at == opening.ends_at
    second, _ = await make_lot(session, tenderer)  # the same people open another project at the same deadline
    elsewhere = await book(session, official, second, other.id, minutes=150)
    after = await service.propose(session, lot_id=lot.id, purpose="evaluation", minutes=60)
    assert after.offer is not None
    assert after.offer.span.starts_at == elsewhere.ends_at


async def test_a_time_in_the_address_is_judged_room_by_room(session: AsyncSession, official: Actor) -> None:
    await make_room(session, official, "evaluation")
    lot, _ = await make_lot(session)
    night = lot.deadline_at.astimezone(BEIJING).replace(hour=22)
    found = await service.propose(session, lot_id=lot.id, purpose="evaluation", starts_at=night, minutes=60)
    assert [each.code for each in found.choices[0].conflicts] == ["schedule.outside_hours"]
    assert found.choices[0].next_at is not None


async def test_without_rooms_nothing_is_proposed(session: AsyncSession, official: Actor) -> None:
    lot, _ = await make_lot(session)
    for purpose in ("opening", "evaluation"):
        found = await service.propose(session, lot_id=lot.id, purpose=purpose)
        assert (found.offer, found.choices, found.opening_from, found.evaluation_from) == (None, (), None, None)
