"""Facts of the opening that tasks act on."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class BoxClosed(Event, frozen=True):
    """投标箱已封闭: what is in a subject's box is fixed; nothing can be added, dropped or swapped any more."""

    name: ClassVar[str] = "bidding.box_closed"

    subject: str


class PhaseSettled(Event, frozen=True):
    """解密准备完成: what opens and what is void is fixed; the phase is to be revealed once this is witnessed."""

    name: ClassVar[str] = "bidding.phase_settled"

    subject: str
    phase: int


class PhaseRevealed(Event, frozen=True):
    """已解密: what a phase of a subject held can be read."""

    name: ClassVar[str] = "bidding.phase_revealed"

    subject: str
    phase: int


class OpeningCancelled(Event, frozen=True):
    """不予开标: too few were there; what is in the box goes back as it came."""

    name: ClassVar[str] = "bidding.opening_cancelled"

    subject: str


class OpeningRecorded(Event, frozen=True):
    """开标记录已生成: the machine-readable record stands; it is to be printed."""

    name: ClassVar[str] = "bidding.opening_recorded"

    lot_id: UUID
