"""Facts of an evaluation that tasks act on."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class SigningOver(Event, frozen=True):
    """The time to sign the report is over: who said nothing is deemed to agree."""

    name: ClassVar[str] = "experts.signing_over"

    lot_id: UUID


class ReportFinished(Event, frozen=True):
    """评标报告 stands with every member's stand on it; it is to be printed and filed."""

    name: ClassVar[str] = "experts.report_finished"

    lot_id: UUID
