"""What happened in roster and draw that others act on, and the instants a draw waits for."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class RosterDayBegan(Event, frozen=True):
    """A new day: the roster's root is journalled."""

    name: ClassVar[str] = "experts.roster_day_began"


class MessagesMade(Event, frozen=True):
    """Messages wait for the gateway."""

    name: ClassVar[str] = "experts.messages_made"


class RevealsOver(Event, frozen=True):
    """T2: what has not been revealed stays empty."""

    name: ClassVar[str] = "experts.reveals_over"

    draw_id: UUID


class CallMade(Event, frozen=True):
    """An expert is to be called."""

    name: ClassVar[str] = "experts.call_made"

    call_id: str


class CallWindowEnded(Event, frozen=True):
    """The time to answer a call is over."""

    name: ClassVar[str] = "experts.call_window_ended"

    call_id: str
