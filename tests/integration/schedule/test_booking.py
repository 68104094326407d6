"""Booking, moving, cancelling: what the law fixes, what is in the way, who may, and what the journal keeps."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.projects import LOT, make_official, make_project
from tests.factories.schedule import book, make_lot, make_room
from trading.kernel.errors import Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import read_openings
from trading.kernel.journal.reads import entries_of
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import BEIJING
from trading.projects.errors import LotUnknown
from trading.projects.types import LotView
from trading.schedule import errors, reads, service
from trading.schedule.forms import ClosedPeriodForm, MoveForm
from trading.schedule.types import RoomView

HOUR = dt.timedelta(hours=1)


class Scene:
    """A lot, its tenderer, the official, an opening room and an evaluation room."""

    official: Actor
    tenderer: Actor
    lot: LotView
    room: RoomView
    evaluation_room: RoomView


@pytest.fixture
async def scene(session: AsyncSession) -> Scene:
    made = Scene()
    made.official = await make_official(session)
    made.lot, made.tenderer = await make_lot(session)
    made.room = await make_room(session, made.official, "opening", name="开标一室")
    made.evaluation_room = await make_room(session, made.official, "evaluation", name="评标一室")
    return made


def move_to(room: RoomView, **changes: object) -> MoveForm:
    facts = {"room_id": room.id, "minutes": 90, "confirm_provisional": True, "reason": "设备故障"} | changes
    return MoveForm(**facts)  # type: ignore[arg-type]


async def test_an_opening_begins_at_the_deadline_and_marks_the_timeline(session: AsyncSession, scene: Scene) -> None:
    booking = await book(session, scene.official, scene.lot, scene.room.id)
    assert booking.starts_at == scene.lot.deadline_at
    assert booking.ends_at == scene.lot.deadline_at + 1.5 * HOUR
    assert await reads.bookings_of(session, f"lot:{scene.lot.id}") == (booking,)
    assert await reads.opening_of(session, scene.lot.id) == booking
    steps = {step.key: step for step in await projects.timeline(session, f"lot:{scene.lot.id}")}
    assert steps["rooms"].done_at is not None
    with pytest.raises(errors.AlreadyBooked) as told:
        await book(session, scene.official, scene.lot, scene.room.id)
    assert told.value.params["room"] == "开标一室"


async def test_an_opening_at_any_other_time_is_refused(session: AsyncSession, scene: Scene) -> None:
    with pytest.raises(errors.NotAtDeadline) as told:
        await book(session, scene.official, scene.lot, scene.room.id, starts_at=scene.lot.deadline_at + HOUR)
    assert told.value.params["deadline"] == scene.lot.deadline_at


async def test_an_evaluation_begins_after_the_opening(session: AsyncSession, scene: Scene) -> None:
    opening = await book(session, scene.official, scene.lot, scene.room.id)
    with pytest.raises(errors.BeforeOpeningEnds) as told:
        await book(
            session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=opening.starts_at
        )
    assert told.value.params["next"] == opening.ends_at
    with pytest.raises(Invalid) as missing:
        await book(session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation")
    assert set(missing.value.fields) == {"starts_at"}
    booked = await book(
        session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=opening.ends_at
    )
    assert [each.purpose for each in await reads.bookings_of(session, f"lot:{scene.lot.id}")] == [
        "opening",
        "evaluation",
    ]
    assert not booked.is_public


async def test_a_room_that_is_taken_is_refused_with_what_is_there_and_when_it_is_free(
    session: AsyncSession, scene: Scene
) -> None:
    first = await book(session, scene.official, scene.lot, scene.room.id)
    other, _ = await make_lot(session)
    with pytest.raises(errors.TakenByOpening) as told:
        await book(session, scene.official, other, scene.room.id)
    assert told.value.params == {
        "room": "开标一室",
        "starts": first.starts_at,
        "ends": first.ends_at,
        "next": first.ends_at,
    }
    await service.cancel(session, scene.official, booking_id=first.id, reason="项目暂停")
    assert (await book(session, scene.official, other, scene.room.id)).room_id == scene.room.id


async def test_the_database_itself_refuses_a_second_use(session: AsyncSession, scene: Scene) -> None:
    await book(session, scene.official, scene.lot, scene.room.id)
    copy = (
        "INSERT INTO bookings SELECT gen_random_uuid(), room_id, 'lot', gen_random_uuid(), purpose, gen_random_uuid(), "
        "org_ids, during, state, sequence, former_rooms, reason, booked_by, booked_at, changed_at, entry_id "
        "FROM bookings"
    )
    with pytest.raises(IntegrityError, match="ex_bookings_room_during"):
        await session.execute(text(copy))


async def test_the_lots_of_a_project_are_opened_in_one_sitting_in_one_room(session: AsyncSession, scene: Scene) -> None:
    project, _ = await make_project(session, lots=(LOT, LOT))
    room = await make_room(session, scene.official)
    first, second = project.lots
    await book(session, scene.official, first, room.id)
    assert (await book(session, scene.official, second, room.id)).room_id == room.id
    stranger, _ = await make_lot(session)
    with pytest.raises(errors.TakenByOpening):
        await book(session, scene.official, stranger, room.id)


async def test_a_room_for_evaluation_holds_no_opening(session: AsyncSession, scene: Scene) -> None:
    with pytest.raises(errors.OtherPurpose):
        await book(session, scene.official, scene.lot, scene.evaluation_room.id)


async def test_hours_and_rest_days_are_explained(session: AsyncSession, scene: Scene) -> None:
    opening = await book(session, scene.official, scene.lot, scene.room.id)
    local = opening.starts_at.astimezone(BEIJING)
    late = local.replace(hour=17, minute=0)
    with pytest.raises(errors.OutsideHours) as told:
        await book(session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=late)
    assert (told.value.params["opens"], told.value.params["closes"]) == ("08:30", "17:30")
    await project_service.set_day(session, scene.official, day=local.date(), working=False, name="台风停工")
    with pytest.raises(errors.RestDay) as rests:
        await book(
            session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=opening.ends_at
        )
    assert rests.value.params["day"] == local.date()
    following = rests.value.params["next"]
    assert isinstance(following, dt.datetime)
    assert following.astimezone(BEIJING).date() > local.date()


async def test_a_make_up_day_is_a_working_day(session: AsyncSession, scene: Scene) -> None:
    opening = await book(session, scene.official, scene.lot, scene.room.id)
    day = opening.starts_at.astimezone(BEIJING).date()
    saturday = day + dt.timedelta(days=(5 - day.weekday()) % 7 or 7)
    start = dt.datetime.combine(saturday, dt.time(9), BEIJING)
    with pytest.raises(errors.RestDay):
        await book(session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=start)
    await project_service.set_day(session, scene.official, day=saturday, working=True, name="调休")
    booked = await book(session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=start)
    assert booked.starts_at == start


async def test_a_year_without_a_published_calendar_has_to_be_confirmed(session: AsyncSession, scene: Scene) -> None:
    start = dt.datetime(2028, 3, 1, 9, tzinfo=BEIJING)  # a Wednesday of a year nobody has published
    kept: dict[str, Any] = {"purpose": "evaluation", "starts_at": start}
    with pytest.raises(Invalid) as told:
        await book(session, scene.official, scene.lot, scene.evaluation_room.id, confirm_provisional=False, **kept)
    assert told.value.fields["confirm_provisional"].code == "schedule.provisional_unconfirmed"
    assert (await book(session, scene.official, scene.lot, scene.evaluation_room.id, **kept)).starts_at == start


async def test_a_closed_period_keeps_bookings_out_and_bookings_keep_it_out(session: AsyncSession, scene: Scene) -> None:
    around = ClosedPeriodForm(scene.lot.deadline_at - HOUR, scene.lot.deadline_at + HOUR, "设备检修")
    period = await service.close_room(session, scene.official, room_id=scene.room.id, form=around)
    with pytest.raises(errors.Closed) as told:
        await book(session, scene.official, scene.lot, scene.room.id)
    assert (told.value.params["reason"], told.value.params["next"]) == ("设备检修", around.ends_at)
    await service.reopen_room(session, scene.official, room_id=scene.room.id, period_id=period, reason="检修提前完成")
    await book(session, scene.official, scene.lot, scene.room.id)
    with pytest.raises(errors.TakenByOpening):
        await service.close_room(session, scene.official, room_id=scene.room.id, form=around)
    with pytest.raises(errors.BookingUnknown):
        await service.reopen_room(session, scene.official, room_id=scene.room.id, period_id=period, reason="again")


async def test_moving_keeps_the_number_counts_on_and_remembers_the_room_left(
    session: AsyncSession, scene: Scene
) -> None:
    booking = await book(session, scene.official, scene.lot, scene.room.id)
    other = await make_room(session, scene.official, name="开标二室")
    moved = await service.move(session, scene.official, booking_id=booking.id, form=move_to(other, minutes=120))
    assert (moved.id, moved.sequence, moved.room_id) == (booking.id, 1, other.id)
    assert (moved.former_rooms, moved.reason) == ((scene.room.id,), "设备故障")
    back = await service.move(session, scene.official, booking_id=booking.id, form=move_to(scene.room))
    assert (back.sequence, back.former_rooms) == (2, (other.id,))


async def test_an_opening_whose_deadline_moved_is_astray_until_it_is_moved_too(
    session: AsyncSession, scene: Scene
) -> None:
    booking = await book(session, scene.official, scene.lot, scene.room.id)
    later = scene.lot.deadline_at + dt.timedelta(days=7)
    await session.execute(text("UPDATE lots SET deadline_at = :at WHERE id = :id"), {"at": later, "id": scene.lot.id})
    assert (await reads.booking(session, booking.id)).astray
    assert await reads.opening_of(session, scene.lot.id) is None
    moved = await service.move(session, scene.official, booking_id=booking.id, form=move_to(scene.room))
    assert (moved.starts_at, moved.astray) == (later, False)


async def test_what_has_begun_is_neither_moved_nor_cancelled(session: AsyncSession, scene: Scene) -> None:
    booking = await book(session, scene.official, scene.lot, scene.room.id)
    past = "UPDATE bookings SET during = tstzrange(platform_now() - interval '1 h', platform_now() + interval '1 h')"
    await session.execute(text(past))
    with pytest.raises(errors.Begun):
        await service.move(session, scene.official, booking_id=booking.id, form=move_to(scene.room))
    with pytest.raises(errors.Begun):
        await service.cancel(session, scene.official, booking_id=booking.id, reason="too late")


async def test_a_rooms_name_is_its_own_and_nothing_begins_in_the_past(session: AsyncSession, scene: Scene) -> None:
    with pytest.raises(errors.RoomNameTaken):
        await make_room(session, scene.official, "opening", name="开标一室")
    begins = scene.lot.deadline_at - dt.timedelta(days=3650)
    with pytest.raises(errors.Past):
        await book(session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=begins)


async def test_a_cancelled_booking_stays_in_sight_and_cancelled(session: AsyncSession, scene: Scene) -> None:
    booking = await book(session, scene.official, scene.lot, scene.room.id)
    gone = await service.cancel(session, scene.official, booking_id=booking.id, reason="项目暂停")
    assert (gone.state, gone.sequence, gone.reason) == ("cancelled", 1, "项目暂停")
    assert await reads.bookings_of(session, f"lot:{scene.lot.id}") == ()
    with pytest.raises(errors.BookingUnknown):
        await service.cancel(session, scene.official, booking_id=booking.id, reason="again")
    with pytest.raises(IntegrityError, match="stays cancelled"):
        await session.execute(text("UPDATE bookings SET state = 'booked'"))


async def test_only_officials_keep_rooms_and_bookings(session: AsyncSession, scene: Scene) -> None:
    booking = await book(session, scene.official, scene.lot, scene.room.id)
    for verb in (
        book(session, scene.tenderer, scene.lot, scene.room.id),
        service.move(session, scene.tenderer, booking_id=booking.id, form=move_to(scene.room)),
        service.cancel(session, scene.tenderer, booking_id=booking.id, reason="no"),
        make_room(session, scene.tenderer),
    ):
        with pytest.raises(Forbidden):
            await verb


async def test_nothing_is_booked_for_what_is_no_lot(session: AsyncSession, scene: Scene) -> None:
    subject = f"project:{scene.lot.project_id}"
    with pytest.raises(errors.NotBookable):
        await service.book(session, scene.official, subject=subject, purpose="opening", form=move_to(scene.room))
    with pytest.raises(LotUnknown):
        await service.book(
            session, scene.official, subject=f"lot:{scene.room.id}", purpose="opening", form=move_to(scene.room)
        )


async def test_the_journal_tells_of_an_opening_and_only_commits_to_an_evaluation(
    session: AsyncSession, scene: Scene
) -> None:
    opening = await book(session, scene.official, scene.lot, scene.room.id)
    start = opening.ends_at
    booked = await book(session, scene.official, scene.lot, scene.evaluation_room.id, "evaluation", starts_at=start)
    await service.cancel(session, scene.official, booking_id=booked.id, reason="评标一室漏水")
    rows = await session.execute(
        text("SELECT id, action, body FROM journal_entries WHERE action LIKE 'schedule:booking:%' ORDER BY id")
    )
    bodies = [(row.id, row.action, bytes(row.body).decode()) for row in rows]
    assert [action for _, action, _ in bodies] == [
        "schedule:booking:made",
        "schedule:booking:made",
        "schedule:booking:cancelled",
    ]
    assert json.loads(bodies[0][2])["payload"]["room"] == str(scene.room.id)
    for _, _, body in bodies[1:]:
        assert str(scene.evaluation_room.id) not in body
        assert "漏水" not in body
        assert json.loads(body)["payload"] == {"purpose": "evaluation"}
    opened = {opening.name for opening in await read_openings(session, bodies[1][0])}
    assert {"room", "from", "until", "booking"} <= opened
    assert await entries_of(session, f"room:{scene.room.id}") is not None
