"""The instants supervision waits for."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class ClockRan(Event, frozen=True):
    """A clock of a lot that a rule watches has run out."""

    name: ClassVar[str] = "supervision.clock_ran"

    lot_id: UUID
