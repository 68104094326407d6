"""The same for programs, and the calendars they subscribe to."""

import datetime as dt

import pytest
from icalendar import Calendar

from tests.factories.projects import make_official
from tests.factories.schedule import ALL_WEEK, book, make_lot, make_room
from tests.integration.projects.conftest import Enter, Platform
from tests.integration.projects.test_api import program
from tests.integration.schedule.test_pages import official, published
from trading.kernel.identity import Actor
from trading.projects.types import LotView
from trading.schedule import reads, service
from trading.schedule.forms import MoveForm
from trading.schedule.types import RoomView

__all__ = ["official", "published"]
ROOM = {
    "site": "市民中心四楼",
    "seats": 20,
    "purposes": ["opening"],
    "hours": [{"weekday": each.weekday, "opens": each.opens, "closes": each.closes} for each in ALL_WEEK],
}


async def test_rooms_and_bookings_from_beginning_to_end(platform: Platform, enter: Enter, official: Actor) -> None:
    caller, visitor = await program(await enter("official")), await enter()
    made = await caller.post("/v1/rooms", json=ROOM | {"name": "接口室"})
    assert made.status_code == 201, made.text
    room = made.json()["id"]
    assert (await caller.put(f"/v1/rooms/{room}", json=ROOM | {"name": "接口室", "seats": 25})).json()["seats"] == 25
    assert room in [each["id"] for each in (await visitor.get("/v1/rooms")).json()["items"]]
    async with platform.database.transaction() as session:
        lot, _ = await make_lot(session)
        stranger, _ = await make_lot(session)
    proposed = (await caller.get(f"/v1/lots/{lot.id}/room-proposal")).json()
    assert proposed["proposal"]["span"]["starts_at"] == proposed["proposal"]["offer"]["span"]["starts_at"]
    order = {"subject": f"lot:{lot.id}", "purpose": "opening", "room_id": room, "minutes": 60}
    order["confirm_provisional"] = True
    booked = await caller.post("/v1/bookings", json=order)
    assert booked.status_code == 201, booked.text
    assert booked.json()["starts_at"] == proposed["proposal"]["span"]["starts_at"]
    refused = await caller.post("/v1/bookings", json=order | {"subject": f"lot:{stranger.id}"})
    assert (refused.status_code, refused.json()["code"]) == (409, "schedule.taken_by_opening")
    assert "已有一场开标" in refused.json()["detail"]
    assert "接口室最早可从" in refused.json()["next"]
    seen = (await caller.get(f"/v1/lots/{stranger.id}/room-proposal")).json()
    (choice,) = [each for each in seen["choices"] if each["room_id"] == room]
    assert [each["code"] for each in choice["conflicts"]] == ["schedule.taken_by_opening"]
    assert choice["next_at"] == booked.json()["ends_at"]
    number = booked.json()["id"]
    assert (await visitor.get(f"/v1/bookings/{number}")).status_code == 404  # its notice is not out
    move = {"room_id": room, "minutes": 120, "reason": "标段较多", "confirm_provisional": True}
    assert (await caller.post(f"/v1/bookings/{number}/move", json=move)).json()["sequence"] == 1
    gone = await caller.post(f"/v1/bookings/{number}/cancel", json={"reason": "暂停"})
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    times = {"starts_at": "2030-01-05T00:00:00Z", "ends_at": "2030-01-06T00:00:00Z", "reason": "检修"}
    closed = await caller.post(f"/v1/rooms/{room}/closed", json=times)
    assert closed.status_code == 201, closed.text
    (period,) = (await caller.get(f"/v1/rooms/{room}")).json()["closed"]
    assert period["reason"] == "检修"
    assert (await visitor.get(f"/v1/rooms/{room}")).json()["closed"][0]["reason"] == ""
    end = await caller.post(f"/v1/rooms/{room}/closed/{closed.json()['id']}/end", json={"reason": "完工"})
    assert end.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/bookings?since=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z", 422),
        ("/v1/bookings?since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", 422),
        ("/v1/rooms/00000000-0000-0000-0000-000000000000", 404),
        ("/v1/bookings/00000000-0000-0000-0000-000000000000", 404),
        ("/schedule.ics?room=00000000-0000-0000-0000-000000000000", 404),
        ("/lots/00000000-0000-0000-0000-000000000000/schedule.ics", 404),
        ("/schedule/all.ics", 303),
    ],
)
async def test_what_is_not_there_or_not_for_visitors(enter: Enter, path: str, status: int) -> None:
    assert (await (await enter()).get(path)).status_code == status


async def test_bookings_of_a_span_are_openings_for_visitors_and_all_for_staff(
    platform: Platform, enter: Enter, official: Actor, published: tuple[LotView, RoomView]
) -> None:
    lot, _room = published
    async with platform.database.transaction() as session:
        evaluation = await make_room(session, official, "evaluation")
        start = lot.deadline_at + dt.timedelta(hours=2)
        hidden = await book(session, official, lot, evaluation.id, "evaluation", starts_at=start)
    span = {
        "since": (lot.deadline_at - dt.timedelta(days=1)).isoformat(),
        "until": (start + dt.timedelta(days=2)).isoformat(),
    }
    visitor, supervisor = await enter(), await program(await enter("supervisor"))
    public = (await visitor.get("/v1/bookings", params=span)).json()["items"]
    assert str(lot.id) in {each["subject"].split(":")[1] for each in public}
    assert {each["purpose"] for each in public} == {"opening"}
    assert {tuple(each["org_ids"]) for each in public} == {()}
    staff = (await supervisor.get("/v1/bookings", params=span)).json()["items"]
    assert str(hidden.id) in {each["id"] for each in staff}
    assert (await visitor.get(f"/v1/bookings/{hidden.id}")).status_code == 404
    assert (await supervisor.get(f"/v1/bookings/{hidden.id}")).status_code == 200


def events(data: bytes) -> dict[str, dict[str, object]]:
    """By UID, the properties a client reads."""
    calendar = Calendar.from_ical(data)
    return {
        str(event["uid"]): {
            "status": str(event["status"]),
            "sequence": event.decoded("sequence"),
            "start": event.decoded("dtstart"),
            "zone": vars(event["dtstart"])["params"]["TZID"],
            "location": str(event["location"]),
            "summary": str(event["summary"]),
        }
        for event in calendar.walk("VEVENT")
    }


async def test_the_calendar_of_openings_needs_no_token_and_keeps_the_number_through_changes(
    platform: Platform, enter: Enter, official: Actor, published: tuple[LotView, RoomView]
) -> None:
    lot, room = published
    visitor, staff = await enter(), await enter("supervisor")
    answer = await visitor.get(f"/schedule.ics?room={room.id}")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.content.count(b"BEGIN:VTIMEZONE") == 1
    assert b"TZID:Asia/Shanghai" in answer.content
    assert b"TZOFFSETTO:+0800" in answer.content
    ((uid, event),) = events(answer.content).items()
    assert (event["status"], event["sequence"], event["zone"]) == ("CONFIRMED", 0, "Asia/Shanghai")
    assert event["start"] == lot.deadline_at
    assert event["location"] == f"市民中心三楼 {room.name}"
    assert lot.name in str(event["summary"])
    async with platform.database.transaction() as session:
        (booking,) = await reads.bookings_of(session, f"lot:{lot.id}")
        assert uid == str(booking.id)
        other = await make_room(session, official)
        evaluation = await make_room(session, official, "evaluation")
        start = lot.deadline_at + dt.timedelta(hours=2)
        hidden = await book(session, official, lot, evaluation.id, "evaluation", starts_at=start)
        form = MoveForm(room_id=other.id, minutes=60, reason="投影故障", confirm_provisional=True)
        await service.move(session, official, booking_id=booking.id, form=form)
    left = events((await visitor.get(f"/schedule.ics?room={room.id}")).content)
    assert (left[uid]["status"], left[uid]["sequence"]) == ("CANCELLED", 1)
    there = events((await visitor.get(f"/schedule.ics?room={other.id}")).content)
    assert (there[uid]["status"], there[uid]["location"]) == ("CONFIRMED", f"市民中心三楼 {other.name}")
    every = events((await visitor.get("/schedule.ics")).content)
    assert every[uid]["status"] == "CONFIRMED"
    assert not [name for name in every if name.startswith(str(hidden.id))]
    assert not events((await staff.get(f"/schedule.ics?room={evaluation.id}")).content)
    inside = await staff.get("/schedule/all.ics")
    assert inside.headers["cache-control"] == "private, no-store"
    assert [name for name in events(inside.content) if name.startswith(str(hidden.id))]
    async with platform.database.transaction() as session:
        await service.cancel(session, official, booking_id=booking.id, reason="暂停")
    of_lot = events((await visitor.get(f"/lots/{lot.id}/schedule.ics")).content)
    assert (of_lot[uid]["status"], of_lot[uid]["sequence"]) == ("CANCELLED", 2)
    assert (await (await enter("bidder")).get("/schedule/all.ics")).status_code == 403


async def test_the_opening_of_a_lot_before_its_notice_is_in_no_calendar(
    platform: Platform, enter: Enter, official: Actor
) -> None:
    async with platform.database.transaction() as session:
        lot, _ = await make_lot(session)
        room = await make_room(session, await make_official(session))
        await book(session, official, lot, room.id)
    visitor = await enter()
    assert events((await visitor.get(f"/schedule.ics?room={room.id}")).content) == {}
    assert (await visitor.get(f"/lots/{lot.id}/schedule.ics")).status_code == 404
