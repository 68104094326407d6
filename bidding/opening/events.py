"""Facts of the opening that tasks act on."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class PhaseSettled(Event, frozen=True):
    """解密准备完成: what opens and what is void is fixed; the phase is to be revealed once this is witnessed."""

    name: ClassVar[str] = "bidding.phase_settled"

    lot_id: UUID
    phase: int


class OpeningRecorded(Event, frozen=True):
    """开标记录已生成: the machine-readable record stands; it is to be printed."""

    name: ClassVar[str] = "bidding.opening_recorded"

    lot_id: UUID
