"""What reads and services of schedule hand out."""

import datetime as dt
from uuid import UUID

import msgspec

from trading.projects.calendar import local_day
from trading.schedule.rules import Conflict, Facility, Hours, Offer, Span, clock


class RoomView(msgspec.Struct, frozen=True):
    """A room."""

    id: UUID
    name: str
    site: str
    seats: int
    equipment: str
    purposes: tuple[str, ...]
    hours: tuple[Hours, ...]

    @property
    def place(self) -> str:
        """Where it is, in one line."""
        return f"{self.site} {self.name}"

    @property
    def facility(self) -> Facility:
        """What the rules ask of it."""
        return Facility(self.id, self.name, self.purposes, self.hours)


class BookingView(msgspec.Struct, frozen=True):
    """A use of a room, or a closed period of it."""

    id: UUID
    room_id: UUID
    room_name: str
    site: str
    purpose: str
    subject: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    state: str
    sequence: int
    title: str
    """What is opened or evaluated: project and lot; empty for a closed period."""
    is_public: bool
    """Anyone may see it: the opening of a lot whose notice is out, or that the room is closed."""
    org_ids: tuple[UUID, ...]
    deadline_at: dt.datetime | None
    reason: str
    booked_at: dt.datetime
    changed_at: dt.datetime
    former_rooms: tuple[UUID, ...]

    @property
    def place(self) -> str:
        """Where it is, in one line."""
        return f"{self.site} {self.room_name}"

    @property
    def day(self) -> dt.date:
        """The day it begins on in Beijing."""
        return local_day(self.starts_at)

    @property
    def hours(self) -> str:
        """09:30–11:00, with the days where it takes more than one."""
        if local_day(self.ends_at) == self.day:
            return f"{clock(self.starts_at)}–{clock(self.ends_at)}"
        first, last = self.day, local_day(self.ends_at)
        return f"{first:%m-%d} {clock(self.starts_at)}–{last:%m-%d} {clock(self.ends_at)}"

    @property
    def astray(self) -> bool:
        """An opening whose deadline has moved since: it must be moved too (招标投标法 34)."""
        return self.purpose == "opening" and self.deadline_at is not None and self.starts_at != self.deadline_at

    @property
    def span(self) -> Span:
        """When."""
        return Span(self.starts_at, self.ends_at)


class RoomChoice(msgspec.Struct, frozen=True):
    """A room at the time in question: free, or why not and when it next is."""

    room: RoomView
    conflicts: tuple[Conflict, ...]
    next_at: dt.datetime | None


class RoomProposal(msgspec.Struct, frozen=True):
    """What can be booked for a lot now.

    `offer` is the earliest lawful span with a free room; None where no opening room is free at the deadline, and then
    `opening_from` and `evaluation_from` say when both would be had if the deadline moved.
    """

    purpose: str
    span: Span
    """The span asked about: an opening's is fixed by the deadline."""
    minutes: int
    offer: Offer | None
    choices: tuple[RoomChoice, ...]
    provisional: bool
    """The day lies in a year whose rest days are not published."""
    opening_from: Offer | None
    evaluation_from: Offer | None
