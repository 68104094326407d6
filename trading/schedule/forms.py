"""What people and programs send about rooms; the same structs for form and JSON. Times of a form are Beijing's."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from trading.schedule.rules import Purpose

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_Clock = Meta(pattern=CLOCK)
_Reason = Meta(title="schedule.field.reason", min_length=1, max_length=500)


class HoursForm(msgspec.Struct, frozen=True):
    """One weekday; both empty where the room is not used then."""

    weekday: Annotated[int, Meta(ge=1, le=7)]
    opens: Annotated[str, _Clock, Meta(title="schedule.field.opens")] | None = None
    closes: Annotated[str, _Clock, Meta(title="schedule.field.closes")] | None = None


class RoomForm(msgspec.Struct, frozen=True):
    """A room."""

    name: Annotated[str, Meta(title="schedule.field.name", min_length=1, max_length=100)]
    site: Annotated[str, Meta(title="schedule.field.site", description="schedule.hint.site", min_length=1)]
    seats: Annotated[int, Meta(title="schedule.field.seats", ge=1, le=10_000)]
    purposes: Annotated[tuple[Purpose, ...], Meta(title="schedule.field.purposes", min_length=1, max_length=2)]
    hours: Annotated[tuple[HoursForm, ...], Meta(title="schedule.field.hours", min_length=1, max_length=7)]
    equipment: (
        Annotated[str, Meta(title="schedule.field.equipment", description="schedule.hint.equipment", max_length=1000)]
        | None
    ) = None


class ClosedPeriodForm(msgspec.Struct, frozen=True):
    """停用."""

    starts_at: Annotated[dt.datetime, Meta(title="schedule.field.closed_from")]
    ends_at: Annotated[dt.datetime, Meta(title="schedule.field.closed_until")]
    reason: Annotated[str, _Reason]


class ReasonForm(msgspec.Struct, frozen=True):
    """Why a booking goes."""

    reason: Annotated[str, _Reason]


class BookingForm(msgspec.Struct, frozen=True):
    """A room for one purpose of one lot; an opening's start is its deadline and need not be sent."""

    room_id: Annotated[UUID, Meta(title="schedule.field.room")]
    minutes: Annotated[int, Meta(title="schedule.field.minutes", ge=15, le=720)]
    starts_at: Annotated[dt.datetime, Meta(title="schedule.field.starts_at")] | None = None
    confirm_provisional: Annotated[bool, Meta(title="schedule.field.confirm_provisional")] = False


class BookCommand(BookingForm, frozen=True, kw_only=True):
    """The same for programs, which say whose room it is."""

    subject: Annotated[str, Meta(pattern=r"^[a-z]+:[0-9a-f-]{36}$")]
    purpose: Purpose


class MoveForm(BookingForm, frozen=True, kw_only=True):
    """Another room or another time, and why."""

    reason: Annotated[str, _Reason]
