"""What happened in the lock-box that others act on. Nothing about a bid is ever an event before the deadline."""

from typing import ClassVar

from trading.kernel.outbox import Event


class UploadsLapsed(Event, frozen=True):
    """残留分块到期: what was uploaded for a box that is closed, and never submitted, is to be deleted."""

    name: ClassVar[str] = "bidding.uploads_lapsed"

    subject: str


class DeadlineReached(Event, frozen=True):
    """投标截止: the announced deadline of a subject has come; its box is to be closed."""

    name: ClassVar[str] = "bidding.deadline_reached"

    subject: str
