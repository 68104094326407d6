"""Tables of rooms and bookings; the migration's exclusion constraint keeps a room from being used twice."""

import datetime as dt
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base


class RoomRow(Base):
    """A room (开标室、评标室) of a site (场所)."""

    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("site", "name"), CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    site: Mapped[str]
    seats: Mapped[int]
    equipment: Mapped[str]
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))


class RoomHoursRow(Base):
    """When a room may be used on one weekday (1 Monday … 7 Sunday)."""

    __tablename__ = "room_hours"
    __table_args__ = (CheckConstraint("closes > opens", name="closes"),)

    room_id: Mapped[UUID] = mapped_column(ForeignKey("rooms.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens: Mapped[dt.time]
    closes: Mapped[dt.time]


class BookingRow(Base):
    """A use of a room, or a closed period (停用) of it."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("state IN ('booked', 'cancelled')", name="state"),
        Index("ix_bookings_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("rooms.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    purpose: Mapped[str]
    sitting_id: Mapped[UUID]
    """场次: bookings of one sitting share the room; anything but joint openings is a sitting of its own."""
    org_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Organisations whose people attend."""
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    state: Mapped[str]
    sequence: Mapped[int]
    former_rooms: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    reason: Mapped[str | None]
    booked_by: Mapped[UUID | None]
    booked_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    entry_id: Mapped[UUID]
