"""When a blind stream's slots begin and end: fixed by what was announced, the same for everyone who asks.

Slots are short in the last hour, so that receipts in the rush are soon in the log, and the last one ends at
closing, that instant included. An extension (延期) is another schedule that takes over where a slot ends;
the slots before it, and every promise made for them, stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from trading.kernel.journal.instant import format_instant, parse_instant

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Schedule:
    """One announced stretch; every instant is a whole millisecond of UTC."""

    opens_at: datetime
    closes_at: datetime
    length: timedelta = timedelta(minutes=5)
    last_length: timedelta = timedelta(minutes=1)
    last_span: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        instants, lengths = (self.opens_at, self.closes_at), (self.length, self.last_length)
        if any(instant.utcoffset() != timedelta(0) or instant.microsecond % 1000 for instant in instants):
            raise ValueError("a schedule's instants are whole milliseconds of UTC")
        if any(length < timedelta(seconds=1) or length.microseconds for length in (*lengths, self.last_span)):
            raise ValueError("a schedule's lengths are whole seconds, one at least")
        if self.opens_at >= self.closes_at:
            raise ValueError("a schedule closes after it opens")

    @property
    def _turn(self) -> datetime:
        """Where the short slots begin."""
        return max(self.opens_at, self.closes_at - self.last_span)

    @cached_property
    def _long(self) -> int:
        return -((self.opens_at - self._turn) // self.length)

    @cached_property
    def count(self) -> int:
        return self._long - ((self._turn - self.closes_at) // self.last_length)

    def end(self, slot: int) -> datetime:
        if slot < self._long:
            return min(self.opens_at + (slot + 1) * self.length, self._turn)
        return min(self._turn + (slot + 1 - self._long) * self.last_length, self.closes_at)

    def slot_at(self, instant: datetime) -> int:
        """The slot of an instant from opening to closing."""
        if instant < self._turn:
            return (instant - self.opens_at) // self.length
        return min(self._long + (instant - self._turn) // self.last_length, self.count - 1)

    def to_json(self) -> dict[str, Any]:
        return {
            "opens_at": format_instant(self.opens_at),
            "closes_at": format_instant(self.closes_at),
            "length_s": self.length // timedelta(seconds=1),
            "last_length_s": self.last_length // timedelta(seconds=1),
            "last_span_s": self.last_span // timedelta(seconds=1),
        }


class Timeline:
    """The schedules of one stream, each taking over where a slot of the one before ends."""

    def __init__(self, schedules: Sequence[Schedule]) -> None:
        if not schedules:
            raise ValueError("a stream has a schedule")
        self.schedules = tuple(schedules)
        self._firsts = [0]
        for schedule, successor in pairwise(schedules):
            last = schedule.slot_at(successor.opens_at - MILLISECOND)
            if last < 0 or schedule.end(last) != successor.opens_at or successor.closes_at <= schedule.closes_at:
                raise ValueError("an extension begins where a slot ends and closes later")
            self._firsts.append(self._firsts[-1] + last + 1)

    @property
    def opens_at(self) -> datetime:
        return self.schedules[0].opens_at

    @property
    def closes_at(self) -> datetime:
        return self.schedules[-1].closes_at

    @property
    def count(self) -> int:
        return self._firsts[-1] + self.schedules[-1].count

    def bounds(self, slot: int) -> tuple[datetime, datetime]:
        """Begin and end of a slot."""
        if not 0 <= slot < self.count:
            raise IndexError(f"there is no slot {slot}")
        return (self._end(slot - 1) if slot else self.opens_at), self._end(slot)

    def slot_at(self, instant: datetime) -> int | None:
        """The slot an act of this instant belongs to; None before opening and after closing."""
        if not self.opens_at <= instant <= self.closes_at:
            return None
        for schedule, first in zip(reversed(self.schedules), reversed(self._firsts), strict=True):
            if instant >= schedule.opens_at:
                return first + schedule.slot_at(instant)
        return None

    def over(self, now: datetime) -> int:
        """How many slots no act can join any more."""
        if now > self.closes_at:
            return self.count
        return self.slot_at(now) or 0

    def extended(self, now: datetime, closes_at: datetime) -> Timeline:
        """A later closing, decided now: the slot now running ends as promised, the new schedule follows it."""
        slot = self.slot_at(now)
        if slot is None:
            raise ValueError("only a running stream can be extended")
        last = self.schedules[-1]
        start = self._end(slot)
        successor = Schedule(start, closes_at, last.length, last.last_length, last.last_span)
        return Timeline([*self.schedules, successor])

    def _end(self, slot: int) -> datetime:
        for schedule, first in zip(reversed(self.schedules), reversed(self._firsts), strict=True):
            if slot >= first:
                return schedule.end(slot - first)
        raise IndexError(f"there is no slot {slot}")

    def to_json(self) -> list[dict[str, Any]]:
        return [schedule.to_json() for schedule in self.schedules]


def parse_timeline(value: Sequence[Mapping[str, Any]]) -> Timeline:
    """A stream's schedules as an announcement carries them."""
    return Timeline(
        [
            Schedule(
                parse_instant(item["opens_at"]),
                parse_instant(item["closes_at"]),
                timedelta(seconds=item["length_s"]),
                timedelta(seconds=item["last_length_s"]),
                timedelta(seconds=item["last_span_s"]),
            )
            for item in value
        ]
    )
