"""Whether a room may be used for a span, why not, and when it next may be; pure.

招标投标法 34: the opening is held at the deadline for bids, at the place the tender document named beforehand; so its
booking has no choice of time. A room is used on working days, make-up days (调休) included, within its hours of that
weekday, and by one sitting at a time.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from trading.projects.calendar import BEIJING, WorkingCalendar, local_day

PURPOSES = ("opening", "evaluation")
"""开标, 评标: what a room may be for."""
Purpose = Literal["opening", "evaluation"]
CLOSED = "closed"
"""停用: the purpose of a closed period."""
USUAL_MINUTES = {"opening": 90, "evaluation": 240}
HORIZON_DAYS = 180
"""How far ahead a free time is looked for."""
_DAY = dt.timedelta(days=1)


class Hours(msgspec.Struct, frozen=True):
    """Hours of use on one weekday (1 Monday … 7 Sunday), Beijing time."""

    weekday: int
    opens: dt.time
    closes: dt.time


def conceivable(at: dt.datetime) -> bool:
    """An instant with its zone that one can reckon with; at the ends of the calendar every sum overflows."""
    return at.tzinfo is not None and 1900 <= at.year <= 2200


class Span(msgspec.Struct, frozen=True):
    """A stretch of time, its end not included."""

    starts_at: dt.datetime
    ends_at: dt.datetime

    @property
    def length(self) -> dt.timedelta:
        """How long it is."""
        return self.ends_at - self.starts_at

    def meets(self, other: "Span") -> bool:
        """Whether the two have an instant in common."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Taken(msgspec.Struct, frozen=True):
    """A span in which a room is used (or closed), or people are elsewhere."""

    span: Span
    purpose: str
    room_id: UUID
    reason: str = ""


class Facility(msgspec.Struct, frozen=True):
    """What the rules ask of a room."""

    id: UUID
    name: str
    purposes: tuple[str, ...]
    hours: tuple[Hours, ...]

    def open_on(self, day: dt.date) -> Span | None:
        """Its hours on a day, if it is worked; None where the room has none that weekday."""
        found = next((each for each in self.hours if each.weekday == day.isoweekday()), None)
        if found is None:
            return None
        at = (dt.datetime.combine(day, time, BEIJING).astimezone(dt.UTC) for time in (found.opens, found.closes))
        return Span(*at)


class Conflict(msgspec.Struct, frozen=True):
    """One reason against a span: `code` names its sentence (`error.<code>`), `params` fill it."""

    code: str
    params: dict[str, Any]


def conflicts(
    room: Facility, span: Span, calendar: WorkingCalendar, taken: Iterable[Taken], *, purpose: str
) -> tuple[Conflict, ...]:
    """Everything that speaks against using the room so: purpose, day, hours, and each booking in the way."""
    found: list[Conflict] = []
    day = local_day(span.starts_at)
    hours = room.open_on(day)
    if purpose not in room.purposes:
        found.append(Conflict("schedule.other_purpose", {}))
    if not calendar.is_working(day):
        found.append(Conflict("schedule.rest_day", {"day": day}))
    elif hours is None:
        found.append(Conflict("schedule.no_hours", {"day": day}))
    elif span.starts_at < hours.starts_at or span.ends_at > hours.ends_at:
        opens, closes = clock(hours.starts_at), clock(hours.ends_at)
        found.append(Conflict("schedule.outside_hours", {"day": day, "opens": opens, "closes": closes}))
    for each in sorted(taken, key=lambda each: each.span.starts_at):
        if each.room_id == room.id and each.span.meets(span):
            params = {"starts": each.span.starts_at, "ends": each.span.ends_at}
            if each.purpose == CLOSED:
                found.append(Conflict("schedule.closed", params | {"reason": each.reason}))
            else:
                found.append(Conflict(f"schedule.taken_by_{each.purpose}", params))
    return tuple(found)


def next_free(
    room: Facility,
    calendar: WorkingCalendar,
    taken: Iterable[Taken],
    *,
    not_before: dt.datetime,
    length: dt.timedelta,
) -> Span | None:
    """The earliest span of this length the room is free for; `taken` of other rooms stands for people who are there."""
    busy = sorted((each.span for each in taken), key=lambda each: each.starts_at)
    first = local_day(not_before)
    for offset in range(HORIZON_DAYS):
        day = first + offset * _DAY
        hours = room.open_on(day)
        if hours is None or not calendar.is_working(day):
            continue
        start = max(not_before, hours.starts_at)
        for each in busy:
            if each.meets(Span(start, start + length)):
                start = each.ends_at
        if start + length <= hours.ends_at:
            return Span(start, start + length)
    return None


class Offer(msgspec.Struct, frozen=True):
    """A room and a span in which it is free."""

    room_id: UUID
    room_name: str
    span: Span


def earliest(
    rooms: Sequence[Facility],
    calendar: WorkingCalendar,
    taken: Sequence[Taken],
    *,
    purpose: str,
    not_before: dt.datetime,
    length: dt.timedelta,
    people: Sequence[Taken] = (),
) -> Offer | None:
    """The earliest any room of this purpose is free while the people are free too; the room's name decides a tie."""
    offers = []
    for room in (room for room in rooms if purpose in room.purposes):
        busy = [*(each for each in taken if each.room_id == room.id), *people]
        span = next_free(room, calendar, busy, not_before=not_before, length=length)
        if span is not None:
            offers.append(Offer(room.id, room.name, span))
    return min(offers, key=lambda each: (each.span.starts_at, each.room_name), default=None)


def clock(instant: dt.datetime) -> str:
    """09:30 in Beijing."""
    return f"{instant.astimezone(BEIJING):%H:%M}"
