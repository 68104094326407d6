"""Bookings as iCalendar (RFC 5545): a stable UID, a SEQUENCE that grows with each change, CANCELLED where one is gone.

Times are Beijing's with their VTIMEZONE, so that a client needs no time-zone data of its own.
"""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from trading.schedule.types import BookingView
from trading.web.i18n import Translator

ZONE = "Asia/Shanghai"
_OFFSET = dt.timedelta(hours=8)
_BEIJING = dt.timezone(_OFFSET, ZONE)


def _zone() -> Timezone:
    """One time for the whole country, without summer time since 1991; nothing here is older."""
    standard = TimezoneStandard()
    standard.add("dtstart", dt.datetime(1991, 9, 15))  # noqa: DTZ001  # RFC 5545: local time
    standard.add("tzoffsetfrom", _OFFSET)
    standard.add("tzoffsetto", _OFFSET)
    standard.add("tzname", "CST")
    zone = Timezone()
    zone.add("tzid", ZONE)
    zone.add_component(standard)
    return zone


def calendar_file(
    bookings: Iterable[BookingView], *, words: Translator, base_url: str, room_id: UUID | None = None
) -> bytes:
    """One calendar; in a room's own, a booking that moved to another room is cancelled there."""
    calendar = Calendar()
    calendar.add("prodid", "-//trading-platform//schedule//")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words("schedule.calendar_name"))
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"value": "DURATION"})
    calendar.add_component(_zone())
    for booking in bookings:
        moved_away = room_id is not None and booking.room_id != room_id
        calendar.add_component(_event(booking, words, base_url, moved_away=moved_away))
    data: bytes = calendar.to_ical()
    return data


def _event(booking: BookingView, words: Translator, base_url: str, *, moved_away: bool) -> Event:
    lot = f"{base_url}/lots/{booking.subject.removeprefix('lot:')}"
    event = Event()
    event.add("uid", str(booking.id))  # RFC 7986: a UUID alone, for a host name may change
    event.add("sequence", booking.sequence)
    event.add("dtstamp", booking.changed_at.astimezone(dt.UTC))
    event.add("created", booking.booked_at.astimezone(dt.UTC))
    event.add("last-modified", booking.changed_at.astimezone(dt.UTC))
    for name, instant in (("dtstart", booking.starts_at), ("dtend", booking.ends_at)):
        local = instant.astimezone(_BEIJING).replace(tzinfo=None)
        event.add(name, local, parameters={"TZID": ZONE})
    gone = moved_away or booking.state == "cancelled"
    event.add("status", "CANCELLED" if gone else "TENTATIVE" if booking.astray else "CONFIRMED")
    event.add("summary", words(f"schedule.event.{booking.purpose}", title=booking.title))
    event.add("location", booking.place)
    event.add("url", f"{lot}/opening" if booking.purpose == "opening" else lot)
    event.add("transp", "TRANSPARENT" if gone else "OPAQUE")
    return event
